#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

namespace natgw::core::table {

/// Exponential back-off with jitter: the n-th delay lies between half of
/// `min` x 2^n and all of it, never above `max`.
class retry_delay {
public:
  retry_delay(std::chrono::nanoseconds min, std::chrono::nanoseconds max)
    : min_{min},
      max_{max} {
  }

  /// The next delay; each is twice the one before.
  std::chrono::nanoseconds next(std::mt19937_64& rng) {
    auto result = delay(failures_, rng);
    ++failures_;
    return result;
  }

  /// The delay after so many failures, for those who count themselves.
  std::chrono::nanoseconds delay(uint32_t failures,
                                 std::mt19937_64& rng) const {
    auto full = min_;
    for (uint32_t i = 0; i < failures && full < max_; ++i)
      full *= 2;
    full = std::min(full, max_);
    std::uniform_int_distribution<int64_t> pick{full.count() / 2, full.count()};
    return std::chrono::nanoseconds{pick(rng)};
  }

  void reset() {
    failures_ = 0;
  }

private:
  std::chrono::nanoseconds min_;
  std::chrono::nanoseconds max_;
  uint32_t failures_ = 0;
};

} // namespace natgw::core::table
