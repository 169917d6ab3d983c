#pragma once

#include <memory>
#include <optional>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/alarm.hpp"
#include "actors/clock.hpp"
#include "actors/resource_watch.hpp"
#include "messages/protocol.hpp"

namespace natgw::actors {

struct pod_watcher_config {
  /// Beware of field selectors on the phase: a pod that leaves the selection
  /// looks deleted, and whether its object lives on is then unknown.
  watch_config pods;
  watch_config nodes;
};

/// With the messages that the watcher sends to itself.
using pod_watcher_self
  = pod_watcher_actor::extend<caf::reacts_to<api_news_ptr<pod_view>>,
                              caf::reacts_to<api_news_ptr<node_view>>,
                              caf::reacts_to<atom::tick, uint64_t>>;

struct pod_watcher_state {
  static inline const char* name = "pod_watcher";

  std::optional<resource_watch<pod_view, pod_watcher_self>> pods;
  std::optional<resource_watch<node_view, pod_watcher_self>> nodes;

  alarm timer;

  /// Which of the first lists are complete; `synced` is told after both.
  bool pods_listed = false;
  bool nodes_listed = false;
};

/// Returns the behavior of the watcher of pods and nodes. It tells placement
/// every change that matters, each object in the order of its history: of two
/// pods with one name, the former is gone before the latter appears.
pod_watcher_self::behavior_type
pod_watcher(pod_watcher_self::stateful_pointer<pod_watcher_state> self,
            std::shared_ptr<kube::client> api, const clock& time,
            pod_watcher_config cfg, const placement_actor& placement);

} // namespace natgw::actors
