#pragma once

#include <string>
#include <string_view>

namespace natgw::kube {

/// True for four decimal numbers without leading zeros.
bool is_ipv4(std::string_view text);

} // namespace natgw::kube
