#include "emulator/kube/history.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "emulator/kube/json_access.hpp"
#include "emulator/kube/target.hpp"

namespace natgw::emulator::kube {

namespace {

struct port_range {
  int first = 0;
  int last = -1;
};

std::optional<int> parse_port(std::string_view text) {
  auto number = parse_number(text);
  if (!number || *number > 65'535)
    return std::nullopt;
  return static_cast<int>(*number);
}

// "512", "512-527", or such pieces joined by commas; what is unreadable is
// left out.
std::vector<port_range> parse_ranges(std::string_view text) {
  std::vector<port_range> result;
  while (!text.empty()) {
    auto comma = text.find(',');
    auto part = text.substr(0, comma);
    auto dash = part.find('-');
    auto first = parse_port(part.substr(0, dash));
    auto last = dash == std::string_view::npos
                  ? first
                  : parse_port(part.substr(dash + 1));
    if (first && last && *first <= *last)
      result.push_back({*first, *last});
    if (comma == std::string_view::npos)
      break;
    text.remove_prefix(comma + 1);
  }
  return result;
}

std::vector<int> expand(std::string_view text) {
  std::vector<int> result;
  for (auto [first, last] : parse_ranges(text))
    for (auto port = first; port <= last; ++port)
      result.push_back(port);
  return result;
}

std::string lower(std::string_view text) {
  std::string result{text};
  std::ranges::transform(result, result.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  return result;
}

std::optional<int> port_number(const json& x) {
  if (!x.is_number_unsigned() || x.get<uint64_t>() > 65'535)
    return std::nullopt;
  return static_cast<int>(x.get<uint64_t>());
}

// The ports of the intent annotation, whose runs are
// [n, protocol, external, internal, count].
std::optional<std::vector<public_port>> intended(const json& record) {
  auto annotation = text(record, {"metadata", "annotations",
                                  "k8s.aliyun.com/pod-dnat-intent"});
  auto intent = parse_json(annotation);
  if (annotation.empty() || !intent)
    return std::nullopt;
  const auto* runs = look(*intent, {"runs"});
  if (runs == nullptr || !runs->is_array())
    return std::nullopt;
  std::vector<public_port> result;
  for (const auto& run : *runs) {
    if (!run.is_array() || run.size() != 5 || !run[1].is_string())
      return std::nullopt;
    auto first = port_number(run[2]);
    auto count = port_number(run[4]);
    if (!first || !count)
      return std::nullopt;
    for (auto port = *first; port < *first + *count; ++port)
      result.push_back({std::string{text(*intent, {"ext"})}, port,
                        lower(run[1].get_ref<const std::string&>())});
  }
  return result;
}

std::vector<public_port> specified(const json& record) {
  std::vector<public_port> result;
  const auto* mapping = look(record, {"spec", "portMapping"});
  if (mapping != nullptr && mapping->is_array())
    for (const auto& x : *mapping)
      for (auto port : expand(text(x, {"externalPort"})))
        result.push_back({std::string{text(record, {"spec", "externalIP"})},
                          port, lower(text(record, {"spec", "protocol"}))});
  return result;
}

std::vector<shown_entry> published(const json& record) {
  std::vector<shown_entry> result;
  const auto* entries = look(record, {"status", "entries"});
  if (entries == nullptr || !entries->is_array())
    return result;
  for (const auto& x : *entries) {
    auto outside = expand(text(x, {"externalPort"}));
    auto inside = expand(text(x, {"internalPort"}));
    for (size_t i = 0; i < outside.size(); ++i)
      result.push_back({std::string{text(x, {"forwardEntryId"})},
                        {std::string{text(x, {"externalIP"})}, outside[i],
                         lower(text(x, {"ipProtocol"}))},
                        std::string{text(x, {"internalIP"})},
                        i < inside.size() ? inside[i] : 0});
  }
  std::ranges::sort(result);
  return result;
}

record_revision describe_record(const change& x) {
  const auto& body = x.now->body();
  record_revision result{x.revision,
                         x.at,
                         x.key,
                         std::string{uid_of(body)},
                         x.kind != change_kind::deleted,
                         {},
                         {}};
  if (!result.present)
    return result;
  result.shown = published(body);
  auto promise = intended(body);
  result.names = promise ? std::move(*promise) : specified(body);
  for (const auto& entry : result.shown)
    result.names.push_back(entry.outside);
  std::ranges::sort(result.names);
  auto rest = std::ranges::unique(result.names);
  result.names.erase(rest.begin(), rest.end());
  return result;
}

pod_revision describe_pod(const change& x) {
  const auto& body = x.now->body();
  pod_revision result;
  result.revision = x.revision;
  result.at = x.at;
  result.key = x.key;
  result.uid = uid_of(body);
  result.present = x.kind != change_kind::deleted;
  result.terminating = is_deleting(body);
  result.phase = text(body, {"status", "phase"});
  result.ip = text(body, {"status", "podIP"});
  result.node = text(body, {"spec", "nodeName"});
  result.status_annotation
    = text(body, {"metadata", "annotations", "k8s.aliyun.com/pod-dnat-status"});
  return result;
}

} // namespace

history::history() : log_(std::make_shared<log>()) {
  // nop
}

history::history(store& source) : history() {
  source.subscribe([kept = log_](const change_ptr& x) { kept->add(*x); });
}

void history::log::add(const change& x) {
  if (x.type->custom && x.type->plural == "poddnats")
    records.push_back(describe_record(x));
  else if (!x.type->custom && x.type->plural == "pods")
    pods.push_back(describe_pod(x));
}

std::vector<duplicate> history::duplicates() const {
  std::vector<duplicate> result;
  std::map<std::string, const record_revision*> present;
  std::map<public_port, std::set<std::string>> holders;
  std::set<std::tuple<public_port, std::string, std::string>> seen;
  for (const auto& x : log_->records) {
    auto& last = present[x.key];
    if (last != nullptr)
      for (const auto& port : last->names)
        holders[port].erase(x.key);
    last = &x;
    for (const auto& port : x.names) {
      auto& keys = holders[port];
      for (const auto& other : keys) {
        auto [first, second] = std::minmax(other, x.key);
        if (seen.emplace(port, first, second).second)
          result.push_back({port, first, second, x.revision});
      }
      keys.insert(x.key);
    }
  }
  return result;
}

} // namespace natgw::emulator::kube
