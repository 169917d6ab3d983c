#include "emulator/vpc/rendering.hpp"

#include <utility>

#include "emulator/vpc/api_request.hpp"

namespace natgw::emulator {

namespace {

std::string private_address(const gateway& x) {
  // Any stable address will do: nobody routes to it.
  uint32_t number = 0;
  for (char c : x.id)
    number = number * 31 + static_cast<unsigned char>(c);
  return format_ipv4(172U << 24U | 31U << 16U | (number & 0xffffU));
}

const char* using_status(const eip& x, bool forwards) {
  if (x.snat)
    return "UsedBySnatTable";
  return forwards ? "UsedByForwardTable" : "idle";
}

bool forwards(const gateway& where, const std::string& address) {
  entry probe;
  probe.external.address = parse_ipv4(address).value_or(0);
  probe.external.first = 1;
  probe.external.count = 65535;
  probe.external.protocol = entry_protocol::any;
  return where.table.external_clash(probe) != nullptr;
}

json render_ip_list(cloud& at, const gateway& x, bool full) {
  auto list = json::array();
  for (const auto& address : x.eips) {
    const auto& bound = *at.find_eip(address);
    json item{{"IpAddress", address},
              {"AllocationId", bound.allocation_id},
              {"UsingStatus", using_status(bound, forwards(x, address))}};
    if (full)
      item.update({{"PrivateIpAddress", private_address(x)},
                   {"SnatEntryEnabled", bound.snat},
                   {"ApAccessEnabled", false}});
    list.push_back(std::move(item));
  }
  return list;
}

json render_private_info(const gateway& x, bool full) {
  json result{{"VswitchId", "vsw-" + suffix_of(x)},
              {"EniInstanceId", "eni-" + suffix_of(x)},
              {"PrivateIpAddress", private_address(x)},
              {"IzNo", x.zone},
              {"MaxBandwidth", 5120}};
  if (full)
    result.update({{"EniType", "Secondary"},
                   {"MaxSessionQuota", 2'000'000},
                   {"MaxSessionEstablishRate", 100'000}});
  return result;
}

} // namespace

std::string suffix_of(const gateway& x) {
  return x.id.starts_with("ngw-") ? x.id.substr(4) : x.id;
}

json render_entry(const gateway& where, const entry& x) {
  json result{{"ForwardEntryId", x.id},
              {"ForwardTableId", where.table_id},
              {"NatGatewayId", where.id},
              {"ExternalIp", format_ipv4(x.external.address)},
              {"ExternalPort", port_text(x.external)},
              {"InternalIp", format_ipv4(x.internal.address)},
              {"InternalPort", port_text(x.internal)},
              {"IpProtocol", to_string(x.external.protocol)},
              {"Status", to_string(x.state)}};
  if (!x.name.empty())
    result["ForwardEntryName"] = x.name;
  return result;
}

json render_gateway(cloud& at, const gateway& x) {
  const auto none = json::array();
  return {{"NatGatewayId", x.id},
          {"Name", ""},
          {"Description", ""},
          {"Status", x.status},
          {"BusinessStatus", x.financial_locked ? "FinancialLocked" : "Normal"},
          {"VpcId", at.vpc_id},
          {"RegionId", at.region},
          {"NatType", "Enhanced"},
          {"NetworkType", "internet"},
          {"Spec", ""},
          {"InstanceChargeType", "PostPaid"},
          {"InternetChargeType", "PayByLcu"},
          {"CreationTime", format_timestamp(at.created)},
          {"ExpiredTime", ""},
          {"DeletionProtection", false},
          {"EcsMetricEnabled", true},
          {"IcmpReplyEnabled", true},
          {"AutoPay", false},
          {"ResourceGroupId", "rg-emulator"},
          {"SecurityProtectionEnabled", false},
          {"PrivateLinkEnabled", false},
          {"PrivateLinkMode", ""},
          {"EipBindMode", "MULTI_BINDED"},
          {"EnableSessionLog", "false"},
          {"ForwardTableIds", {{"ForwardTableId", {x.table_id}}}},
          {"SnatTableIds", {{"SnatTableId", {"stb-" + suffix_of(x)}}}},
          {"FullNatTableIds", {{"FullNatTableId", none}}},
          {"BandwidthPackageIds", {{"BandwidthPackageId", none}}},
          {"IpLists", {{"IpList", render_ip_list(at, x, true)}}},
          {"NatGatewayPrivateInfo", render_private_info(x, true)},
          {"AccessMode", {{"ModeValue", ""}, {"TunnelType", ""}}},
          {"Tags", {{"Tag", none}}}};
}

json render_gateway_attribute(cloud& at, const gateway& x) {
  auto body = render_gateway(at, x);
  // What stands in a list of its own here, and what this action does not tell.
  for (const char* name :
       {"ForwardTableIds", "SnatTableIds", "FullNatTableIds", "IpLists",
        "BandwidthPackageIds", "NatGatewayPrivateInfo", "Tags", "AutoPay",
        "DeletionProtection", "EipBindMode", "IcmpReplyEnabled",
        "InstanceChargeType", "InternetChargeType", "SecurityProtectionEnabled",
        "Spec"})
    body.erase(name);
  body.update(
    {{"EnableSessionLog", false},
     {"ForwardTable",
      {{"ForwardTableId", x.table_id}, {"ForwardEntryCount", x.table.size()}}},
     {"SnatTable",
      {{"SnatTableId", "stb-" + suffix_of(x)}, {"SnatEntryCount", 0}}},
     {"IpList", render_ip_list(at, x, false)},
     {"PrivateInfo", render_private_info(x, false)},
     {"BillingConfig",
      {{"AutoPay", ""},
       {"InstanceChargeType", "PostPaid"},
       {"InternetChargeType", "PayByLcu"},
       {"Spec", ""}}},
     {"DeletionProtectionInfo", {{"Enabled", false}}}});
  return body;
}

json render_eip(const cloud& at, const eip& x) {
  const auto none = json::array();
  auto locks = json::array();
  if (x.locked)
    locks.push_back({{"LockReason", "financial"}});
  const bool bound = !x.gateway.empty();
  return {{"AllocationId", x.allocation_id},
          {"IpAddress", x.address},
          {"Status", !bound               ? "Available"
                     : at.now() < x.ready ? "Associating"
                                          : "InUse"},
          {"InstanceId", x.gateway},
          {"InstanceType", bound ? "Nat" : ""},
          {"InstanceRegionId", bound ? at.region : ""},
          {"Name", ""},
          {"Description", ""},
          {"Descritpion", ""},
          {"Bandwidth", "5"},
          {"EipBandwidth", "5"},
          {"InternetChargeType", "PayByTraffic"},
          {"ChargeType", "PostPaid"},
          {"AllocationTime", format_timestamp(at.created)},
          {"ExpiredTime", ""},
          {"BusinessStatus", x.locked ? "FinancialLocked" : "Normal"},
          {"ISP", "BGP"},
          {"Netmode", "public"},
          {"Mode", "NAT"},
          {"RegionId", at.region},
          {"ResourceGroupId", "rg-emulator"},
          {"BandwidthPackageId", ""},
          {"BandwidthPackageType", ""},
          {"BandwidthPackageBandwidth", ""},
          {"PrivateIpAddress", ""},
          {"VpcId", bound ? at.vpc_id : ""},
          {"DeletionProtection", false},
          {"SecondLimited", false},
          {"HDMonitorStatus", "OFF"},
          {"ServiceManaged", 0},
          {"SegmentInstanceId", ""},
          {"PublicIpAddressPoolId", ""},
          {"Zone", ""},
          {"BizType", "Default"},
          {"HasReservationData", "false"},
          {"AvailableRegions", {{"AvailableRegion", none}}},
          {"SecurityProtectionTypes", {{"SecurityProtectionType", none}}},
          {"OperationLocks", {{"LockReason", std::move(locks)}}},
          {"Tags", {{"Tag", none}}}};
}

} // namespace natgw::emulator
