#pragma once

#include "messages/time.hpp"

namespace natgw::http {

/// The time line of leases and fences: CLOCK_BOOTTIME, which runs on while the
/// machine is suspended. Only for the edge of the program; cores get time as
/// an argument.
instant boot_now();

} // namespace natgw::http
