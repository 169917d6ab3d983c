#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/clock.hpp"
#include "messages/protocol.hpp"
#include "observe/metrics.hpp"

namespace natgw::actors {

/// The actors that a gateway's pair speaks to.
struct pair_surroundings {
  std::string gateway;
  /// Of this pair: grows with every lease and with every restart.
  uint64_t epoch = 0;
  /// True if the gateway is not in the configuration: only what is left of it
  /// is taken away.
  bool drain = false;
  placement_actor placement;
  record_watcher_actor records;
  object_reader_actor reader;
  openapi_caller_actor caller;
  std::vector<status_writer_actor> writers;
};

/// How each kind of actor is made. Every function spawns through the
/// supervisor's own system and is called on its thread.
struct spawners {
  /// Null: run without a lease, as the only process.
  std::function<lease_keeper_actor(const supervisor_actor&)> lease_keeper;
  /// At least one; the first takes the events about the controller itself.
  std::function<std::vector<status_writer_actor>()> writers;
  std::function<credential_keeper_actor(const status_writer_actor&)>
    credentials;
  std::function<openapi_caller_actor(const credential_keeper_actor&,
                                     const status_writer_actor&)>
    caller;
  std::function<object_reader_actor()> reader;
  std::function<placement_actor(const supervisor_actor&,
                                const std::vector<status_writer_actor>&)>
    placement;
  std::function<record_watcher_actor(const placement_actor&)> records;
  std::function<pod_watcher_actor(const placement_actor&)> pods;
  std::function<forward_table_actor(const pair_surroundings&)> table;
  std::function<port_pool_actor(const pair_surroundings&,
                                const forward_table_actor&)>
    pool;
};

struct supervisor_config {
  /// The gateways of the configuration.
  std::vector<std::string> gateways;
  /// Before a broken pair starts again; doubles with each crash up to the cap.
  std::chrono::milliseconds first_backoff{500};
  std::chrono::milliseconds last_backoff{30'000};
  /// Bound on each step of the shutdown.
  std::chrono::milliseconds drain_limit{12'000};
};

/// Whom the supervisor tells about the process as a whole, on its own thread.
struct supervisor_listeners {
  /// Told once: true when the lease was won and the pairs have been started,
  /// false when the process must end because of a failure.
  std::function<void(bool)> on_readiness;
  /// Until when the lease is ours, with every renewal; the far future where
  /// there is no lease.
  std::function<void(instant)> on_lease;
};

/// One gateway's pool and table: they live, die and restart together.
struct gateway_pair {
  /// Null while the pair is dead.
  forward_table_actor table;
  /// Null in a stand-by, whose table only mirrors, and while the pair is dead.
  port_pool_actor pool;
  uint32_t restarts = 0;
  bool drain = false;
  /// When to start again; the far future while it lives.
  instant starts_at = instant::max();
};

struct supervisor_state {
  static inline const char* name = "supervisor";

  supervisor_config cfg;
  spawners make;
  clock time;
  std::shared_ptr<observe::metrics> metrics;
  supervisor_listeners listeners;

  enum class phase : uint8_t { waiting, leading, draining, handing_over };
  /// While it waits it is a warm stand-by.
  phase now = phase::waiting;
  lease_term term;

  lease_keeper_actor lease_keeper;
  std::vector<status_writer_actor> writers;
  credential_keeper_actor credentials;
  openapi_caller_actor caller;
  object_reader_actor reader;
  placement_actor placement;
  record_watcher_actor records;
  pod_watcher_actor pods;
  std::map<std::string, gateway_pair> pairs;
  /// Gateways that got no pair because the lease had not been won.
  std::set<std::string> asked;

  /// Every actor that is monitored, with what it is to people.
  std::map<caf::actor_addr, std::string> crew;

  /// Those that still have to end before the next step of the shutdown.
  std::set<caf::actor_addr> leaving;
  instant step_ends = instant::max();
};

/// Returns the behavior of the root of all actors.
///
/// At once it spawns everybody but the pools: the watches and the mirrors of
/// the configured gateways' tables are warm before the lease is won, and
/// nothing is decided or written. Then the pools follow, under the epoch of
/// the lease.
///
/// It quits with a normal reason after an orderly shutdown, and with another
/// one when the process has to end: any actor but a pool or table died, or the
/// lease was lost.
supervisor_actor::behavior_type
supervisor(supervisor_actor::stateful_pointer<supervisor_state> self,
           supervisor_config cfg, spawners make, clock time,
           std::shared_ptr<observe::metrics> metrics,
           supervisor_listeners listeners);

} // namespace natgw::actors
