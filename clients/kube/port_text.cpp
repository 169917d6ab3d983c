#include "clients/kube/port_text.hpp"

#include <algorithm>
#include <charconv>

namespace natgw::kube {

namespace {

std::optional<uint16_t> parse_port(std::string_view text) {
  uint16_t port = 0;
  const auto* end = text.data() + text.size();
  auto [rest, problem] = std::from_chars(text.data(), end, port);
  if (problem != std::errc{} || rest != end || port == 0)
    return std::nullopt;
  return port;
}

std::optional<port_span> parse_span(std::string_view text) {
  auto dash = text.find('-');
  auto first = parse_port(text.substr(0, dash));
  auto last = dash == std::string_view::npos
                ? first
                : parse_port(text.substr(dash + 1));
  if (!first || !last || *last < *first)
    return std::nullopt;
  return port_span{*first, static_cast<uint16_t>(*last - *first + 1)};
}

} // namespace

std::string format_ports(const std::vector<port_span>& spans) {
  std::string out;
  for (auto& span : spans) {
    if (!out.empty())
      out += ',';
    out += std::to_string(span.first);
    if (span.count > 1)
      out += '-' + std::to_string(span.end() - 1);
  }
  return out;
}

std::optional<std::vector<port_span>> parse_ports(std::string_view text) {
  std::vector<port_span> result;
  for (;;) {
    auto comma = text.find(',');
    auto span = parse_span(text.substr(0, comma));
    if (!span)
      return std::nullopt;
    result.push_back(*span);
    if (comma == std::string_view::npos)
      return result;
    text.remove_prefix(comma + 1);
  }
}

std::optional<protocol> parse_protocol(std::string_view text) {
  auto equals = [text](std::string_view name) {
    return std::ranges::equal(text, name, [](char a, char b) {
      return a == b || (a >= 'A' && a <= 'Z' && a - 'A' + 'a' == b);
    });
  };
  if (equals("tcp"))
    return protocol::tcp;
  if (equals("udp"))
    return protocol::udp;
  return std::nullopt;
}

} // namespace natgw::kube
