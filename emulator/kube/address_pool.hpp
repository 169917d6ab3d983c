#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <utility>

#include "messages/time.hpp"

namespace natgw::emulator::kube {

/// Hands the host addresses of an IPv4 network out: the one that has rested
/// longest first, then fresh ones.
class address_pool {
public:
  /// `cidr` is such as "172.16.0.0/16" (/1 to /30); without a usable one the
  /// pool is empty. A freed address rests for `quarantine`.
  address_pool(std::string_view cidr, std::chrono::nanoseconds quarantine);

  /// Nothing if none is ready.
  std::optional<uint32_t> take(instant now);

  void give_back(uint32_t address, instant now);

  /// Addresses that nobody has, resting ones included.
  size_t available() const;

private:
  uint32_t next_ = 1;
  uint32_t last_ = 0;
  std::chrono::nanoseconds quarantine_;
  /// When each may be used again; in that order.
  std::deque<std::pair<instant, uint32_t>> freed_;
};

} // namespace natgw::emulator::kube
