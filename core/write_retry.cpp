#include "core/write_retry.hpp"

namespace natgw::core {

namespace {

/// Whether the same request may pass later.
bool passing(ec problem) {
  switch (problem) {
    case ec::transport:
    case ec::timeout:
    case ec::too_large:
    case ec::malformed:
    case ec::fenced:
    case ec::unauthorized:
    case ec::throttled:
    case ec::unavailable:
    case ec::cancelled:
      return true;
    default:
      return false;
  }
}

} // namespace

after_failure after_record_write(ec problem, std::chrono::nanoseconds tried) {
  switch (problem) {
    case ec::conflict:
    case ec::already_exists:
    case ec::timeout:
    case ec::too_large:
    case ec::malformed:
      return after_failure::look;
    default:
      break;
  }
  if (!passing(problem))
    return after_failure::answer;
  return tried < record_patience ? after_failure::retry : after_failure::look;
}

after_failure after_record_look(ec problem, std::chrono::nanoseconds tried) {
  return passing(problem) && tried < record_patience ? after_failure::retry
                                                     : after_failure::answer;
}

after_failure after_pod_patch(ec problem, uint32_t failures) {
  auto again = passing(problem) || problem == ec::conflict;
  return again && failures < pod_attempts ? after_failure::retry
                                          : after_failure::answer;
}

after_failure after_event(ec problem, uint32_t failures) {
  return passing(problem) && failures < event_attempts ? after_failure::retry
                                                       : after_failure::answer;
}

} // namespace natgw::core
