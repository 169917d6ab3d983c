#include "core/ip_address.hpp"

#include <charconv>

namespace natgw::core {

namespace {

/// Reads a decimal number of at most three digits without leading zeros, and
/// removes it from the text.
std::optional<uint32_t> take_number(std::string_view& text, uint32_t limit) {
  uint32_t result = 0;
  const auto* begin = text.data();
  const auto [stop, problem] = std::from_chars(begin, begin + text.size(),
                                               result);
  const auto size = static_cast<size_t>(stop - begin);
  if (problem != std::errc{} || size > 3 || result > limit
      || (size > 1 && text.front() == '0'))
    return std::nullopt;
  text.remove_prefix(size);
  return result;
}

uint32_t mask_of(uint8_t bits) {
  return bits == 0 ? 0 : ~uint32_t{0} << (32U - bits);
}

} // namespace

std::optional<ipv4> parse_ipv4(std::string_view text) {
  ipv4 result;
  for (int i = 0; i < 4; ++i) {
    if (i > 0) {
      if (!text.starts_with('.'))
        return std::nullopt;
      text.remove_prefix(1);
    }
    const auto part = take_number(text, 255);
    if (!part)
      return std::nullopt;
    result.value = result.value << 8U | *part;
  }
  return text.empty() ? std::optional{result} : std::nullopt;
}

std::string to_string(ipv4 x) {
  std::string result;
  result.reserve(15);
  for (unsigned shift = 24;; shift -= 8) {
    result += std::to_string(x.value >> shift & 255U);
    if (shift == 0)
      return result;
    result += '.';
  }
}

bool ipv4_network::contains(ipv4 x) const {
  return (x.value & mask_of(bits)) == base.value;
}

std::optional<ipv4_network> parse_ipv4_network(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos)
    return std::nullopt;
  const auto base = parse_ipv4(text.substr(0, slash));
  auto rest = text.substr(slash + 1);
  const auto bits = take_number(rest, 32);
  if (!base || !bits || !rest.empty())
    return std::nullopt;
  ipv4_network result{*base, static_cast<uint8_t>(*bits)};
  result.base.value &= mask_of(result.bits);
  return result;
}

} // namespace natgw::core
