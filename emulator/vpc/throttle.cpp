#include "emulator/vpc/throttle.hpp"

#include <algorithm>

namespace natgw::emulator {

std::optional<std::chrono::nanoseconds>
throttle::take(const std::string& name, const call_rate& rate, instant now) {
  using seconds = std::chrono::duration<double>;
  auto& x = buckets_.try_emplace(name, rate.burst, now).first->second;
  const seconds passed = now - x.filled;
  x.tokens = std::min(rate.burst, x.tokens + passed.count() * rate.per_second);
  x.filled = now;
  if (x.tokens >= 1) {
    x.tokens -= 1;
    return std::nullopt;
  }
  constexpr double longest = 3600;
  const seconds wait{rate.per_second > 0
                       ? std::min((1 - x.tokens) / rate.per_second, longest)
                       : longest};
  return std::chrono::duration_cast<std::chrono::nanoseconds>(wait);
}

} // namespace natgw::emulator
