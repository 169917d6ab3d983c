#pragma once

#include "cli/command_line.hpp"

namespace natgw::cli {

/// `emulate`: both emulators until SIGTERM or SIGINT, for `kubectl` and for a
/// controller in another process.
void add_emulate(command_line& line);

} // namespace natgw::cli
