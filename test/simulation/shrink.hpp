#pragma once

#include "test/simulation/plan.hpp"

namespace natgw::simulation {

/// Takes away from a plan that fails whatever can be spared without curing
/// it: kinds of faults first, then deeds, by halves down to single ones. The
/// rest breaks the same invariant, in its own way. Runs the plan some hundred
/// times at most.
plan shrink(plan failing);

} // namespace natgw::simulation
