#include "emulator/vpc/actions.hpp"

#include <algorithm>
#include <array>

namespace natgw::emulator {

namespace {

constexpr auto all_actions = std::to_array<action>(
  {{"CreateForwardEntry", true, true, create_entry},
   {"ModifyForwardEntry", true, true, modify_entry},
   {"DeleteForwardEntry", true, true, delete_entry},
   {"DescribeForwardTableEntries", false, true, describe_entries},
   {"DescribeNatGateways", false, false, describe_gateways},
   {"GetNatGatewayAttribute", false, false, describe_gateway},
   {"DescribeEipAddresses", false, false, describe_eips}});

} // namespace

std::span<const action> actions() {
  return all_actions;
}

const action* find_action(std::string_view name) {
  const auto found = std::ranges::find(all_actions, name, &action::name);
  return found == all_actions.end() ? nullptr : &*found;
}

gateway* gateway_of(cloud& at, const api_request& asked) {
  if (asked.has("ForwardTableId"))
    return at.find_table(asked.get("ForwardTableId"));
  return at.find_gateway(asked.get("NatGatewayId"));
}

api_expected<void> check_presence(const cloud& at, const api_request& asked,
                                  std::initializer_list<mandatory> names) {
  if (!asked.has("RegionId"))
    return refuse_missing("RegionId");
  if (asked.get("RegionId") != at.region)
    return refuse(404, "InvalidRegionId.NotFound",
                  "The specified RegionId does not exist in our records.");
  for (auto x : names)
    if (!asked.has(x.name))
      return refuse_missing(x);
  return {};
}

std::unexpected<api_error> dry_run_passed(const cloud& at) {
  return refuse(at.behaviour.dry_run_status, "DryRunOperation",
                "Request validation has been passed with DryRun flag set.");
}

} // namespace natgw::emulator
