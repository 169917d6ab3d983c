#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <unordered_map>

#include "emulator/vpc/options.hpp"
#include "messages/time.hpp"

namespace natgw::emulator {

/// Token buckets by name. A bucket that was never used is full.
class throttle {
public:
  /// Takes one token. If there is none: after which time there will be one.
  std::optional<std::chrono::nanoseconds>
  take(const std::string& name, const call_rate& rate, instant now);

private:
  struct bucket {
    double tokens = 0;
    instant filled;
  };

  std::unordered_map<std::string, bucket> buckets_;
};

} // namespace natgw::emulator
