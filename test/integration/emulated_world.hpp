#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/cloud_flags.hpp"
#include "cli/demo_fleet.hpp"
#include "cli/emulation.hpp"
#include "cli/harm.hpp"
#include "test/integration/cluster_watch.hpp"
#include "test/integration/process.hpp"
#include "test/integration/relay.hpp"

namespace natgw::test {

struct emulated_world_options {
  size_t gateways = 4;
  emulator::vpc_behaviour cloud = cli::quick_cloud();
  /// A freed address is given out again no sooner.
  std::chrono::milliseconds address_quarantine{5'000};
  /// Lines below `natgw:` of the configuration, each with two spaces before it
  /// and an end.
  std::string settings = {};
};

struct controller_command {
  /// Stands before the program: another one that sets limits.
  std::vector<std::string> prefix = {};
  /// Empty: the one that is built along with the tests.
  std::string program = {};
  /// Where both its outputs go; empty: a file of the world's.
  std::string log = {};
};

/// Both emulators in this process, a game that plays in them, and the files
/// that `run` needs. The ways from a controller to the emulators can be cut;
/// the game does not take them.
class emulated_world {
public:
  explicit emulated_world(const emulated_world_options& options,
                          cli::fleet_wishes wishes);

  /// Shows the ends of the controllers' logs if the test has failed.
  ~emulated_world();

  emulated_world(const emulated_world&) = delete;
  emulated_world& operator=(const emulated_world&) = delete;

  /// Starts a controller.
  std::unique_ptr<process> run(controller_command x = {});

  /// The address of the HTTP server of the controller that was started last;
  /// waits for it.
  std::string http_url() const;

  bool wait(const std::function<bool()>& done,
            std::chrono::seconds limit) const {
    return watch->wait(done, limit);
  }

  size_t entries() const;
  size_t records() const;

  /// Pods that live, are promised a mapping, and have not got all of it.
  size_t births_in_flight() const;

  /// What happens to the controllers' way to the cloud from now on. Answers
  /// that are on it now are lost, which the emulator cannot know.
  void cut_cloud(relay_mode how);

  /// Counted from the emulators' histories.
  cli::harm harm() const;

  /// No pod, record or entry is left.
  bool is_empty() const {
    return fleet->empty() && records() == 0 && entries() == 0;
  }

  /// Ends the game. True once the world is empty.
  bool leaves_nothing(std::chrono::seconds limit);

  std::unique_ptr<cli::emulation> servers;
  std::unique_ptr<relay> way_to_cluster;
  std::unique_ptr<cluster_watch> watch;
  std::unique_ptr<cli::demo_fleet> fleet;

private:
  /// The cloud's history; what it has answered into a cut counts as lost.
  emulator::history as_heard(const emulator::history& done) const;
  void write(const std::string& name, const std::string& text) const;

  std::unique_ptr<relay> way_to_cloud_;
  std::vector<instant> cuts_;
  temporary_folder folder_;
  std::vector<std::string> logs_;
};

} // namespace natgw::test
