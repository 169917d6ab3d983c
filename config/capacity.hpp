#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "config/model.hpp"

namespace natgw::config {

/// The quota of forward entries that the cloud gives a gateway unless asked
/// for more.
inline constexpr uint32_t usual_entry_quota = 100;

/// What one gateway can hold, as far as the file tells.
struct gateway_capacity {
  /// External ports of one EIP and one protocol, the blocked ones taken off.
  uint32_t ports_per_eip = 0;
  /// Ports in the range that are blocked.
  uint32_t blocked = 0;
  /// EIPs in the file; 0: all that are bound, so their number is not known.
  uint32_t eips = 0;
  /// Entries: the setting, or the cloud's usual quota.
  uint32_t entries = usual_entry_quota;

  /// Ports of one protocol over all EIPs; of one EIP if their number is not
  /// known.
  uint64_t ports() const {
    return uint64_t{ports_per_eip} * (eips == 0 ? 1 : eips);
  }

  /// Pods with `ports_each` single ports of one protocol that fit: each port
  /// takes an external port and an entry.
  uint64_t pods(uint32_t ports_each) const;
};

/// The ports that are never given out: those of the setting, or
/// `carrier_blocked`. Sorted, each once.
std::vector<uint16_t> blocked_ports(const own_settings& x,
                                    std::span<const uint16_t> carrier_blocked);

/// `blocked` as `blocked_ports` returns it.
gateway_capacity capacity_of(const settings& x, const gateway_pool& pool,
                             std::span<const uint16_t> blocked);

} // namespace natgw::config
