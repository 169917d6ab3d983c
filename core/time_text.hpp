#pragma once

#include <string>

#include "messages/time.hpp"

namespace natgw::core {

/// `2026-01-31T12:34:56Z`: in UTC; what is finer than a second is cut off.
std::string format_time(wall_time x);

} // namespace natgw::core
