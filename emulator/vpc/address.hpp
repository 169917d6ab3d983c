#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace natgw::emulator {

/// An IPv4 address in host order.
using ipv4 = uint32_t;

/// Reads "172.16.0.8": four decimal numbers without leading zeros, and nothing
/// else.
std::optional<ipv4> parse_ipv4(std::string_view text);

std::string format_ipv4(ipv4 x);

struct cidr {
  ipv4 network = 0;
  ipv4 mask = 0;

  bool contains(ipv4 x) const {
    return (x & mask) == network;
  }
};

/// Reads "172.16.0.0/12".
std::optional<cidr> parse_cidr(std::string_view text);

/// A decimal number of digits only, at most `limit`.
std::optional<uint32_t> parse_number(std::string_view text, uint32_t limit);

/// Equal but for the case of ASCII letters.
bool same_word(std::string_view x, std::string_view y);

} // namespace natgw::emulator
