#include "core/backoff.hpp"

#include <algorithm>

namespace natgw::core {

backoff::backoff(backoff_config cfg) : cfg_(cfg), delay_(cfg.first) {
  // nop
}

std::chrono::milliseconds backoff::next(instant now, std::mt19937_64& rng) {
  if (failed_ && now - last_ > cfg_.reset_after)
    delay_ = cfg_.first;
  failed_ = true;
  last_ = now;
  auto result = jittered(delay_, cfg_.jitter, rng);
  delay_ = std::min(delay_ * 2, cfg_.cap);
  return result;
}

void backoff::reset() {
  failed_ = false;
  delay_ = cfg_.first;
}

std::chrono::milliseconds jittered(std::chrono::milliseconds base,
                                   double factor, std::mt19937_64& rng) {
  std::uniform_real_distribution<double> extra{0.0, factor};
  auto count = static_cast<double>(base.count()) * (1.0 + extra(rng));
  return std::chrono::milliseconds{static_cast<int64_t>(count)};
}

} // namespace natgw::core
