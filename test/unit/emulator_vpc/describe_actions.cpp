#include "emulator/vpc/actions.hpp"

#include <ctime>

#include "test/unit/emulator_vpc/fixture.hpp"

using namespace natgw;
using namespace natgw::emulator;
using namespace natgw::emulator::test;

BOOST_AUTO_TEST_SUITE(vpc_describe_actions)

BOOST_AUTO_TEST_CASE(entry_is_shown_in_the_api_s_spelling) {
  world w;
  const auto id = w.settled({{"ExternalPort", "10/20"},
                             {"InternalPort", "80/90"},
                             {"IpProtocol", "TCP"}});
  const auto x = w.list()[0];
  const json expected{{"ForwardEntryId", id},
                      {"ForwardTableId", world::table()},
                      {"NatGatewayId", world::gateway()},
                      {"ExternalIp", "198.18.0.1"},
                      {"ExternalPort", "10/20"},
                      {"InternalIp", "172.16.0.8"},
                      {"InternalPort", "80/90"},
                      {"IpProtocol", "tcp"},
                      {"Status", "Available"}};
  // Without a name there is no ForwardEntryName.
  BOOST_TEST(x == expected);
}

BOOST_AUTO_TEST_CASE(ip_mapping_is_any_in_lower_case) {
  world w;
  w.settled({{"ExternalPort", "Any"},
             {"InternalPort", "Any"},
             {"IpProtocol", "Any"},
             {"ForwardEntryName", "whole"}});
  const auto x = w.list()[0];
  BOOST_TEST(x.at("ExternalPort") == "any");
  BOOST_TEST(x.at("InternalPort") == "any");
  BOOST_TEST(x.at("IpProtocol") == "any");
  BOOST_TEST(x.at("ForwardEntryName") == "whole");
}

BOOST_AUTO_TEST_CASE(pages_are_counted_and_bounded) {
  world w;
  for (int i = 1; i <= 53; ++i) {
    const auto port = std::to_string(i);
    w.create({{"ExternalPort", port}, {"InternalPort", port}});
  }
  const auto page = [&](const char* number, const char* size) {
    return w.call("DescribeForwardTableEntries",
                  {{"NatGatewayId", world::gateway()},
                   {"PageNumber", number},
                   {"PageSize", size}});
  };
  const auto entries = [](const answer& x) -> const json& {
    return x.body.at("ForwardTableEntries").at("ForwardTableEntry");
  };
  const auto defaults = w.call("DescribeForwardTableEntries",
                               {{"ForwardTableId", world::table()}});
  BOOST_TEST(defaults.body.at("PageNumber") == 1);
  BOOST_TEST(defaults.body.at("PageSize") == 10);
  BOOST_TEST(defaults.body.at("TotalCount") == 53);
  BOOST_TEST(entries(defaults).size() == 10U);
  BOOST_TEST(entries(page("1", "50")).size() == 50U);
  BOOST_TEST(entries(page("2", "50")).size() == 3U);
  BOOST_TEST(entries(page("2", "50"))[0].at("ExternalPort") == "51");
  BOOST_TEST(entries(page("3", "50")).empty());
  BOOST_TEST(entries(page("999999999", "50")).empty());
  for (const char* bad : {"0", "51", "-1", "x", "99999999999"})
    BOOST_TEST(page("1", bad).code == "InvalidParameter");
  BOOST_TEST(page("0", "50").code == "InvalidParameter");
  w.core->behaviour().clamp_pages = true;
  BOOST_TEST(page("0", "51").body.at("PageSize") == 50);
  BOOST_TEST(page("0", "0").body.at("PageNumber") == 1);
}

BOOST_AUTO_TEST_CASE(each_filter_selects) {
  world w;
  const auto one = w.settled({{"ForwardEntryName", "one"}});
  const auto two = w.settled({{"ForwardEntryName", "two"},
                              {"ExternalIp", "198.18.0.2"},
                              {"ExternalPort", "10/20"},
                              {"InternalIp", "172.16.0.9"},
                              {"InternalPort", "30/40"},
                              {"IpProtocol", "udp"}});
  const auto only = [&](const char* name, const std::string& value) {
    const auto found = w.list({{name, value}});
    return found.size() == 1 ? found[0].at("ForwardEntryId").get<std::string>()
                             : "several";
  };
  BOOST_TEST(only("ForwardEntryId", two) == two);
  BOOST_TEST(only("ForwardEntryName", "one") == one);
  BOOST_TEST(only("ExternalIp", "198.18.0.2") == two);
  BOOST_TEST(only("ExternalPort", "512") == one);
  BOOST_TEST(only("ExternalPort", "10/20") == two);
  BOOST_TEST(only("InternalIp", "172.16.0.8") == one);
  BOOST_TEST(only("InternalPort", "30/40") == two);
  BOOST_TEST(only("IpProtocol", "UDP") == two);
  BOOST_TEST(w.list({{"ExternalPort", "10"}}).empty());
  BOOST_TEST(w.list({{"ForwardEntryId", "fwd-unknown"}}).empty());
  BOOST_TEST(w.list({{"ExternalIp", "no address"}}).empty());
  BOOST_TEST(
    w.list({{"ForwardEntryName", "one"}, {"IpProtocol", "udp"}}).empty());
}

