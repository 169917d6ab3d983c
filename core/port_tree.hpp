#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "core/port_bits.hpp"

namespace natgw::core {

/// A set of ports that finds runs in O(log n): a segment tree over the words
/// of a bit set, each node knowing its longest run and those at its edges.
/// Port 0 is never a member, so that lengths fit into 16 bits.
class port_tree {
public:
  /// A half-open stretch of ports; `end` is 65536 at the most.
  struct stretch {
    uint32_t begin = 0;
    uint32_t end = 0;
  };

  bool test(uint32_t port) const {
    return bits_.test(port);
  }

  uint32_t size() const {
    return size_;
  }

  /// The length of the longest run.
  uint32_t longest() const {
    return nodes_[1].best;
  }

  bool contains(port_span ports) const {
    return bits_.count(ports) == ports.count;
  }

  /// Makes `f(i)` the i-th word of the set, for the words of the span.
  template <class F>
  void assign(port_span ports, F f) {
    port_bits::each_word(ports, [&](uint32_t i, uint64_t) { put(i, f(i)); });
  }

  /// The lowest start of `count` members in a row within the stretch.
  std::optional<uint32_t> find_up(stretch where, uint32_t count) const;

  /// The highest start of `count` members in a row within the stretch.
  std::optional<uint32_t> find_down(stretch where, uint32_t count) const;

private:
  /// Of the ports under a node: the run at the low edge, the run at the high
  /// edge, the longest of all.
  struct summary {
    uint16_t low = 0;
    uint16_t high = 0;
    uint16_t best = 0;
  };

  /// A node and the ports under it.
  struct place {
    uint32_t index;
    uint32_t begin;
    uint32_t size;
  };

  static summary summarize(uint64_t word);
  static summary join(summary left, summary right, uint32_t half);
  summary at(place x) const;
  void put(uint32_t index, uint64_t word);
  std::optional<uint32_t> up(place x, stretch where, uint32_t count,
                             uint32_t& carry) const;
  std::optional<uint32_t> down(place x, stretch where, uint32_t count,
                               uint32_t& carry) const;

  port_bits bits_;
  uint32_t size_ = 0;
  /// A heap with the root at 1; the children of i are 2i and 2i+1. The leaves
  /// are the words themselves, summarised on demand.
  std::array<summary, port_bits::word_count> nodes_{};
};

} // namespace natgw::core
