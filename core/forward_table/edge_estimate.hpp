#pragma once

#include <chrono>
#include <cstdint>

namespace natgw::core::table {

/// Learns how long a write takes from its answer until a Describe shows it
/// done, so that the first look comes when it is likely done. Every entry
/// shows a bracket: at `early` it was still in transition, at `late` it was
/// done. Brackets that agree are cut with each other, so that a fixed time is
/// found by bisection; one that disagrees replaces what was believed.
class edge_estimate {
public:
  /// After so many looks in vain, about a minute, an entry is stuck rather
  /// than late: it must not cost its account half a call a second for ever.
  static constexpr uint32_t looks_in_vain = 32;

  /// False until the first entry was seen done.
  bool known() const {
    return high_.count() > 0;
  }

  /// After how long to look first.
  std::chrono::nanoseconds first_look() const;

  /// How long after the n-th look in vain (0-based) to look again: growing, to
  /// 2 s for what is late and to 30 s for what seems stuck.
  std::chrono::nanoseconds next_look(uint32_t n) const;

  /// @param early the last look in vain, 0 if there was none
  /// @param late the look that showed it done; greater than `early`
  void learn(std::chrono::nanoseconds early, std::chrono::nanoseconds late);

private:
  /// Whether the bracket is narrow enough to be believed.
  bool exact() const;

  std::chrono::nanoseconds low_{0};
  std::chrono::nanoseconds high_{0};
  /// How far the lower end is put into doubt next; doubles until a look in
  /// vain shows that it went far enough.
  std::chrono::nanoseconds doubt_{0};
  /// Brackets since the lower end was last put into doubt.
  uint32_t agreed_ = 0;
};

} // namespace natgw::core::table
