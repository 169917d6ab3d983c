#pragma once

#include <chrono>
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
  /// Without a field selector on the phase, though finished pods matter little:
  /// one that finishes would look deleted, with the phase it had before. But
  /// its object lives on with what we have told it, so the status annotation
  /// has to be taken off, its condition set to False and the event emitted, and
  /// whether it has gone must be known before its name is used again. What is
  /// kept of a finished pod is as little as of any other.
  watch_config pods;
  watch_config nodes;
  /// Only clusters with a certain mode of Terway know them.
  watch_config interfaces{.absent_pause = std::chrono::minutes{5}};
};

/// With the messages that the watcher sends to itself.
using pod_watcher_self
  = pod_watcher_actor::extend<caf::reacts_to<api_news_ptr<pod_view>>,
                              caf::reacts_to<api_news_ptr<node_view>>,
                              caf::reacts_to<api_news_ptr<interface_view>>,
                              caf::reacts_to<atom::tick, uint64_t>>;

struct pod_watcher_state {
  static inline const char* name = "pod_watcher";

  std::optional<resource_watch<pod_view, pod_watcher_self>> pods;
  std::optional<resource_watch<node_view, pod_watcher_self>> nodes;
  /// Nobody waits for these: a pod is told without its interface, and again
  /// once that is known.
  std::optional<resource_watch<interface_view, pod_watcher_self>> interfaces;

  alarm timer;

  /// Which of the first lists are complete; `synced` is told after both.
  bool pods_listed = false;
  bool nodes_listed = false;
};

/// Returns the behavior of the watcher of pods and nodes, and of the PodENIs
/// where there are any, which it joins to the annotated pods. It tells
/// placement every change that matters, each object in the order of its
/// history: of two pods with one name, the former is gone before the latter
/// appears.
pod_watcher_self::behavior_type
pod_watcher(pod_watcher_self::stateful_pointer<pod_watcher_state> self,
            std::shared_ptr<kube::client> api, const clock& time,
            pod_watcher_config cfg, const placement_actor& placement);

} // namespace natgw::actors
