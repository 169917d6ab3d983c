#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/alarm.hpp"
#include "actors/clock.hpp"
#include "clients/aliyun/credential_source.hpp"
#include "clients/http/transport.hpp"
#include "core/credential_refresher.hpp"
#include "messages/protocol.hpp"

namespace natgw::actors {

/// The answer to one request of a fetch. Made for one receiver, who may move
/// out of it.
struct credential_answer {
  uint64_t request = 0;
  expected<http::response> what;
};

using credential_answer_ptr = std::shared_ptr<credential_answer>;

/// How one fetch ended, for metrics.
struct credential_observation {
  credential_origin source = credential_origin::configuration;
  bool good = false;
  /// Of what is held now; meaningless unless `held`.
  std::optional<wall_time> expires;
  /// Whether something is held that has not ended.
  bool held = false;
};

struct credential_keeper_config {
  /// In the order in which they are asked.
  std::vector<aliyun::credential_source> sources;
  core::credential_refresher::options refresh;
  /// For nonces and jitter; must differ between processes. Tests choose it.
  uint64_t seed = 0;
  /// Called after every fetch, on the actor's thread.
  std::function<void(const credential_observation&)> on_fetch;
};

/// With the messages that the keeper sends to itself.
using credential_keeper_self
  = credential_keeper_actor::extend<caf::reacts_to<credential_answer_ptr>,
                                    caf::reacts_to<atom::tick, uint64_t>>;

struct credential_keeper_state {
  static inline const char* name = "credential_keeper";

  credential_keeper_config cfg;
  http::transport* net = nullptr;
  clock time;
  std::mt19937_64 rng;
  core::credential_refresher refresher;
  alarm timer;

  /// Takes the events about the credentials.
  status_writer_actor writer;

  /// Null before `start`.
  openapi_caller_actor caller;

  /// The credentials that were told last, or null.
  credentials_ptr keys;

  /// The index of the source being asked, or to be asked first.
  size_t asked = 0;
  /// Whether a source has delivered: from then on no other is asked.
  bool settled = false;

  /// The fetch under way, or null, and the number of its last request.
  std::unique_ptr<aliyun::credential_fetch> fetch;
  uint64_t last_request = 0;

  /// Whether it was said that something did not work.
  bool complained = false;
};

/// Returns the behavior of the keeper.
///
/// The sources are asked in their order: one that is not there is passed over,
/// one that fails is asked again later, and nobody steps in for it, since who
/// comes after it is somebody else with other rights. The first that delivers
/// is asked from then on. The caller is told of every change, and of a failure
/// only when nothing is held (any more).
/// @param net must outlive the actor's system
credential_keeper_self::behavior_type credential_keeper(
  credential_keeper_self::stateful_pointer<credential_keeper_state> self,
  http::transport* net, status_writer_actor writer, clock time,
  credential_keeper_config cfg);

} // namespace natgw::actors

NATGW_LOCAL_MESSAGE(natgw::actors::credential_answer_ptr)
