#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messages/port.hpp"

namespace natgw::kube {

/// Consecutive ports; never beyond 65535.
struct port_span {
  uint16_t first = 0;
  uint16_t count = 1;

  bool operator==(const port_span&) const = default;

  /// One past the last port.
  uint32_t end() const {
    return uint32_t{first} + count;
  }
};

/// "512" or "512-527", pieces joined by commas.
std::string format_ports(const std::vector<port_span>& spans);

/// The reverse; nothing unless every port lies in 1..65535 and every span is
/// written with its lower port first.
std::optional<std::vector<port_span>> parse_ports(std::string_view text);

/// "tcp" or "udp" in any letter case.
std::optional<protocol> parse_protocol(std::string_view text);

} // namespace natgw::kube
