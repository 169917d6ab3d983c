#pragma once

#include "cli/command_line.hpp"

namespace natgw::cli {

/// `run`: the controller. Ends on SIGTERM and SIGINT in good order.
void add_run(command_line& line);

} // namespace natgw::cli
