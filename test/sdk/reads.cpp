// What the SDK reads from the emulated cloud is what our client reads.

#include "test/sdk/world.hpp"

using namespace natgw;
using namespace natgw::emulator;
using namespace natgw::test::sdk;

namespace {

constexpr std::chrono::hours an_hour{1};

api_call page(uint32_t number, uint32_t size) {
  auto result = world::about(api_action::describe_entries);
  result.page_number = number;
  result.page_size = size;
  return result;
}

/// An entry of each kind, made by the SDK.
void fill(const world& w) {
  w.created(world::creation());
  auto range = world::creation(1);
  range.spec.count = 16;
  range.spec.proto = protocol::udp;
  range.spec.internal_ip = "172.16.0.9";
  w.created(range);
  auto nameless = world::parameters_of(world::creation(100));
  nameless.erase("ForwardEntryName");
  w.read("CreateForwardEntry", nameless);
  w.read("CreateForwardEntry", {{"ForwardTableId", world::table()},
                                {"ExternalIp", "198.18.0.2"},
                                {"ExternalPort", "Any"},
                                {"InternalIp", "172.16.0.10"},
                                {"InternalPort", "Any"},
                                {"IpProtocol", "Any"},
                                {"ForwardEntryName", "whole-address"}});
}

/// The paths of what `raw` has and the SDK's model of it lacks or changes.
void differences(const json& raw, const json& model, const std::string& path,
                 std::set<std::string>& out) {
  if (raw.is_object() && model.is_object()) {
    for (const auto& [name, value] : raw.items()) {
      auto inner = std::string{path}.append("/").append(name);
      if (model.contains(name))
        differences(value, model.at(name), inner, out);
      else
        out.insert(std::move(inner));
    }
  } else if (raw.is_array() && model.is_array() && raw.size() == model.size()) {
    for (size_t i = 0; i < raw.size(); ++i)
      differences(raw[i], model[i], path, out);
  } else if (raw != model) {
    out.insert(path);
  }
}

std::set<std::string>
unknown_to_the_sdk(const world& w, std::string_view action, json request) {
  const auto got = w.call(action, std::move(request));
  BOOST_REQUIRE_MESSAGE(got.ok(), got.told.dump());
  std::set<std::string> result;
  differences(got.told.at("raw"), got.body(), "", result);
  // The types are those that the model declares.
  for (const auto& x : got.told.at("mistyped"))
    result.insert(x.get<std::string>() + " has another type");
  return result;
}

} // namespace

BOOST_AUTO_TEST_SUITE(sdk_reads)

BOOST_AUTO_TEST_CASE(gateways_are_read_alike) {
  auto options = prompt_options();
  options.gateways[0].eips[1].snat = true;
  world w{options};
  w.created(world::creation());
  w.with_core([](vpc_core& core) {
    core.resources().find_gateway(world::gateway(1))->status = "Modifying";
    core.resources().find_gateway(world::gateway(1))->financial_locked = true;
  });
  for (int i : {0, 1}) {
    auto one = world::about(api_action::describe_gateways);
    one.gateway = world::gateway(i);
    const auto got = w.both(one);
    BOOST_TEST(got.body().at("TotalCount") == 1);
  }
  auto none = world::about(api_action::describe_gateways);
  none.gateway = "ngw-gone";
  BOOST_TEST(w.both(none).body().at("TotalCount") == 0);
}

BOOST_AUTO_TEST_CASE(gateways_come_in_pages_and_by_filter) {
  world w;
  const auto ids = [&](json request) {
    auto result = json::array();
    const auto got = w.read("DescribeNatGateways", std::move(request));
    for (const auto& x : got.at("NatGateways").at("NatGateway"))
      result.push_back(x.at("NatGatewayId"));
    return result;
  };
  const json one = {world::gateway(0)};
  const json two = {world::gateway(1)};
  BOOST_TEST(ids({{"PageSize", 1}}) == one);
  BOOST_TEST(ids({{"PageSize", 1}, {"PageNumber", 2}}) == two);
  BOOST_TEST(ids({{"PageSize", 1}, {"PageNumber", 3}}) == json::array());
  BOOST_TEST(ids({{"ZoneId", "cn-hangzhou-i"}}) == two);
  BOOST_TEST(ids({{"NatType", "Enhanced"}, {"Status", "Available"}}).size()
             == 2U);
  for (const char* filter :
       {"Name", "VpcId", "Status", "NatType", "NetworkType", "Spec",
        "InstanceChargeType", "ZoneId", "ResourceGroupId"})
    BOOST_TEST(ids({{filter, "no-such"}}).empty(), filter);
  BOOST_TEST(ids({{"Tag", {{{"Key", "team"}, {"Value", "games"}}}}}).empty());
}

