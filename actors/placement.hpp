#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/clock.hpp"
#include "core/placement.hpp"
#include "messages/protocol.hpp"
#include "observe/metrics.hpp"

namespace natgw::actors {

struct placement_state {
  static inline const char* name = "placement";

  clock time;
  std::shared_ptr<observe::metrics> metrics;
  supervisor_actor supervisor;

  /// Chosen by the hash of an object's key; never empty.
  std::vector<status_writer_actor> writers;

  /// The pools by gateway, those that have died included until they restart.
  std::unordered_map<std::string, port_pool_actor> pools;

  std::optional<core::placement> core;

  /// True while a `tick` is under way.
  bool ticks = false;
};

/// Returns the behavior of placement: events go into `core::placement`, and
/// what it decides is sent where it belongs. Before `start` it is a stand-by
/// that sends nothing.
placement_actor::behavior_type
placement(placement_actor::stateful_pointer<placement_state> self,
          core::placement_options options,
          std::vector<status_writer_actor> writers, supervisor_actor supervisor,
          clock time, std::shared_ptr<observe::metrics> metrics);

} // namespace natgw::actors
