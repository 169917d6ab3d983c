#include "clients/kube/port_text.hpp"

#include <algorithm>

namespace natgw::kube {

std::string format_port_list(const std::vector<core::port_span>& spans) {
  std::string out;
  for (auto& span : spans) {
    if (!out.empty())
      out += ',';
    out += core::format_ports(span);
  }
  return out;
}

std::optional<std::vector<core::port_span>>
parse_port_list(std::string_view text) {
  std::vector<core::port_span> result;
  for (;;) {
    auto comma = text.find(',');
    auto span = core::parse_ports(text.substr(0, comma));
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
