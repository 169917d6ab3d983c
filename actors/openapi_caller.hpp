#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>

#include <caf/actor_control_block.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/alarm.hpp"
#include "actors/clock.hpp"
#include "clients/aliyun/credentials.hpp"
#include "clients/aliyun/vpc_request.hpp"
#include "clients/http/transport.hpp"
#include "core/call_dispatcher.hpp"
#include "messages/protocol.hpp"

namespace natgw::actors {

/// What the transport brought for one attempt. Made for one receiver, who may
/// move out of it.
struct call_answer {
  uint64_t ticket = 0;
  expected<http::response> what;
};

using call_answer_ptr = std::shared_ptr<call_answer>;

/// One attempt of a call, for metrics. The texts are bounded and hold no
/// secret; they live as long as the callback runs.
struct call_observation {
  api_action action = api_action::describe_entries;
  std::string_view gateway;
  /// The OpenAPI's Code, "ok", or the transport's error.
  std::string_view code;
  /// What went wrong; meaningful unless `outcome` is ok.
  ec failure = ec::rejected;
  call_class outcome = call_class::ok;
  /// The HTTP status; 0 if nothing came back.
  int status = 0;
  /// 1 for the first.
  uint32_t attempt = 1;
  /// True if the caller repeats it itself.
  bool repeated = false;
  /// From the call's arrival to the end of this attempt's wait for a token.
  std::chrono::nanoseconds waited{0};
  /// From sending to the answer.
  std::chrono::nanoseconds took{0};
  /// Of this action, after the attempt.
  size_t waiting = 0;
  uint32_t permille = 0;
  /// Of all actions.
  size_t in_flight = 0;
};

/// 64 bits from the machine's source of randomness.
uint64_t fresh_seed();

struct openapi_caller_config {
  aliyun::vpc_endpoint endpoint;
  core::call_dispatcher::options dispatch;
  /// Bound on one attempt.
  std::chrono::milliseconds read_timeout{10'000};
  std::chrono::milliseconds write_timeout{10'000};
  size_t max_response_bytes = size_t{8} << 20U;
  /// A write leaves only if its time-out ends so long before the lease.
  std::chrono::milliseconds lease_margin{1'000};
  /// Bound on the wait for writes in flight after `stop`.
  std::chrono::milliseconds drain_limit{11'000};
  /// For nonces; must differ between processes. Tests choose it.
  uint64_t seed = fresh_seed();
  /// Called for every attempt, on the actor's thread.
  std::function<void(const call_observation&)> on_attempt;
  /// Called when the circuit opens (true) or closes, on the actor's thread.
  std::function<void(bool)> on_circuit;
};

/// With the messages that the caller sends to itself.
using openapi_caller_self
  = openapi_caller_actor::extend<caf::reacts_to<call_answer_ptr>,
                                 caf::reacts_to<atom::tick, uint64_t>>;

/// A call from its arrival to its reply.
struct open_call {
  api_call call;
  /// When it came, and what the dispatcher knows of it.
  core::queued_call place;
  caf::weak_actor_ptr asker;
  uint32_t attempts = 0;
  /// Whether it has been signed a second time.
  bool signed_again = false;
  // -- of the attempt in flight ----------------------------------------------
  /// The transport's id; 0: waiting for a token.
  uint64_t sending = 0;
  instant sent{};
  credentials_ptr signed_with;
};

struct openapi_caller_state {
  static inline const char* name = "openapi_caller";

  openapi_caller_config cfg;
  http::transport* net = nullptr;
  credential_keeper_actor keeper;
  /// Takes the events about the credentials.
  status_writer_actor writer;
  clock time;

  std::optional<core::call_dispatcher> dispatcher;
  std::mt19937_64 rng;
  alarm timer;

  /// Every call that has not been answered, by ticket. Tickets grow.
  std::unordered_map<uint64_t, open_call> open;
  uint64_t last_ticket = 0;

  /// What to sign with; empty until the keeper has told for the first time,
  /// and until then nothing leaves.
  std::optional<credential_news> credentials;

  /// The lease as last told; without one no write leaves.
  std::optional<lease_term> term;

  /// The epoch of the present pair, by gateway.
  std::map<std::string, uint64_t> epochs;

  /// Set by `stop`: when to give up what is still in flight.
  std::optional<instant> drain_until;
};

/// Returns the behavior of the caller.
///
/// A throttled call and one that is refused for its credentials go back to the
/// queue, everything else is answered. Calls wait for the keeper's first word.
/// A call that is refused while there are newer credentials than those it was
/// signed with is only signed again. While the circuit is open calls are
/// held for a while, then answered `unsent` with `credential` and the time of
/// the next probe in `retry_after`. A full queue answers `unsent` with
/// `throttled`.
/// @param net must outlive the actor's system
openapi_caller_self::behavior_type
openapi_caller(openapi_caller_self::stateful_pointer<openapi_caller_state> self,
               http::transport* net, credential_keeper_actor keeper,
               status_writer_actor writer, clock time,
               openapi_caller_config cfg);

} // namespace natgw::actors

NATGW_LOCAL_MESSAGE(natgw::actors::call_answer_ptr)
