#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/alarm.hpp"
#include "actors/clock.hpp"
#include "core/pool/pool.hpp"
#include "messages/protocol.hpp"
#include "observe/metrics.hpp"

namespace natgw::actors {

/// Whom a pool speaks to. Everyone in here outlives the pool, but for its
/// table, which dies and restarts with it.
struct pool_peers {
  placement_actor placement;
  forward_table_actor table;
  record_watcher_actor records;
  object_reader_actor reader;
  /// Chosen by the hash of an object's key; never empty.
  std::vector<status_writer_actor> writers;
};

/// With the message that the pool sends to itself.
using port_pool_self
  = port_pool_actor::extend<caf::reacts_to<atom::tick, uint64_t>>;

struct port_pool_state {
  static inline const char* name = "port_pool";

  pool_peers peers;
  clock time;
  std::shared_ptr<observe::metrics> metrics;
  std::string gateway;

  std::optional<core::pool> core;

  alarm timer;

  /// When the ports were last counted for the metrics, at most once a second.
  instant counted{};
};

/// Returns the behavior of a gateway's pool: events go into `core::pool`, and
/// what it decides is sent where it belongs.
port_pool_self::behavior_type
port_pool(port_pool_self::stateful_pointer<port_pool_state> self,
          core::pool_options options, pool_peers peers, clock time,
          std::shared_ptr<observe::metrics> metrics);

} // namespace natgw::actors
