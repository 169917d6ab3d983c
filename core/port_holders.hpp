#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/port_bits.hpp"

namespace natgw::core {

/// Whoever the caller says: a handle of its own.
using holder_id = uint32_t;

/// Who holds which of 65,536 ports, in about four bytes for each *change* of
/// holder and two bits for each port: a bit set of the ports that are held,
/// another of those where a holder begins, and the holders of these in order,
/// in pages, so that an insertion moves little.
class port_holders {
public:
  bool held(uint32_t port) const {
    return held_.test(port);
  }

  const port_bits& bits() const {
    return held_;
  }

  /// The holder of a port that is held.
  holder_id at(uint32_t port) const;

  /// The end of the stretch from `port` on that has the same holder (or none),
  /// but not beyond `end`.
  uint32_t end_of_run(uint32_t port, uint32_t end) const;

  /// Gives ports that nobody holds to a holder.
  void put(port_span ports, holder_id holder);

  /// Takes ports, all of them held, from whoever holds them.
  void erase(port_span ports);

private:
  static constexpr uint32_t page_ports = 1024;
  static constexpr uint32_t page_count = 65536 / page_ports;

  uint32_t rank(uint32_t port) const;
  void insert_start(uint32_t port, holder_id holder);
  void erase_start(uint32_t port);
  void put_in_page(uint32_t begin, uint32_t end, holder_id holder);
  void erase_in_page(uint32_t begin, uint32_t end);

  port_bits held_;
  /// Held ports whose holder differs from that of the port before, or that
  /// open a page.
  port_bits starts_;
  /// The holders of the starts of each page.
  std::array<std::vector<holder_id>, page_count> pages_;
};

} // namespace natgw::core