BOOST_AUTO_TEST_CASE(entries_of_every_kind_are_read_alike) {
  world w;
  fill(w);
  const auto got = w.both(page(1, 50));
  BOOST_TEST(got.body().at("TotalCount") == 4);
}

BOOST_AUTO_TEST_CASE(states_are_read_alike) {
  world w;
  const auto status = [&] {
    const auto got = w.both(page(1, 50));
    return got.body()
      .at("ForwardTableEntries")
      .at("ForwardTableEntry")[0]
      .at("Status")
      .get<std::string>();
  };
  auto slow = w.behaviour();
  slow.pending = {an_hour, an_hour};
  slow.deleting = {an_hour, an_hour};
  w.set_behaviour(slow);
  w.created(world::creation());
  BOOST_TEST(status() == "Pending");
  w.set_behaviour(prompt_behaviour());
  const auto id = w.created(world::creation(1));
  w.set_behaviour(slow);
  w.with_core([&](vpc_core& core) {
    const auto first = core.log().changes().front().id;
    BOOST_TEST(core.resources().foreign_delete(first).has_value());
  });
  BOOST_TEST(status() == "Available");
  w.read("DeleteForwardEntry",
         {{"ForwardTableId", world::table()}, {"ForwardEntryId", id}});
  BOOST_TEST(status() == "Deleting");
}

BOOST_AUTO_TEST_CASE(pages_hold_the_same_entries) {
  world w;
  w.with_core([](vpc_core& core) {
    for (uint16_t i = 1; i <= 103; ++i) {
      entry x;
      x.external = {parse_ipv4("198.18.0.1").value(), i};
      x.internal = {parse_ipv4("172.16.0.8").value(), i};
      BOOST_TEST(
        core.resources().foreign_create(world::gateway(), x).has_value());
    }
  });
  for (uint32_t number : {1U, 2U, 3U, 4U}) {
    const auto got = w.both(page(number, 50));
    BOOST_TEST(got.body().at("TotalCount") == 103);
    BOOST_TEST(got.body().at("PageNumber") == number);
    BOOST_TEST(
      got.body().at("ForwardTableEntries").at("ForwardTableEntry").size()
      == (number < 3    ? 50U
          : number == 3 ? 3U
                        : 0U));
  }
  const auto defaults = w.read("DescribeForwardTableEntries",
                               {{"NatGatewayId", world::gateway()}});
  BOOST_TEST(defaults.at("PageNumber") == 1);
  BOOST_TEST(defaults.at("PageSize") == 10);
  BOOST_TEST(defaults.at("ForwardTableEntries").at("ForwardTableEntry").size()
             == 10U);
}

BOOST_AUTO_TEST_CASE(every_filter_selects_alike) {
  world w;
  fill(w);
  const auto all = w.own_read(page(1, 50)).entries;
  BOOST_REQUIRE(all.size() == 4U);
  const auto count = [&](const entry_filter& filter) {
    auto call = page(1, 50);
    call.filter = filter;
    return w.both(call).body().at("TotalCount").get<int>();
  };
  BOOST_TEST(count({.entry_id = all[1].id}) == 1);
  BOOST_TEST(count({.entry_id = "fwd-none"}) == 0);
  BOOST_TEST(count({.entry_name = "natgw.test.1"}) == 1);
  BOOST_TEST(count({.entry_name = "natgw.test.9"}) == 0);
  BOOST_TEST(count({.external_ip = "198.18.0.1"}) == 3);
  BOOST_TEST(count({.internal_ip = "172.16.0.8"}) == 2);
  BOOST_TEST(count({.external_port = "512"}) == 1);
  BOOST_TEST(count({.external_port = "513/528"}) == 1);
  BOOST_TEST(count({.external_port = "513"}) == 0);
  BOOST_TEST(count({.internal_port = "7001/7016"}) == 1);
  BOOST_TEST(count({.proto = protocol::tcp}) == 2);
  BOOST_TEST(count({.proto = protocol::udp}) == 1);
  BOOST_TEST(count({.external_ip = "198.18.0.1",
                    .external_port = "512",
                    .proto = protocol::tcp})
             == 1);
  BOOST_TEST(count({.external_ip = "198.18.0.1",
                    .external_port = "512",
                    .proto = protocol::udp})
             == 0);
}

