#include <cstdio>
#include <exception>
#include <string>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include "cli/check.hpp"
#include "cli/command.hpp"
#include "cli/demo.hpp"
#include "cli/emulate.hpp"
#include "cli/run.hpp"
#include "cli/signals.hpp"
#include "observe/version.hpp"

namespace {

constexpr const char* examples = R"(Examples:
  natgw-controller demo
  natgw-controller check /etc/natgw/config.yaml
  natgw-controller run --config /etc/natgw/config.yaml
  natgw-controller emulate --kubeconfig-out kubeconfig --config-out config.yaml

Exit status: 0 all went well, 1 something failed, 2 wrong usage, or nothing to
do.
)";

int run(int argc, char** argv) {
  natgw::cli::command chosen;
  CLI::App app{"Gives annotated pods public ports through DNAT entries of "
               "Alibaba Cloud NAT gateways."};
  app.name("natgw-controller");
  app.set_version_flag("--version", std::string{natgw::observe::version()});
  app.footer(examples);
  app.require_subcommand(1);
  natgw::cli::add_check(app, chosen);
  natgw::cli::add_demo(app, chosen);
  natgw::cli::add_run(app, chosen);
  natgw::cli::add_emulate(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& what) {
    return app.exit(what);
  } catch (const CLI::ParseError& what) {
    app.exit(what);
    return static_cast<int>(natgw::cli::exit_code::usage);
  }
  return static_cast<int>(chosen());
}

} // namespace

int main(int argc, char** argv) {
  natgw::cli::block_signals();
  // What ends here is a bug of ours, or a library's; say so instead of
  // aborting without a word.
  try {
    return run(argc, argv);
  } catch (const std::exception& what) {
    fmt::print(stderr, "natgw-controller: {}\n", what.what());
    return static_cast<int>(natgw::cli::exit_code::failure);
  }
}
