#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "cli/command_line.hpp"
#include "config/model.hpp"
#include "emulator/vpc/options.hpp"

namespace natgw::cli {

/// What an emulated cloud shall be like; its flags are shared by `emulate` and
/// `demo`.
struct cloud_flags {
  size_t gateways = 2;
  size_t zones = 2;
  /// For each gateway.
  size_t eips = 1;
  /// External ports of each EIP that the controller may use.
  config::port_range ports{512, 65535};
  /// The EIPs serve SNAT too.
  bool snat = false;
  std::string region = "cn-hangzhou";
  uint64_t seed = 1;
  emulator::vpc_behaviour behaviour;
};

/// A cloud that is quicker and more generous than the real one: 1,000 entries
/// for each gateway, Pending for 50 to 200 ms, 300 writes a second, and writes
/// into one table may overlap.
emulator::vpc_behaviour quick_cloud();

/// Adds a flag for each behaviour. `x` must live until the command line has
/// been parsed; what it holds before are the defaults.
void add_cloud_flags(flags& to, cloud_flags& x);

/// The emulated account that the flags ask for, with one access key made up on
/// the spot.
emulator::vpc_options make_cloud(const cloud_flags& x);

/// A configuration for `run` in that account, whose API answers at `endpoint`.
/// It holds the emulated access key.
std::string make_run_config(const emulator::vpc_options& cloud,
                            const config::port_range& ports,
                            const std::string& endpoint);

/// The same without the key, with more lines below `natgw:`.
std::string make_run_config(const emulator::vpc_options& cloud,
                            const config::port_range& ports,
                            const std::string& endpoint,
                            const std::string& own_lines);

} // namespace natgw::cli
