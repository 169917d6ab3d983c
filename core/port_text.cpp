#include "core/port_text.hpp"

#include <charconv>

namespace natgw::core {

std::optional<uint16_t> parse_port(std::string_view text) {
  if (text.empty() || text.size() > 5 || text.front() == '0')
    return std::nullopt;
  uint16_t result = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, result);
  if (problem != std::errc{} || stop != end)
    return std::nullopt;
  return result;
}

std::optional<port_span> parse_ports(std::string_view text, char separator) {
  const auto middle = text.find(separator);
  const auto first = parse_port(text.substr(0, middle));
  if (!first)
    return std::nullopt;
  if (middle == std::string_view::npos)
    return port_span{*first, 1};
  const auto last = parse_port(text.substr(middle + 1));
  if (!last || *last < *first)
    return std::nullopt;
  return port_span{*first, static_cast<uint16_t>(*last - *first + 1)};
}

std::string format_ports(port_span ports, char separator) {
  auto result = std::to_string(ports.first);
  if (ports.count > 1) {
    result += separator;
    result += std::to_string(ports.last());
  }
  return result;
}

} // namespace natgw::core
