#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "core/event_filter.hpp"
#include "core/token_bucket.hpp"
#include "messages/record.hpp"
#include "messages/time.hpp"

namespace natgw::core {

struct write_queue_config {
  /// The share of kubeClientQPS and kubeClientBurst.
  rate limit{.count = 50, .per = std::chrono::seconds{1}};
  uint32_t burst = 100;
  /// Writes on their way at once.
  uint32_t max_in_flight = 16;
  /// Events that may wait; beyond that the oldest is dropped, those that are
  /// no warnings first.
  size_t max_events = 1'000;
  /// How much later than its arrival a write counts as due, by urgency. What
  /// is due first goes first: a write of low urgency that has waited longer
  /// than the difference overtakes, so nothing starves.
  std::array<std::chrono::seconds, 4> patience{std::chrono::seconds{0},
                                               std::chrono::seconds{30},
                                               std::chrono::seconds{60},
                                               std::chrono::seconds{300}};
};

/// One write, waiting or under way.
struct write_job {
  /// Never reused.
  uint64_t id = 0;
  std::variant<record_write, pod_patch, filtered_event> what;
  /// When it was first sent; unset before.
  std::optional<instant> began{};
  /// How often it has failed so far.
  uint32_t failures = 0;
  /// Why, last; set if the object is to be read now instead of written.
  std::optional<error> doubt{};
  instant due{};
};

/// Orders the writes of one status_writer. Writes to one object leave one at a
/// time and in the order of their arrival; a pod_patch merges with one for the
/// same pod that still waits at the end of its line. PodDNATs and pods are
/// different objects even under one name. Everything is O(log n), except
/// `drop_if`.
class write_queue {
public:
  write_queue(write_queue_config cfg, instant now);

  /// Returns the id of the job, which is an older one if the patch merged.
  uint64_t push(record_write x, instant now);
  uint64_t push(pod_patch x, instant now);
  void push(filtered_event x, instant now);

  /// The job to send now; it is under way until `done` or `retry`.
  std::optional<write_job> next(instant now);

  /// The job is over.
  void done(const write_job& x, instant now);

  /// The job goes back to the head of its line, and not before `at` again.
  void retry(write_job x, instant at, instant now);

  /// Nothing leaves before `until`: the API server asked for it.
  void hold(instant until);

  /// When `next` may have something again; unset if nothing waits for time.
  std::optional<instant> wake(instant now);

  /// Removes waiting jobs (no events) and returns their ids. O(n).
  std::vector<uint64_t>
  drop_if(const std::function<bool(const write_job&)>& doomed, instant now);

  /// Writes that wait, without events.
  size_t waiting() const {
    return waiting_;
  }

  size_t events_waiting() const {
    return events_.size() + warnings_.size() + resting_events_.size();
  }

  size_t in_flight() const {
    return in_flight_;
  }

  uint64_t events_dropped() const {
    return events_dropped_;
  }

private:
  enum class kind : uint8_t { record, pod };

  struct line_key {
    kind type;
    object_key key;

    bool operator==(const line_key&) const = default;
  };

  struct line_hash {
    size_t operator()(const line_key& x) const noexcept;
  };

  /// When its most urgent job is due, and its first job's id.
  using rank = std::pair<instant, uint64_t>;

  /// The writes of one object that wait. It is in exactly one of `ready_` and
  /// `resting_`, or in none while it is empty or busy.
  struct line {
    line_key key;
    std::deque<write_job> jobs;
    bool busy = false;
    /// Its place in `resting_`, if later than the time.
    instant not_before{};
    /// Its place in `ready_`.
    rank place;
  };

  static line_key key_of(const write_job& x);
  line& line_of(line_key key);
  void detach(line& x);
  void attach(line& x, instant now);
  void forget_if_empty(line& x);
  void wake_resting(instant now);
  void bound_events();
  std::deque<write_job>& events_for(const write_job& x);
  std::deque<write_job>* next_events();
  write_job take(line& from);
  instant due(urgency x, instant now) const;

  write_queue_config cfg_;
  token_bucket tokens_;
  std::unordered_map<line_key, line, line_hash> lines_;
  std::map<rank, line*> ready_;
  std::set<std::pair<instant, line*>> resting_;
  std::deque<write_job> events_;
  std::deque<write_job> warnings_;
  std::multimap<instant, write_job> resting_events_;
  instant held_until_{};
  uint64_t last_id_ = 0;
  size_t waiting_ = 0;
  size_t in_flight_ = 0;
  uint64_t events_dropped_ = 0;
};

} // namespace natgw::core
