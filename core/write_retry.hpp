#pragma once

#include <chrono>
#include <cstdint>

#include "messages/error.hpp"

namespace natgw::core {

/// What to do after a write, or the reading that followed it, has failed.
enum class after_failure : uint8_t {
  /// Tell the asker.
  answer,
  /// Read the object, then tell the asker: it was changed by somebody else, or
  /// the write may have happened.
  look,
  /// Try the same again after a while.
  retry,
};

/// How long a record_write is repeated before its asker is told.
inline constexpr auto record_patience = std::chrono::seconds{30};

/// How often a pod_patch, and an event, is sent.
inline constexpr uint32_t pod_attempts = 8;
inline constexpr uint32_t event_attempts = 3;

/// `tried`: how long since the first attempt. Never `answer` where the outcome
/// of the write is unknown.
after_failure after_record_write(ec problem, std::chrono::nanoseconds tried);

/// The object could not be read either.
after_failure after_record_look(ec problem, std::chrono::nanoseconds tried);

/// `failures` counts this one. Patches carry the pod's uid and nothing else as
/// precondition, so a conflict is over at the next attempt.
after_failure after_pod_patch(ec problem, uint32_t failures);

after_failure after_event(ec problem, uint32_t failures);

} // namespace natgw::core
