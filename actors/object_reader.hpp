#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <unordered_map>

#include <caf/actor_control_block.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/private_messages.hpp"
#include "clients/kube/client.hpp"
#include "messages/protocol.hpp"

namespace natgw::actors {

struct object_reader_config {
  /// Questions on their way at once.
  size_t max_in_flight = 8;
  /// Questions that may wait; further ones are answered `unknown` at once.
  size_t max_waiting = 8'192;
};

/// With the messages that the reader sends to itself.
using object_reader_self
  = object_reader_actor::extend<caf::reacts_to<reader_answer>>;

/// A question, and who asked it.
struct open_question {
  object_query query;
  caf::weak_actor_ptr asker;
};

struct object_reader_state {
  static inline const char* name = "object_reader";

  object_reader_config cfg;
  std::shared_ptr<kube::client> api;

  std::deque<open_question> waiting;

  /// By the number that the answer will carry.
  std::unordered_map<uint64_t, open_question> running;

  uint64_t last_number = 0;
};

/// Returns the behavior of the reader. It asks once: whoever gets `unknown`
/// decides when to ask again.
object_reader_self::behavior_type
object_reader(object_reader_self::stateful_pointer<object_reader_state> self,
              std::shared_ptr<kube::client> api, object_reader_config cfg);

} // namespace natgw::actors
