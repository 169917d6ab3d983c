#pragma once

#include <cstdint>
#include <map>

#include "core/ip_address.hpp"
#include "messages/port.hpp"

namespace natgw::core::table {

/// The ports of one side (external or internal) of a table's entries, as
/// intervals. Each belongs to a holder, a number of the table's own.
class triple_index {
public:
  struct span {
    ipv4 address;
    protocol proto = protocol::tcp;
    uint16_t first = 0;
    uint16_t count = 1;
  };

  void insert(const span& x, uint32_t holder);

  void erase(const span& x, uint32_t holder);

  /// The holder, other than these two, of an interval that overlaps; 0 if
  /// there is none. In the cloud intervals never overlap each other; in a
  /// mirror a few may for a moment.
  uint32_t overlap(const span& x, uint32_t except, uint32_t and_except) const;

private:
  struct interval {
    uint16_t last;
    uint32_t holder;
  };

  /// By address, protocol and first port.
  std::multimap<uint64_t, interval> intervals_;
};

} // namespace natgw::core::table
