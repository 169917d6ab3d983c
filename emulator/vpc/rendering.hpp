#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "emulator/vpc/cloud.hpp"

/// The resources as the API's answers spell them: every documented member, in
/// the wrappers of the SDKs' models.
namespace natgw::emulator {

using nlohmann::json;

json render_entry(const gateway& where, const entry& x);

/// An element of DescribeNatGateways.
json render_gateway(cloud& at, const gateway& x);

/// The body of GetNatGatewayAttribute: flat, with counts.
json render_gateway_attribute(cloud& at, const gateway& x);

/// An element of DescribeEipAddresses.
json render_eip(const cloud& at, const eip& x);

/// What the ids of a gateway's parts have in common with its own.
std::string suffix_of(const gateway& x);

} // namespace natgw::emulator
