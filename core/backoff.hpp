#pragma once

#include <chrono>
#include <cstdint>
#include <random>

#include "messages/time.hpp"

namespace natgw::core {

/// The defaults are those of client-go's reflector: they keep one client that
/// can do nothing but fail below 0.22 requests a second.
struct backoff_config {
  std::chrono::milliseconds first{800};
  /// The longest delay before jitter is added.
  std::chrono::milliseconds cap{30'000};
  /// Every delay is multiplied by a random number in [1, 1 + jitter).
  double jitter = 1.0;
  /// The next delay is `first` again after so long without a failure.
  std::chrono::milliseconds reset_after{120'000};
};

/// Delays that double from failure to failure.
class backoff {
public:
  explicit backoff(backoff_config cfg = {});

  /// How long to wait after a failure that happened now.
  std::chrono::milliseconds next(instant now, std::mt19937_64& rng);

  /// Forgets the failures so far.
  void reset();

private:
  backoff_config cfg_;
  std::chrono::milliseconds delay_;
  instant last_{};
  bool failed_ = false;
};

/// `base` multiplied by a random number in [1, 1 + factor).
std::chrono::milliseconds jittered(std::chrono::milliseconds base,
                                   double factor, std::mt19937_64& rng);

} // namespace natgw::core
