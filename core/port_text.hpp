#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace natgw::core {

/// Consecutive ports `first .. first + count - 1`; never beyond 65535, never
/// port 0, never empty when it comes from a parser.
struct port_span {
  uint16_t first = 0;
  uint16_t count = 1;

  /// The last port, inclusive.
  constexpr uint16_t last() const {
    return static_cast<uint16_t>(first + count - 1);
  }

  bool operator==(const port_span&) const = default;
};

/// Reads a port: decimal digits only, 1 to 65535, no leading zero.
std::optional<uint16_t> parse_port(std::string_view text);

/// Reads "512" or "512<separator>527" (inclusive, ascending).
std::optional<port_span> parse_ports(std::string_view text,
                                     char separator = '-');

/// Writes "512" for a single port, "512<separator>527" for more. The cloud's
/// separator is '/', ours towards users is '-'.
std::string format_ports(port_span ports, char separator = '-');

} // namespace natgw::core
