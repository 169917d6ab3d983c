#pragma once

#include <chrono>

namespace natgw {

/// The time line of every core: nanoseconds since an arbitrary start, never
/// set back, running on while the machine is suspended (CLOCK_BOOTTIME at the
/// edge of the program, virtual in tests). It has no `now()` on purpose: time
/// comes in as an argument.
struct boot_clock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<boot_clock>;
  static constexpr bool is_steady = true;
};

using instant = boot_clock::time_point;

/// Calendar time, only for what leaves the program (timestamps, signatures).
using wall_time = std::chrono::sys_time<std::chrono::milliseconds>;

} // namespace natgw
