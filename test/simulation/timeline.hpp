#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "messages/time.hpp"

namespace natgw::simulation {

/// The virtual time of one world and what is going to happen in it. What is
/// due at one instant happens in the order in which it was planned.
class timeline {
public:
  using deed = std::move_only_function<void()>;

  explicit timeline(instant start) : now_{start} {
    // nop
  }

  instant now() const {
    return now_;
  }

  void after(instant::duration delay, deed what) {
    deeds_.emplace(std::pair{now_ + delay, ++number_}, std::move(what));
  }

  /// When something is due; absent if nothing is planned.
  std::optional<instant> next() const {
    if (deeds_.empty())
      return std::nullopt;
    return deeds_.begin()->first.first;
  }

  /// Lets time pass; never back.
  void move_to(instant to) {
    now_ = std::max(now_, to);
  }

  /// Does the first thing that is due by now; false if nothing is.
  bool run_one() {
    if (deeds_.empty() || deeds_.begin()->first.first > now_)
      return false;
    auto what = std::move(deeds_.begin()->second);
    deeds_.erase(deeds_.begin());
    what();
    return true;
  }

private:
  instant now_;
  uint64_t number_ = 0;
  std::map<std::pair<instant, uint64_t>, deed> deeds_;
};

} // namespace natgw::simulation
