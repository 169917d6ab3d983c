#pragma once

#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "messages/record.hpp"
#include "messages/time.hpp"

namespace natgw::core::table {

/// The slots that wait to be looked at: those that need an exact look, by
/// urgency and age, and those that a shared look at all pages would serve as
/// well, by age.
class look_board {
public:
  /// @returns the ticket under which the slot waits
  uint64_t add_exact(uint32_t slot, urgency level) {
    exact_.emplace(std::pair{level, ++tickets_}, slot);
    return tickets_;
  }

  void remove_exact(urgency level, uint64_t ticket) {
    exact_.erase({level, ticket});
  }

  std::optional<uint32_t> next_exact() const {
    return exact_.empty() ? std::nullopt
                          : std::optional{exact_.begin()->second};
  }

  void add_shared(uint32_t slot, instant due) {
    shared_.emplace(due, slot);
  }

  void remove_shared(uint32_t slot, instant due) {
    shared_.erase({due, slot});
  }

  std::optional<uint32_t> next_shared() const {
    return shared_.empty() ? std::nullopt
                           : std::optional{shared_.begin()->second};
  }

  size_t shared() const {
    return shared_.size();
  }

  instant oldest_shared() const {
    return shared_.begin()->first;
  }

private:
  uint64_t tickets_ = 0;
  std::map<std::pair<urgency, uint64_t>, uint32_t> exact_;
  std::set<std::pair<instant, uint32_t>> shared_;
};

/// How many events there were lately, each forgotten with a time constant.
class recent_count {
public:
  explicit recent_count(std::chrono::nanoseconds span) : span_{span} {
  }

  void add(instant now) {
    value_ = at(now) + 1;
    last_ = now;
  }

  /// About the number of events within the last `span`.
  double at(instant now) const {
    auto age = std::chrono::duration<double>(now - last_).count();
    auto span = std::chrono::duration<double>(span_).count();
    return span > 0 ? value_ * std::exp(-age / span) : 0;
  }

private:
  std::chrono::nanoseconds span_;
  double value_ = 0;
  instant last_{};
};

} // namespace natgw::core::table
