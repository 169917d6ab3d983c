#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/alarm.hpp"
#include "actors/clock.hpp"
#include "actors/resource_watch.hpp"
#include "messages/protocol.hpp"

namespace natgw::actors {

/// With the messages that the watcher sends to itself.
using record_watcher_self
  = record_watcher_actor::extend<caf::reacts_to<api_news_ptr<record_view>>,
                                 caf::reacts_to<atom::tick, uint64_t>>;

struct record_watcher_state {
  static inline const char* name = "record_watcher";

  std::optional<resource_watch<record_view, record_watcher_self>> records;

  alarm timer;

  placement_actor placement;

  /// Gateways whose records are to be told again, and the number of the list
  /// that has to be complete first.
  std::map<std::string, uint64_t> asked;
};

/// Returns the behavior of the watcher of PodDNATs. A list that somebody asked
/// for is always read from etcd. While the CRD is missing it says so and tries
/// again with back-off.
record_watcher_self::behavior_type
record_watcher(record_watcher_self::stateful_pointer<record_watcher_state> self,
               std::shared_ptr<kube::client> api, const clock& time,
               watch_config cfg, placement_actor placement);

} // namespace natgw::actors