BOOST_AUTO_TEST_CASE(table_or_gateway_must_be_named_and_agree) {
  world w;
  const auto code = [&](parameters x) {
    return w.call("DescribeForwardTableEntries", std::move(x)).code;
  };
  BOOST_TEST(code({}) == "MissingParameter");
  BOOST_TEST(code({{"ForwardTableId", "ftb-x"}})
             == "InvalidForwardTableId.NotFound");
  BOOST_TEST(code({{"NatGatewayId", "ngw-x"}})
             == "InvalidNatGatewayId.NotFound");
  BOOST_TEST(code({{"ForwardTableId", world::table(0)},
                   {"NatGatewayId", world::gateway(1)}})
             == "InvalidForwardTableId.NotFound");
  BOOST_TEST(code({{"ForwardTableId", world::table(1)},
                   {"NatGatewayId", world::gateway(1)}})
             == "");
  BOOST_TEST(code({{"RegionId", "x"}}) == "InvalidRegionId.NotFound");
}

BOOST_AUTO_TEST_CASE(gateways_are_shown_whole) {
  auto options = prompt_options();
  options.gateways[0].eips[1].snat = true;
  world w{options};
  w.settled();
  const auto got = w.call("DescribeNatGateways", {});
  BOOST_TEST(got.body.at("TotalCount") == 2);
  const auto x = got.body.at("NatGateways").at("NatGateway")[0];
  BOOST_TEST(x.at("NatGatewayId") == world::gateway());
  BOOST_TEST(x.at("Status") == "Available");
  BOOST_TEST(x.at("BusinessStatus") == "Normal");
  BOOST_TEST(x.at("VpcId") == options.vpc_id);
  BOOST_TEST(x.at("ForwardTableIds").at("ForwardTableId")
             == json::array({world::table()}));
  BOOST_TEST(x.at("NatGatewayPrivateInfo").at("IzNo") == "cn-hangzhou-h");
  BOOST_TEST(x.at("FullNatTableIds").at("FullNatTableId") == json::array());
  const auto& ips = x.at("IpLists").at("IpList");
  BOOST_REQUIRE(ips.size() == 2U);
  BOOST_TEST(ips[0].at("IpAddress") == "198.18.0.1");
  BOOST_TEST(ips[0].at("UsingStatus") == "UsedByForwardTable");
  BOOST_TEST(ips[0].at("SnatEntryEnabled") == false);
  BOOST_TEST(ips[1].at("UsingStatus") == "UsedBySnatTable");
  BOOST_TEST(ips[1].at("SnatEntryEnabled") == true);
  BOOST_TEST(got.body.at("NatGateways")
               .at("NatGateway")[1]
               .at("IpLists")
               .at("IpList")[0]
               .at("UsingStatus")
             == "idle");
}

BOOST_AUTO_TEST_CASE(gateways_are_filtered) {
  world w;
  const auto count = [&](parameters x) {
    return w.call("DescribeNatGateways", std::move(x))
      .body.at("TotalCount")
      .get<int>();
  };
  BOOST_TEST(count({{"NatGatewayId", world::gateway(1)}}) == 1);
  BOOST_TEST(count({{"NatGatewayId", "ngw-x"}}) == 0);
  BOOST_TEST(count({{"ZoneId", "cn-hangzhou-i"}}) == 1);
  BOOST_TEST(count({{"VpcId", "vpc-x"}}) == 0);
  BOOST_TEST(count({{"Status", "Modifying"}}) == 0);
  BOOST_TEST(count({{"NatType", "Enhanced"}}) == 2);
  BOOST_TEST(count({{"NetworkType", "intranet"}}) == 0);
  BOOST_TEST(count({{"Spec", "Small"}}) == 0);
  BOOST_TEST(count({{"ResourceGroupId", "rg-x"}}) == 0);
  BOOST_TEST(count({{"NatGatewayIds.1", world::gateway(0)},
                    {"NatGatewayIds.2", world::gateway(1)}})
             == 2);
  BOOST_TEST(count({{"NatGatewayIds.1", world::gateway(0)}}) == 1);
  BOOST_TEST(w.call("DescribeNatGateways", {{"DryRun", "true"}}).code
             == "DryRunOperation");
}

