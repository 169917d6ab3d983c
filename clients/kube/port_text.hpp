#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/port_text.hpp"
#include "messages/port.hpp"

namespace natgw::kube {

/// "512" or "512-527", pieces joined by commas.
std::string format_port_list(const std::vector<core::port_span>& spans);

/// The reverse; nothing if any piece is not as core::parse_ports wants it.
std::optional<std::vector<core::port_span>>
parse_port_list(std::string_view text);

/// "tcp" or "udp" in any letter case.
std::optional<protocol> parse_protocol(std::string_view text);

} // namespace natgw::kube
