#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "config/model.hpp"
#include "messages/time.hpp"
#include "test/simulation/network.hpp"

namespace natgw::simulation {

/// What a process of the controller is started with.
struct process_options {
  config::settings settings;
  /// Who it is in the lease.
  std::string identity;
  /// Its cluster, and the uid of the namespace kube-system there.
  size_t realm = 0;
  std::string cluster_uid;
  /// Signs as the role of its node, whose credentials end, instead of with a
  /// key pair.
  bool temporary_credentials = false;
  uint64_t seed = 1;
  /// The world's clock.
  std::function<instant()> now;
};

/// One process of the controller: all actors as `run` has them, under their
/// supervisor, on a scheduler that does nothing by itself.
class process {
public:
  process(network& net, process_options cfg);
  ~process();
  process(const process&) = delete;
  process& operator=(const process&) = delete;

  /// Actors that have a message to handle.
  size_t runnable() const;

  /// Lets the n-th of them handle one message.
  void step(size_t n);

  /// Wakes the actors whose timers are due by now.
  void catch_up();

  /// When the next timer is due.
  std::optional<instant> next_timer() const;

  /// SIGSTOP and SIGCONT: until then it is not to be stepped.
  void freeze();
  void thaw();

  /// SIGTERM.
  void stop();

  /// Kills one actor, as a crash inside would: a pool or (true) a table. False
  /// if there is none.
  bool break_pair(bool table, uint64_t choice);

  /// The supervisor has ended, so the process would have.
  bool ended() const;

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

} // namespace natgw::simulation
