#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>

#include "messages/record.hpp"
#include "messages/time.hpp"

namespace natgw::core::table {

/// A slot's place in a write_line, kept by the slot itself.
struct line_place {
  urgency level = urgency::background;
  /// Order of arrival; kept when a write has to go back into the queue.
  uint64_t arrival = 0;
  instant since{};
  bool queued = false;
};

/// The slots of one table that wait to write: the most urgent first, then the
/// oldest. Nothing starves: a slot that has waited for `patience` goes first
/// once in `turns` writes, however much comes behind it. O(log n).
class write_line {
public:
  static constexpr uint32_t turns = 8;
  static constexpr std::chrono::nanoseconds patience = std::chrono::seconds{10};

  /// Adds a slot, or raises its urgency. A slot that comes back keeps its age.
  void push(uint32_t slot, line_place& place, urgency level, instant now);

  void remove(line_place& place);

  /// Forgets the age as well: the slot's need is met.
  void retire(line_place& place);

  /// The slot that writes next; it leaves the queue.
  std::optional<uint32_t> pop(instant now);

  size_t size() const;

  bool empty() const {
    return size() == 0;
  }

private:
  struct waiting {
    uint32_t slot;
    line_place* place;
  };

  using line = std::map<uint64_t, waiting>;

  uint32_t take(line& from);

  /// By arrival, one line for each urgency.
  std::array<line, 4> lines_;
  uint64_t arrivals_ = 0;
  /// Writes since one that had waited too long went first.
  uint32_t since_aged_ = 0;
};

} // namespace natgw::core::table
