#include "emulator/kube/gate.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "emulator/kube/concat.hpp"
#include "emulator/kube/json_access.hpp"

namespace natgw::emulator::kube {

namespace {

constexpr std::string_view anonymous = "system:anonymous";

bool covers(std::string_view pattern, std::string_view value) {
  return pattern.empty() || pattern == value;
}

template <class Rule>
bool hits(const Rule& rule, const attributes& x) {
  return covers(rule.user, x.user) && covers(rule.verb, x.verb)
         && covers(rule.resource, x.resource);
}

json shown(const attributes& x) {
  return {{"user", x.user},    {"verb", x.verb}, {"resource", x.resource},
          {"namespace", x.ns}, {"name", x.name}, {"userAgent", x.user_agent}};
}

constexpr std::array<std::pair<std::string_view, fault_kind>, 8> fault_names{{
  {"refuse", fault_kind::refuse},
  {"throttle", fault_kind::throttle},
  {"conflict", fault_kind::conflict},
  {"slow", fault_kind::slow},
  {"reset_before", fault_kind::reset_before},
  {"reset_after", fault_kind::reset_after},
  {"malformed", fault_kind::malformed},
  {"endless_line", fault_kind::endless_line},
}};

std::optional<double> number(const json& x, std::string_view name) {
  const auto* value = look(x, {name});
  if (value == nullptr || !value->is_number())
    return std::nullopt;
  auto result = value->get<double>();
  // Bounded so that every conversion below is defined.
  return std::clamp(result, 0.0, 1e9);
}

} // namespace

bool is_write(std::string_view verb) {
  return verb != "get" && verb != "list" && verb != "watch";
}

gate::gate(const options& cfg, std::mt19937_64& random)
  : cfg_(cfg),
    random_(random) {
  // nop
}

result<std::string> gate::authenticate(const request& x) const {
  constexpr std::string_view scheme = "Bearer ";
  std::string_view header = x.authorization;
  if (header.starts_with(scheme)) {
    auto i = cfg_.tokens.find(std::string{header.substr(scheme.size())});
    if (i != cfg_.tokens.end())
      return i->second;
    return std::unexpected{unauthorized()};
  }
  if (!header.empty() || cfg_.anonymous == anonymous_policy::reject)
    return std::unexpected{unauthorized()};
  return std::string{anonymous};
}

std::optional<refusal> gate::authorize(const attributes& x) const {
  auto denied = (x.user == anonymous
                 && cfg_.anonymous != anonymous_policy::allow)
                || std::ranges::any_of(denied_, [&x](const deny_rule& rule) {
                     return hits(rule, x);
                   });
  if (!denied)
    return std::nullopt;
  auto scope = x.ns.empty() ? std::string{"at the cluster scope"}
                            : concat("in the namespace \"", x.ns, "\"");
  return forbidden(*x.type, x.name,
                   concat("User \"", x.user, "\" cannot ", x.verb,
                          " resource \"", x.resource, "\" in API group \"",
                          x.type->group, "\" ", scope));
}

std::optional<fault_rule> gate::strike(const attributes& x) {
  for (auto& rule : faults_) {
    if (rule.times == 0 || !hits(rule, x))
      continue;
    constexpr auto range = static_cast<double>(std::mt19937_64::max());
    if (rule.probability < 1
        && static_cast<double>(random_()) / range >= rule.probability)
      continue;
    --rule.times;
    return rule;
  }
  return std::nullopt;
}

void gate::record(const attributes& x, int code, uint64_t revision,
                  instant now) {
  ++counts_[{x.user, x.verb, x.resource}];
  ++codes_[code];
  if (cfg_.audit_limit == 0)
    return;
  if (audit_.size() >= cfg_.audit_limit)
    audit_.pop_front();
  audit_.push_back({x, code, revision, now});
}

void gate::set_faults(std::vector<fault_rule> rules) {
  faults_ = std::move(rules);
}

void gate::set_denied(std::vector<deny_rule> rules) {
  denied_ = std::move(rules);
}

uint64_t gate::writes(std::string_view user) const {
  uint64_t sum = 0;
  for (const auto& [key, count] : counts_)
    if (is_write(std::get<1>(key)) && covers(user, std::get<0>(key)))
      sum += count;
  return sum;
}

json gate::books() const {
  auto requests = json::array();
  for (const auto& [key, count] : counts_)
    requests.push_back({{"user", std::get<0>(key)},
                        {"verb", std::get<1>(key)},
                        {"resource", std::get<2>(key)},
                        {"count", count}});
  auto audit = json::array();
  for (const auto& x : audit_) {
    auto one = shown(x.what);
    one["code"] = x.code;
    one["revision"] = x.revision;
    one["at_ms"] = std::chrono::duration_cast<std::chrono::milliseconds>(
                     x.at.time_since_epoch())
                     .count();
    audit.push_back(std::move(one));
  }
  auto codes = json::object();
  for (auto [code, count] : codes_)
    codes[std::to_string(code)] = count;
  return {{"requests", std::move(requests)},
          {"codes", std::move(codes)},
          {"kube_writes", writes({})},
          {"audit", std::move(audit)}};
}

std::expected<std::vector<fault_rule>, std::string>
parse_faults(const json& rules) {
  if (!rules.is_array())
    return std::unexpected{std::string{"a list of faults is expected"}};
  std::vector<fault_rule> result;
  for (const auto& x : rules) {
    auto kind = std::ranges::find(fault_names, text(x, {"kind"}),
                                  &decltype(fault_names)::value_type::first);
    if (kind == fault_names.end())
      return std::unexpected{
        concat("unknown kind of fault \"", text(x, {"kind"}), "\"")};
    fault_rule rule;
    rule.kind = kind->second;
    rule.user = text(x, {"user"});
    rule.verb = text(x, {"verb"});
    rule.resource = text(x, {"resource"});
    rule.probability = number(x, "probability").value_or(1);
    if (auto times = number(x, "times"))
      rule.times = static_cast<uint64_t>(*times);
    rule.status = static_cast<int>(number(x, "status").value_or(503));
    if (rule.status < 400 || rule.status > 599)
      return std::unexpected{std::string{"status must be 400 to 599"}};
    rule.retry_after = std::chrono::seconds{
      static_cast<int64_t>(number(x, "retryAfter").value_or(1))};
    rule.delay = std::chrono::milliseconds{
      static_cast<int64_t>(number(x, "delayMs").value_or(0))};
    if (auto bytes = number(x, "bytes"))
      rule.bytes = static_cast<size_t>(*bytes);
    result.push_back(std::move(rule));
  }
  return result;
}

std::expected<std::vector<deny_rule>, std::string>
parse_denied(const json& rules) {
  if (!rules.is_array())
    return std::unexpected{std::string{"a list of rules is expected"}};
  std::vector<deny_rule> result;
  for (const auto& x : rules)
    result.push_back({std::string{text(x, {"user"})},
                      std::string{text(x, {"verb"})},
                      std::string{text(x, {"resource"})}});
  return result;
}

} // namespace natgw::emulator::kube
