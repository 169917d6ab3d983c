#pragma once

#include <cstdint>
#include <string>

#include "messages/time.hpp"

namespace natgw {

/// The lease as its holder knows it; sent on every renewal. A write may leave
/// only if now + its deadline < `ends` - 1 s.
struct lease_term {
  /// Counts the holders so far (the Lease's leaseTransitions): every promise
  /// carries it, so that of two that clash the later is known.
  uint64_t epoch = 0;
  instant ends{};
};

} // namespace natgw
