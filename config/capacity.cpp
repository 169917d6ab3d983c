#include "config/capacity.hpp"

#include <algorithm>
#include <set>

namespace natgw::config {

uint64_t gateway_capacity::pods(uint32_t ports_each) const {
  auto each = std::max(ports_each, 1U);
  // A pod's ports lie on one EIP, so what is left over on each is lost.
  auto by_ports = uint64_t{ports_per_eip / each} * (eips == 0 ? 1 : eips);
  return std::min<uint64_t>(by_ports, entries / each);
}

std::vector<uint16_t> blocked_ports(const own_settings& x,
                                    std::span<const uint16_t> carrier_blocked) {
  std::set<uint16_t> result{carrier_blocked.begin(), carrier_blocked.end()};
  if (x.blocked_ports) {
    result.clear();
    for (const auto& range : *x.blocked_ports)
      for (uint32_t port = range.first; port <= range.last; ++port)
        result.insert(static_cast<uint16_t>(port));
  }
  return {result.begin(), result.end()};
}

gateway_capacity capacity_of(const settings& x, const gateway_pool& pool,
                             std::span<const uint16_t> blocked) {
  gateway_capacity result;
  auto first = std::ranges::lower_bound(blocked, pool.ports.first);
  auto last = std::ranges::upper_bound(blocked, pool.ports.last);
  result.blocked = static_cast<uint32_t>(last - first);
  result.ports_per_eip = pool.ports.count() - result.blocked;
  result.eips = static_cast<uint32_t>(pool.eips.size());
  if (x.natgw.entries_per_gateway > 0)
    result.entries = x.natgw.entries_per_gateway;
  return result;
}

} // namespace natgw::config
