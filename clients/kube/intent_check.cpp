#include <algorithm>

#include "clients/kube/intent_codec.hpp"
#include "core/ip_address.hpp"

namespace natgw::kube {

namespace {

constexpr size_t max_id = 64;
constexpr size_t max_text = 253;

bool is_id_text(std::string_view text) {
  return text.size() <= max_id && std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                  || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
         });
}

bool is_plain_text(std::string_view text) {
  return text.size() <= max_text && std::ranges::all_of(text, [](char c) {
           return c > ' ' && c < 0x7F;
         });
}

// Ports of one protocol, [first, end).
struct interval {
  protocol proto = protocol::tcp;
  uint32_t first = 0;
  uint32_t end = 0;

  auto operator<=>(const interval&) const = default;
};

interval interval_of(protocol proto, uint16_t first, uint16_t count) {
  return {proto, first, uint32_t{first} + count};
}

// Sorts and joins neighbours; false if a port is out of range or there twice.
bool normalize(std::vector<interval>& xs) {
  std::ranges::sort(xs);
  std::vector<interval> joined;
  for (auto& x : xs) {
    if (x.first == 0 || x.end > 65536 || x.end <= x.first)
      return false;
    if (joined.empty() || joined.back().proto != x.proto
        || joined.back().end < x.first)
      joined.push_back(x);
    else if (joined.back().end == x.first)
      joined.back().end = x.end;
    else
      return false;
  }
  xs = std::move(joined);
  return true;
}

expected<void> check_ports(const intent& x) {
  std::vector<interval> wanted;
  std::vector<interval> covered;
  std::vector<interval> external;
  std::vector<uint16_t> numbers;
  wanted.reserve(x.items.size());
  for (auto& item : x.items)
    wanted.push_back(interval_of(item.proto, item.first, item.count));
  for (auto& run : x.runs) {
    covered.push_back(interval_of(run.proto, run.internal, run.count));
    external.push_back(interval_of(run.proto, run.external, run.count));
    numbers.push_back(run.n);
  }
  std::ranges::sort(numbers);
  if (wanted.empty())
    return fail(ec::invalid_argument, "there is no port");
  if (!normalize(wanted))
    return fail(ec::invalid_argument, "a port is out of range or there twice");
  if (!normalize(covered) || !normalize(external))
    return fail(ec::invalid_argument, "an entry's ports are out of range or "
                                      "overlap those of another");
  if (std::ranges::adjacent_find(numbers) != numbers.end())
    return fail(ec::invalid_argument, "two entries have one number");
  if (wanted != covered)
    return fail(ec::invalid_argument,
                "the entries do not cover exactly the ports");
  return {};
}

} // namespace

expected<void> check_intent(const intent& x) {
  if (x.gateway.empty() || !is_id_text(x.gateway))
    return fail(ec::invalid_argument, "the gateway is not an id");
  if (!is_id_text(x.zone))
    return fail(ec::invalid_argument, "the zone is not an id");
  if (!core::parse_ipv4(x.external_ip))
    return fail(ec::invalid_argument, "the external address is not IPv4");
  if (!x.internal_ip.empty() && !core::parse_ipv4(x.internal_ip))
    return fail(ec::invalid_argument, "the internal address is not IPv4");
  for (auto* text : {&x.pod_uid, &x.workload.api_version, &x.workload.kind,
                     &x.workload.name, &x.workload.uid})
    if (!is_plain_text(*text))
      return fail(ec::invalid_argument, "a name or uid is not one");
  return check_ports(x);
}

} // namespace natgw::kube
