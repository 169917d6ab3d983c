#pragma once

#include <CLI/App.hpp>

#include "cli/command.hpp"

namespace natgw::cli {

/// `run`: the controller. Ends on SIGTERM and SIGINT in good order.
void add_run(CLI::App& app, command& chosen);

} // namespace natgw::cli