BOOST_AUTO_TEST_CASE(addresses_are_those_of_the_gateways) {
  auto options = prompt_options();
  options.free_eips = {{.address = "198.18.9.9", .allocation_id = "eip-free"}};
  world w{options};
  const auto list = [&](json request) {
    return w.read("DescribeEipAddresses", std::move(request))
      .at("EipAddresses")
      .at("EipAddress");
  };
  for (int i : {0, 1}) {
    auto call = world::about(api_action::describe_gateways);
    call.gateway = world::gateway(i);
    const auto own = w.own_read(call).gateways.at(0);
    const auto theirs = list(
      {{"AssociatedInstanceType", "Nat"}, {"AssociatedInstanceId", own.id}});
    BOOST_REQUIRE(theirs.size() == own.eips.size());
    for (size_t k = 0; k < own.eips.size(); ++k) {
      BOOST_TEST(theirs[k].at("IpAddress") == own.eips[k].address);
      BOOST_TEST(theirs[k].at("AllocationId") == own.eips[k].allocation_id);
      BOOST_TEST(theirs[k].at("InstanceId") == own.id);
      BOOST_TEST(theirs[k].at("VpcId") == own.vpc_id);
      BOOST_TEST(theirs[k].at("Status") == "InUse");
    }
  }
  BOOST_TEST(list({{"Status", "Available"}})[0].at("AllocationId")
             == "eip-free");
  BOOST_TEST(list({{"AllocationId", "eip-x,eip-free"}}).size() == 1U);
  BOOST_TEST(list({{"EipAddress", "198.18.0.1,198.18.9.9"}}).size() == 2U);
  BOOST_TEST(list({{"PageSize", 2}, {"PageNumber", 3}}).size() == 1U);
  for (const char* filter :
       {"EipName", "Status", "AssociatedInstanceType", "AssociatedInstanceId",
        "ChargeType", "ISP", "LockReason", "ResourceGroupId",
        "SegmentInstanceId", "PublicIpAddressPoolId"})
    BOOST_TEST(list({{filter, "no-such"}}).empty(), filter);
}

BOOST_AUTO_TEST_CASE(attribute_counts_what_the_list_shows) {
  world w;
  fill(w);
  const auto got = w.read("GetNatGatewayAttribute",
                          {{"NatGatewayId", world::gateway()}});
  auto call = world::about(api_action::describe_gateways);
  const auto own = w.own_read(call).gateways.at(0);
  BOOST_TEST(got.at("NatGatewayId") == own.id);
  BOOST_TEST(got.at("VpcId") == own.vpc_id);
  BOOST_TEST(got.at("Status") == own.status);
  BOOST_TEST(got.at("PrivateInfo").at("IzNo") == own.zone);
  BOOST_TEST(got.at("ForwardTable").at("ForwardTableId")
             == own.forward_tables.at(0));
  BOOST_TEST(got.at("ForwardTable").at("ForwardEntryCount")
             == w.own_read(page(1, 50)).total_count);
  BOOST_REQUIRE(got.at("IpList").size() == own.eips.size());
  for (size_t i = 0; i < own.eips.size(); ++i) {
    BOOST_TEST(got.at("IpList")[i].at("IpAddress") == own.eips[i].address);
    BOOST_TEST(got.at("IpList")[i].at("UsingStatus") == "UsedByForwardTable");
  }
}

BOOST_AUTO_TEST_CASE(models_hold_all_that_is_answered) {
  world w;
  fill(w);
  using names = std::set<std::string>;
  const auto unknown = [&](const char* action, json request) {
    return unknown_to_the_sdk(w, action, std::move(request));
  };
  // Members of older models, which this SDK does not know any more.
  BOOST_TEST(unknown("DescribeNatGateways", json::object())
             == (names{"/NatGateways/NatGateway/BandwidthPackageIds",
                       "/NatGateways/NatGateway/IpLists/IpList/"
                       "ApAccessEnabled"}));
  BOOST_TEST(unknown("DescribeEipAddresses", json::object())
             == (names{"/EipAddresses/EipAddress/AvailableRegions",
                       "/EipAddresses/EipAddress/Descritpion"}));
  BOOST_TEST(
    unknown("GetNatGatewayAttribute", {{"NatGatewayId", world::gateway()}})
    == names{});
  BOOST_TEST(
    unknown("DescribeForwardTableEntries", {{"ForwardTableId", world::table()}})
    == names{});
}

BOOST_AUTO_TEST_SUITE_END()
