#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/alarm.hpp"
#include "actors/clock.hpp"
#include "actors/private_messages.hpp"
#include "clients/kube/client.hpp"
#include "core/leader_election.hpp"
#include "messages/protocol.hpp"

namespace natgw::actors {

struct lease_keeper_config {
  /// Namespace and name of the Lease.
  object_key lease;
  core::election_config election;
  /// Bound on one renewal; half the renew deadline is a good choice.
  std::chrono::milliseconds write_timeout{5'000};
  /// Seeds the jitter.
  uint64_t seed = 1;
};

/// With the messages that the keeper sends to itself.
using lease_keeper_self
  = lease_keeper_actor::extend<caf::reacts_to<lease_answer>,
                               caf::reacts_to<atom::tick, uint64_t>>;

struct lease_keeper_state {
  static inline const char* name = "lease_keeper";

  lease_keeper_config cfg;
  std::shared_ptr<kube::client> api;
  clock time;
  supervisor_actor supervisor;

  std::optional<core::leader_election> election;
  alarm timer;

  /// The Lease object's uid; empty before it was seen.
  std::string uid;

  /// The holder that was logged last.
  std::optional<std::string> holder;
};

/// Returns the behavior of the keeper. It sends the supervisor a lease_term
/// for every success, `gone` once when the lease is lost, and quits after
/// that, or when the lease has been handed over after `stop`.
lease_keeper_self::behavior_type
lease_keeper(lease_keeper_self::stateful_pointer<lease_keeper_state> self,
             std::shared_ptr<kube::client> api, clock time,
             lease_keeper_config cfg, supervisor_actor supervisor);

} // namespace natgw::actors
