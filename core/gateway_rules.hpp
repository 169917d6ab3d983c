#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "messages/entry.hpp"

namespace natgw::core {

/// Gateways that only records name are looked after up to this number: anybody
/// who may write PodDNATs can make some up.
inline constexpr size_t max_unknown_gateways = 64;

/// Whether a record's word for a gateway is one that may be asked for.
bool may_be_gateway(std::string_view id);

/// Whether new ports may be taken on an EIP.
/// @param wanted addresses and ids that the configuration lists; empty: any
bool may_take_ports(const gateway_eip& x,
                    const std::vector<std::string>& wanted);

/// Why a gateway that was found cannot be used; empty if it can.
/// @param vpc where it has to lie; empty: anywhere
std::string gateway_complaint(const gateway_view& x, const std::string& vpc);

} // namespace natgw::core
