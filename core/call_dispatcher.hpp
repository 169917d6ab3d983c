#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/call_queue.hpp"
#include "core/circuit.hpp"
#include "core/token_bucket.hpp"
#include "messages/api_call.hpp"
#include "messages/time.hpp"

namespace natgw::core {

/// What the dispatcher must know of a call.
struct queued_call {
  uint64_t ticket = 0;
  api_action action = api_action::describe_entries;
  std::string gateway;
  urgency priority = urgency::birth;
  /// When it came first.
  instant since{};
};

/// Decides which call leaves when: for each action a bucket, a share of the
/// limit that adapts, and a queue; over all of them a bound on what is in
/// flight and the circuit. One throttled action stalls no other.
class call_dispatcher {
public:
  struct limit {
    rate quota{300, std::chrono::seconds{60}};
    uint32_t burst = 10;
  };

  struct options {
    /// Indexed by api_action.
    std::array<limit, api_action_count> limits{};
    call_queue::options queue{};
    adaptive_rate::options adaptation{};
    circuit::options trust{};
    size_t max_in_flight = 256;
    /// Longest pause that a server's x-acs-retry-after is believed.
    std::chrono::nanoseconds max_pause = std::chrono::minutes{1};
  };

  /// What the gauges show of one action.
  struct gauge {
    size_t waiting = 0;
    /// Share of the configured rate that is used, in permille.
    uint32_t permille = token_bucket::full;
  };

  call_dispatcher(const options& cfg, instant now);

  /// Queues a call. @returns false if there are too many.
  bool push(const queued_call& x);

  /// Takes the next call that may leave now, with its token. It is in flight
  /// until one of the four functions below is called for it.
  std::optional<uint64_t> next(instant now);

  /// It was answered, or given up.
  void finished(const queued_call& x, bool failed);

  /// A call was answered by something other than throttling; one of the
  /// functions around this one is called for it as well.
  void passed(api_action x, instant sent, instant now);

  /// It was throttled: queues it again, and slows its action down where there
  /// are many like it.
  /// @param pause the server's wish; 0: none
  void throttled(const queued_call& x, instant sent,
                 std::chrono::nanoseconds pause, instant now);

  /// It is to be made again as soon as possible.
  void repeat(const queued_call& x);

  /// It did not leave after all; its token was not used.
  void withdrawn(const queued_call& x);

  /// When `next` may have something to give, unless something happens before;
  /// empty: not by time alone.
  std::optional<instant> wake(instant now);

  /// Removes the waiting writes of a gateway.
  std::vector<uint64_t> drop_writes(std::string_view gateway);

  /// Removes everything that waits.
  std::vector<uint64_t> drop_all();

  circuit& trust() {
    return trust_;
  }

  size_t in_flight() const {
    return in_flight_;
  }

  gauge look(api_action x, instant now);

private:
  struct lane {
    token_bucket bucket;
    adaptive_rate share;
    call_queue queue;
    /// No call leaves before.
    instant paused_until{};
  };

  lane& lane_of(api_action x) {
    return lanes_[static_cast<size_t>(x)];
  }

  static lane make_lane(const options& cfg, size_t index, instant now);
  static bool adapt(lane& x, instant now);

  options cfg_;
  std::array<lane, api_action_count> lanes_;
  circuit trust_;
  size_t in_flight_ = 0;
  /// Where the search for the next call begins, for fairness among actions.
  size_t first_ = 0;
};

} // namespace natgw::core
