#pragma once

#include "cli/command.hpp"

namespace CLI {
class App;
} // namespace CLI

namespace natgw::cli {

/// `emulate`: both emulators until SIGTERM or SIGINT, for `kubectl` and for a
/// controller in another process.
void add_emulate(CLI::App& app, command& chosen);

} // namespace natgw::cli
