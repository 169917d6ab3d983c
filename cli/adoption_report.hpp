#pragma once

#include <string>

#include "cli/adoption.hpp"

namespace natgw::cli {

/// Both reports name so many objects at most; the rest they count.
inline constexpr size_t max_reported_steps = 10'000;

/// For people: a line for everything that is not simply taken over, one for
/// each gateway, and the sums.
std::string adoption_text(const adoption_findings& x);

/// The same for programs, as JSON. What objects and servers say is escaped.
std::string adoption_json(const adoption_findings& x);

} // namespace natgw::cli
