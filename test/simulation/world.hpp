#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "test/simulation/checker.hpp"
#include "test/simulation/lease_rule.hpp"
#include "test/simulation/meddler.hpp"
#include "test/simulation/network.hpp"
#include "test/simulation/plan.hpp"
#include "test/simulation/player.hpp"
#include "test/simulation/process.hpp"
#include "test/simulation/servers.hpp"
#include "test/simulation/sightings.hpp"
#include "test/simulation/timeline.hpp"
#include "test/simulation/transcript.hpp"

namespace natgw::simulation {

/// How a run ended.
struct outcome {
  /// What was broken; empty: nothing.
  std::vector<std::string> problems;
  /// Equal for equal runs.
  uint64_t hash = 0;
  /// Messages that actors handled.
  uint64_t messages = 0;
  /// Pods that were created.
  uint32_t lives = 0;
  uint32_t crashes = 0;
  /// What went wrong in it, and where processes died.
  tally met;
  /// Calls that the cloud got.
  uint64_t calls = 0;
  instant::duration length{0};
  /// The last of the transcript, oldest first.
  std::vector<std::string> tail;
};

struct world_options {
  /// Lines of the transcript that are kept.
  size_t lines = 400;
  /// The controller's own log among them.
  bool logs = false;
};

/// One run: both services, the network, the controller's processes and the
/// people, on one thread and one virtual clock.
class world {
public:
  world(plan what, world_options how);
  ~world();
  world(const world&) = delete;
  world& operator=(const world&) = delete;

  outcome run();

private:
  /// One of the Pods that run the controller.
  struct replica {
    /// Whose controller it is.
    size_t realm = 0;
    std::unique_ptr<process> body;
    std::string identity;
    uint32_t incarnation = 0;
    bool frozen = false;
    /// It led when it was stopped.
    bool led = false;
    /// It dies before anything else happens.
    bool doomed = false;
    /// Counts down with its messages; it dies at 0.
    std::optional<uint32_t> crash_after;
  };

  /// A cluster: its people, and who judges its controller.
  struct realm {
    checker judge;
    std::unique_ptr<player> people;
    /// Who had an address last, by address.
    std::unordered_map<std::string, std::string> address_owners;
  };

  void listen(size_t n);
  void heed_writes();
  void note_address(realm& at, const pod_fact& x);
  void start(size_t n);
  void crash(size_t n);
  void die(size_t n);
  void kill_doomed();
  void pause(size_t n, std::chrono::milliseconds span);
  void resume(size_t n, uint32_t incarnation);
  std::string leader() const;
  void add_realms();
  bool memory_is_lost() const;
  void do_act(const act& x);
  void do_to_process(const act& x);
  void meddle(const act& x);
  void pardon(const act& x);
  void calm_down();
  void observe_world();
  bool step();
  bool deliver();
  /// Goes to the next thing that is planned, unless it is farther away.
  bool pass_time(instant::duration most);
  void note_new_changes();
  /// Runs until `done`, which is asked once a virtual second, or the limit.
  bool run_until(const std::function<bool()>& done, instant limit);
  std::vector<std::string> unsettled() const;
  bool is_broken() const;
  void settle(const char* what, instant::duration limit);
  void tear_down();
  void conclude();
  void judge_tokens();
  config::settings settings() const;

  plan plan_;
  world_options how_;
  instant start_;
  timeline time_;
  transcript told_;
  servers at_;
  tally met_;
  sightings seen_;
  network net_;
  std::deque<realm> realms_;
  std::vector<std::string> prefixes_;
  std::unique_ptr<meddler> meddler_;
  lease_rule lease_;
  emulator::dice dice_;
  std::deque<replica> replicas_;
  /// The next write of this kind is a process's last.
  std::optional<simulation::step> fatal_;
  /// 1: if the entry was turned from another one, 2: if the pod has been
  /// replaced.
  uint32_t fatal_if_ = 0;
  size_t seen_changes_ = 0;
  size_t planned_ = 0;
  outcome result_;
};

/// Runs a plan.
outcome run(const plan& what, const world_options& how = {});

} // namespace natgw::simulation
