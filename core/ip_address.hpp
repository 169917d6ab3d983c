#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace natgw::core {

/// An IPv4 address in host byte order.
struct ipv4 {
  uint32_t value = 0;

  auto operator<=>(const ipv4&) const = default;
};

/// Reads four decimal numbers of 0 to 255, without leading zeros, signs or
/// blanks: exactly the canonical form.
std::optional<ipv4> parse_ipv4(std::string_view text);

/// The canonical form.
std::string to_string(ipv4 x);

/// An IPv4 network.
struct ipv4_network {
  ipv4 base;
  /// Length of the prefix, 0 to 32.
  uint8_t bits = 0;

  bool operator==(const ipv4_network&) const = default;

  bool contains(ipv4 x) const;
};

/// Reads "10.0.0.0/8"; host bits that are set are cleared.
std::optional<ipv4_network> parse_ipv4_network(std::string_view text);

} // namespace natgw::core

template <>
struct std::hash<natgw::core::ipv4> {
  size_t operator()(natgw::core::ipv4 x) const noexcept {
    return std::hash<uint32_t>{}(x.value);
  }
};
