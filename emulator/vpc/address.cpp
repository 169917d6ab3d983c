#include "emulator/vpc/address.hpp"

#include <algorithm>
#include <charconv>

namespace natgw::emulator {

std::optional<uint32_t> parse_number(std::string_view text, uint32_t limit) {
  uint32_t result = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, err] = std::from_chars(text.data(), end, result);
  if (err != std::errc{} || stop != end || text.empty() || result > limit)
    return std::nullopt;
  return result;
}

std::optional<ipv4> parse_ipv4(std::string_view text) {
  ipv4 result = 0;
  for (int part = 0; part < 4; ++part) {
    const auto dot = part < 3 ? text.find('.') : text.size();
    if (dot == std::string_view::npos)
      return std::nullopt;
    const auto digits = text.substr(0, dot);
    const auto number = parse_number(digits, 255);
    if (!number || (digits.size() > 1 && digits.front() == '0'))
      return std::nullopt;
    result = result << 8U | *number;
    text.remove_prefix(part < 3 ? dot + 1 : dot);
  }
  return result;
}

std::string format_ipv4(ipv4 x) {
  std::string result;
  for (int shift = 24; shift >= 0; shift -= 8) {
    result += std::to_string(x >> shift & 0xffU);
    if (shift > 0)
      result += '.';
  }
  return result;
}

std::optional<cidr> parse_cidr(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos)
    return std::nullopt;
  const auto network = parse_ipv4(text.substr(0, slash));
  const auto bits = parse_number(text.substr(slash + 1), 32);
  if (!network || !bits)
    return std::nullopt;
  const ipv4 mask = *bits == 0 ? 0 : ~ipv4{0} << (32 - *bits);
  if ((*network & mask) != *network)
    return std::nullopt;
  return cidr{*network, mask};
}

bool same_word(std::string_view x, std::string_view y) {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::ranges::equal(x, y, {}, lower, lower);
}

} // namespace natgw::emulator
