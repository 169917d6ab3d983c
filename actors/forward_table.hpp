#pragma once

#include <memory>
#include <optional>
#include <string>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/alarm.hpp"
#include "actors/clock.hpp"
#include "core/forward_table/forward_table.hpp"
#include "messages/protocol.hpp"
#include "observe/metrics.hpp"

namespace natgw::actors {

/// With the message that the table sends to itself.
using forward_table_self
  = forward_table_actor::extend<caf::reacts_to<atom::tick, uint64_t>>;

struct forward_table_state {
  static inline const char* name = "forward_table";

  std::string gateway;
  openapi_caller_actor caller;
  clock time;
  std::shared_ptr<observe::metrics> metrics;

  /// Everything that is decided; set until the actor ends.
  std::optional<core::forward_table> core;

  /// Null before `start` names it: what a stand-by finds is for nobody.
  port_pool_actor pool;

  alarm timer;

  /// What was last reported, for the log.
  table_report reported;
};

/// Returns the behavior of a gateway's table: events go into
/// `core::forward_table`, and what it decides is sent where it belongs. Wishes
/// that come before `start` are kept, unless it stands by.
/// @param metrics may be null
forward_table_self::behavior_type
forward_table(forward_table_self::stateful_pointer<forward_table_state> self,
              core::table_options options, openapi_caller_actor caller,
              clock time, std::shared_ptr<observe::metrics> metrics);

} // namespace natgw::actors
