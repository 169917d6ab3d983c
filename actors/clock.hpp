#pragma once

#include <functional>

#include "messages/time.hpp"

namespace natgw::actors {

/// Where an actor's time comes from: the system at the edge of the program, a
/// virtual clock in tests. Both functions are called from any thread.
struct clock {
  std::function<instant()> now;
  /// Only for what leaves the program.
  std::function<wall_time()> wall;
};

} // namespace natgw::actors
