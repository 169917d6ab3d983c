#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "test/simulation/checker.hpp"
#include "test/simulation/lease_rule.hpp"
#include "test/simulation/meddler.hpp"
#include "test/simulation/network.hpp"
#include "test/simulation/plan.hpp"
#include "test/simulation/player.hpp"
#include "test/simulation/process.hpp"
#include "test/simulation/servers.hpp"
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
    std::unique_ptr<process> body;
    uint32_t incarnation = 0;
    bool frozen = false;
    /// Counts down with its messages; it dies at 0.
    std::optional<uint32_t> crash_after;
  };

  void listen();
  void start(size_t n);
  void die(size_t n);
  void pause(size_t n, std::chrono::milliseconds span);
  bool memory_is_lost() const;
  void do_act(const act& x);
  void calm_down();
  void observe_world();
  bool step();
  bool deliver();
  /// Goes to the next thing that is planned, unless it is farther away.
  bool pass_time(instant::duration most);
  void note_new_changes();
  /// Runs until `done`, which is asked once a virtual second, or the limit.
  bool run_until(const std::function<bool()>& done, instant limit);
  void settle(const char* what, instant::duration limit);
  void judge_tokens();
  config::settings settings() const;

  plan plan_;
  world_options how_;
  instant start_;
  timeline time_;
  transcript told_;
  servers at_;
  network net_;
  checker judge_;
  lease_rule lease_;
  std::unique_ptr<player> player_;
  meddler meddler_;
  emulator::dice dice_;
  std::deque<replica> replicas_;
  size_t seen_changes_ = 0;
  size_t planned_ = 0;
  outcome result_;
};

/// Runs a plan.
outcome run(const plan& what, const world_options& how = {});

} // namespace natgw::simulation
