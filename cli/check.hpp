#pragma once

#include <string>

#include "cli/command_line.hpp"
#include "config/load.hpp"

namespace natgw::cli {

/// `check FILE`: validates a configuration and prints what it means. Status 0
/// if it may be used, 1 if not, 2 if it does not enable this controller.
void add_check(command_line& line);

/// What `check` prints about a valid file.
std::string explain(const config::loaded& x, bool with_settings);

} // namespace natgw::cli
