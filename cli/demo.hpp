#pragma once

#include <CLI/App.hpp>

#include "cli/command.hpp"

namespace natgw::cli {

/// `demo`: a fleet of game servers in an emulated cluster, behind the gateways
/// of an emulated cloud, served by the real controller over loopback HTTP.
void add_demo(CLI::App& app, command& chosen);

} // namespace natgw::cli
