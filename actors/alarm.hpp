#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include <caf/timespan.hpp>

#include "messages/protocol.hpp"
#include "messages/time.hpp"

namespace natgw::actors {

/// The one timer of an actor. CAF cannot cancel a delayed message, so each
/// carries a number, and only the last one armed counts. The actor handles
/// `(atom::tick, uint64_t)`.
class alarm {
public:
  /// Wakes the actor at `at`, unless it is going to be woken before.
  template <class Self>
  void arm(Self* self, instant now, instant at) {
    if (at_ && *at_ <= at)
      return;
    at_ = at;
    auto delay = std::max(at - now, instant::duration{1});
    self->delayed_send(self, caf::timespan{delay}, atom::tick_v, ++number_);
  }

  /// Whether the tick with this number counts; it has then gone off.
  bool goes_off(uint64_t number) {
    if (number != number_ || !at_)
      return false;
    at_.reset();
    return true;
  }

private:
  std::optional<instant> at_;
  uint64_t number_ = 0;
};

} // namespace natgw::actors
