#pragma once

#include <string>

#include "cli/command.hpp"
#include "config/load.hpp"

namespace CLI {
class App;
} // namespace CLI

namespace natgw::cli {

/// `check FILE`: validates a configuration and prints what it means. Status 0
/// if it may be used, 1 if not, 2 if it does not enable this controller.
void add_check(CLI::App& app, command& chosen);

/// What `check` prints about a valid file.
std::string explain(const config::loaded& x, bool with_settings);

} // namespace natgw::cli