BOOST_AUTO_TEST_CASE(one_gateway_is_shown_flat_with_its_counts) {
  world w;
  w.settled();
  const auto got = w.call("GetNatGatewayAttribute",
                          {{"NatGatewayId", world::gateway()}});
  BOOST_REQUIRE(got.ok());
  BOOST_TEST(got.body.at("ForwardTable").at("ForwardTableId")
             == world::table());
  BOOST_TEST(got.body.at("ForwardTable").at("ForwardEntryCount") == 1);
  BOOST_TEST(got.body.at("IpList").is_array());
  BOOST_TEST(got.body.at("IpList").size() == 2U);
  BOOST_TEST(got.body.at("PrivateInfo").at("IzNo") == "cn-hangzhou-h");
  BOOST_TEST(got.body.at("EnableSessionLog") == false);
  // What only the list tells, or tells elsewhere.
  for (const char* name : {"IpLists", "Spec", "AutoPay", "EipBindMode"})
    BOOST_TEST(!got.body.contains(name), name);
  BOOST_TEST(!got.body.at("PrivateInfo").contains("MaxSessionQuota"));
  BOOST_TEST(w.call("GetNatGatewayAttribute", {{"NatGatewayId", "ngw-x"}}).code
             == "InvalidNatGatewayId.NotFound");
  BOOST_TEST(w.call("GetNatGatewayAttribute", {}).code
             == "MissingNatGatewayId");
}

BOOST_AUTO_TEST_CASE(eips_are_shown_and_filtered) {
  auto options = prompt_options();
  options.free_eips = {{.address = "198.18.9.9", .allocation_id = "eip-free"}};
  world w{options};
  const auto list = [&](parameters x) {
    return w.call("DescribeEipAddresses", std::move(x))
      .body.at("EipAddresses")
      .at("EipAddress");
  };
  BOOST_TEST(list({}).size() == 5U);
  const auto bound = list({{"EipAddress", "198.18.0.3"}});
  BOOST_REQUIRE(bound.size() == 1U);
  BOOST_TEST(bound[0].at("InstanceId") == world::gateway(1));
  BOOST_TEST(bound[0].at("InstanceType") == "Nat");
  BOOST_TEST(bound[0].at("Status") == "InUse");
  BOOST_TEST(bound[0].at("Bandwidth") == "5");
  BOOST_TEST(bound[0].contains("Descritpion"));
  const auto free = list({{"AllocationId", "eip-x,eip-free"}});
  BOOST_REQUIRE(free.size() == 1U);
  BOOST_TEST(free[0].at("Status") == "Available");
  BOOST_TEST(free[0].at("InstanceId") == "");
  BOOST_TEST(list({{"AssociatedInstanceType", "Nat"},
                   {"AssociatedInstanceId", world::gateway(0)}})
               .size()
             == 2U);
  BOOST_TEST(list({{"Status", "Available"}}).size() == 1U);
  BOOST_TEST(list({{"EipAddress", "198.18.0.1,198.18.0.2"}}).size() == 2U);
  const auto code = [&](parameters x) {
    return w.call("DescribeEipAddresses", std::move(x)).code;
  };
  BOOST_TEST(code({{"PageSize", "100"}}).empty());
  BOOST_TEST(code({{"PageSize", "101"}}) == "InvalidParameter");
  BOOST_TEST(code({{"EipAddress", std::string(50, ',')}})
             == "InvalidParameter");
  w.core->resources().find_eip("198.18.0.1")->locked = true;
  const auto locked = list({{"EipAddress", "198.18.0.1"}})[0];
  BOOST_TEST(locked.at("BusinessStatus") == "FinancialLocked");
  BOOST_TEST(list({{"LockReason", "financial"}}).size() == 1U);
  BOOST_TEST(list({{"LockReason", "security"}}).empty());
  BOOST_TEST(list({{"SegmentInstanceId", "eipsg-x"}}).empty());
  BOOST_TEST(locked.at("OperationLocks").at("LockReason")[0].at("LockReason")
             == "financial");
}

BOOST_AUTO_TEST_CASE(large_table_stays_quick) {
  auto options = prompt_options();
  options.gateways = make_gateways(1, 1, 2);
  world w{options};
  const auto begin = std::clock();
  auto& at = w.core->resources();
  entry x;
  for (uint32_t i = 0; i < 100'000; ++i) {
    x.external = {*parse_ipv4("198.18.0.1") + i / 65'535,
                  static_cast<uint16_t>(1 + i % 65'535), 1,
                  entry_protocol::tcp};
    x.internal = {*parse_ipv4("172.16.0.0") + i, 80, 1, entry_protocol::tcp};
    BOOST_REQUIRE(at.foreign_create(world::gateway(), x).has_value());
  }
  const auto& table = at.find_gateway(world::gateway())->table;
  for (size_t i = 0; i < 2000; ++i) {
    BOOST_REQUIRE(table.select({}, 1 + i, 50).entries.size() == 50U);
    const auto one = table.select({.external_ip = "198.18.0.1",
                                   .external_port = std::to_string(1 + i)},
                                  1, 50);
    BOOST_REQUIRE(one.total == 1U);
  }
  BOOST_TEST(w.list({{"PageNumber", "2000"}, {"PageSize", "50"}}).size()
             == 50U);
  // Of the processor: anything linear for each of these takes minutes.
  BOOST_TEST((std::clock() - begin) / CLOCKS_PER_SEC < 20);
}

BOOST_AUTO_TEST_SUITE_END()
