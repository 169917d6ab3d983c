#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <unordered_map>

#include <caf/actor_addr.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/alarm.hpp"
#include "actors/clock.hpp"
#include "actors/private_messages.hpp"
#include "clients/kube/client.hpp"
#include "core/backoff.hpp"
#include "core/event_filter.hpp"
#include "core/write_queue.hpp"
#include "messages/protocol.hpp"
#include "observe/metrics.hpp"

namespace natgw::actors {

struct status_writer_config {
  core::write_queue_config queue;
  core::event_filter_config events;
  /// The Lease, which stands for the controller in events about itself.
  object_key controller;
  /// Without, writes leave before anybody has won a lease. Only for tests.
  bool lease_required = true;
  /// After `stop`, what could not be written for so long is given up.
  std::chrono::seconds drain_limit{10};
  /// First delay before a failed write is repeated; doubles up to the cap.
  core::backoff_config delays{.first = std::chrono::milliseconds{500},
                              .cap = std::chrono::milliseconds{8'000},
                              .jitter = 0.5};
  /// Seeds the jitter and the names of events.
  uint64_t seed = 1;
  /// Where every attempt is counted; may be null.
  std::shared_ptr<observe::metrics> metrics;
};

/// With the messages that the writer sends to itself.
using status_writer_self
  = status_writer_actor::extend<caf::reacts_to<record_answer>,
                                caf::reacts_to<plain_answer>,
                                caf::reacts_to<atom::tick, uint64_t>>;

struct status_writer_state {
  static inline const char* name = "status_writer";

  status_writer_config cfg;
  std::shared_ptr<kube::client> api;
  clock time;

  std::optional<core::write_queue> queue;
  core::event_filter events;
  std::mt19937_64 rng;
  alarm timer;

  /// The lease as last told; nothing leaves without one.
  std::optional<lease_term> term;

  /// Jobs on their way, by id.
  std::unordered_map<uint64_t, core::write_job> running;

  /// Who is to be answered when a job is over: every job is in here until it
  /// is answered or all who asked have died, but for those of events.
  std::unordered_map<uint64_t, std::set<caf::actor_addr>> askers;

  /// Askers that are monitored: what a dead one still had in the queue is
  /// dropped, since nobody stands behind it any more.
  std::set<caf::actor_addr> monitored;

  /// Kinds of writes that were refused with `forbidden`, each logged once.
  std::set<std::string> forbidden;

  /// Set by `stop`: when to give up what is left.
  std::optional<instant> drain_until;
};

/// Returns the behavior of a writer.
///
/// A pod_patch that merged with another one is answered once, with it, to
/// everybody who asked. After `timeout`, a conflict, or anything else that
/// leaves the outcome in doubt, a record_write is answered with the object as
/// it stands (`record_written::now`, or `absent`); `problem` then says what
/// had happened.
status_writer_self::behavior_type
status_writer(status_writer_self::stateful_pointer<status_writer_state> self,
              std::shared_ptr<kube::client> api, clock time,
              status_writer_config cfg);

} // namespace natgw::actors
