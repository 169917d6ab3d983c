#include <cstdio>
#include <exception>
#include <string>

#include <fmt/format.h>

#include "cli/check.hpp"
#include "cli/command_line.hpp"
#include "cli/core_dumps.hpp"
#include "cli/demo.hpp"
#include "cli/emulate.hpp"
#include "cli/run.hpp"
#include "cli/signals.hpp"
#include "observe/version.hpp"

namespace {

using natgw::cli::command_line;
using natgw::cli::exit_code;

constexpr const char* about
  = "Gives annotated pods public ports through DNAT entries of Alibaba Cloud "
    "NAT gateways.";

constexpr const char* footer = R"(Examples:
  natgw-controller demo
  natgw-controller check /etc/natgw/config.yaml
  natgw-controller run --config /etc/natgw/config.yaml
  natgw-controller emulate --kubeconfig-out kubeconfig --config-out config.yaml

Exit status: 0 all went well, 1 something failed, 2 wrong usage, or nothing to
do.
)";

exit_code run(int argc, char** argv) {
  command_line line{about, std::string{natgw::observe::version()}, footer};
  natgw::cli::add_demo(line);
  natgw::cli::add_check(line);
  natgw::cli::add_run(line);
  natgw::cli::add_emulate(line);
  return line.run({argv + 1, argv + argc});
}

} // namespace

int main(int argc, char** argv) {
  natgw::cli::forbid_core_dumps();
  natgw::cli::block_signals();
  // What ends here is a bug of ours, or a library's; say so instead of
  // aborting without a word.
  try {
    return static_cast<int>(run(argc, argv));
  } catch (const std::exception& what) {
    fmt::print(stderr, "natgw-controller: {}\n", what.what());
    return static_cast<int>(exit_code::failure);
  }
}
