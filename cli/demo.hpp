#pragma once

#include "cli/command_line.hpp"

namespace natgw::cli {

/// `demo`: a fleet of game servers in an emulated cluster, behind the gateways
/// of an emulated cloud, served by the real controller over loopback HTTP.
void add_demo(command_line& line);

} // namespace natgw::cli
