#include "emulator/vpc/actions.hpp"

#include "test/unit/emulator_vpc/fixture.hpp"

using namespace natgw;
using namespace natgw::emulator;
using namespace natgw::emulator::test;

namespace {

vpc_options slow_options() {
  auto result = prompt_options();
  result.behaviour.pending = {seconds{2}, seconds{4}};
  result.behaviour.deleting = {seconds{1}, seconds{2}};
  return result;
}

struct refusal {
  parameters changed;
  int status;
  std::string code;
};

} // namespace

BOOST_AUTO_TEST_SUITE(vpc_entry_actions)

BOOST_AUTO_TEST_CASE(created_entry_is_pending_then_available) {
  world w{slow_options()};
  const auto got = w.create({{"ForwardEntryName", "first.entry_1-a"}});
  BOOST_REQUIRE(got.ok());
  const std::string id = got.body.at("ForwardEntryId");
  BOOST_TEST(id.starts_with("fwd-"));
  BOOST_TEST(got.body.at("RequestId").get<std::string>().size() == 36U);
  BOOST_TEST(w.status(id) == "Pending");
  w.pass(seconds{2} - std::chrono::nanoseconds{1});
  BOOST_TEST(w.status(id) == "Pending");
  w.pass(seconds{2} + milliseconds{1});
  BOOST_TEST(w.status(id) == "Available");
  const auto& changes = w.core->log().changes();
  BOOST_REQUIRE(changes.size() == 2U);
  BOOST_TEST((changes[0].state == entry_state::pending));
  BOOST_TEST((changes[1].state == entry_state::available));
  const auto took = changes[1].at - changes[0].at;
  BOOST_TEST((took >= seconds{2} && took <= seconds{4}));
  BOOST_TEST((changes[1].wall - changes[0].wall
              >= std::chrono::floor<milliseconds>(took)));
}

BOOST_AUTO_TEST_CASE(modified_entry_is_pending_with_its_new_contents) {
  world w{slow_options()};
  const auto id = w.settled();
  BOOST_REQUIRE(w.modify(id, {{"ExternalPort", "600"},
                              {"InternalIp", "172.16.0.9"},
                              {"ForwardEntryName", "renamed"}})
                  .ok());
  const auto shown = w.list({{"ForwardEntryId", id}})[0];
  BOOST_TEST(shown.at("Status") == "Pending");
  BOOST_TEST(shown.at("ExternalPort") == "600");
  BOOST_TEST(shown.at("InternalIp") == "172.16.0.9");
  BOOST_TEST(shown.at("InternalPort") == "80");
  BOOST_TEST(shown.at("ForwardEntryName") == "renamed");
  w.pass(seconds{4});
  BOOST_TEST(w.status(id) == "Available");
  // The old triples are free again.
  BOOST_TEST(w.create().ok());
}

BOOST_AUTO_TEST_CASE(deleted_entry_is_deleting_then_gone) {
  world w{slow_options()};
  const auto id = w.settled();
  BOOST_REQUIRE(w.erase(id).ok());
  BOOST_TEST(w.status(id) == "Deleting");
  // It holds its ports until it is gone.
  BOOST_TEST(w.create().code == "Forbidden.Already.Bounded");
  w.pass(seconds{2});
  BOOST_TEST(w.status(id).empty());
  BOOST_TEST((w.core->log().changes().back().state == entry_state::gone));
  BOOST_TEST(w.create().ok());
}

BOOST_AUTO_TEST_CASE(entry_in_transition_cannot_be_written) {
  world w{slow_options()};
  const auto got = w.create();
  const std::string id = got.body.at("ForwardEntryId");
  for (const auto& refused :
       {w.modify(id, {{"ExternalPort", "600"}}), w.erase(id)}) {
    BOOST_TEST(refused.status == 400);
    BOOST_TEST(refused.code == "IncorretForwardEntryStatus");
    BOOST_TEST(refused.message
               == "The Specified forwardEntry is not stable status, can not "
                  "operation");
  }
  w.pass(seconds{4});
  BOOST_REQUIRE(w.erase(id).ok());
  BOOST_TEST(w.erase(id).code == "IncorretForwardEntryStatus");
}

BOOST_AUTO_TEST_CASE(barrier_blocks_the_whole_table_and_no_other) {
  auto options = slow_options();
  options.behaviour.strict_pending = true;
  world w{options};
  const auto id = w.settled();
  BOOST_REQUIRE(w.create({{"ExternalPort", "2"}, {"InternalPort", "2"}}).ok());
  for (const auto& refused :
       {w.create({{"ExternalPort", "3"}, {"InternalPort", "3"}}), w.erase(id),
        w.modify(id, {{"ExternalPort", "4"}})}) {
    BOOST_TEST(refused.status == 400);
    BOOST_TEST(refused.code == "IncorretForwardEntryStatus");
    BOOST_TEST(refused.message
               == "Some Forward entry status blocked this operation..");
  }
  BOOST_TEST(w.create({{"ForwardTableId", world::table(1)},
                       {"ExternalIp", "198.18.0.3"}})
               .ok());
  w.pass(seconds{4});
  BOOST_TEST(w.erase(id).ok());
  // Deleting does not block.
  BOOST_TEST(w.create({{"ExternalPort", "3"}, {"InternalPort", "3"}}).ok());
}

BOOST_AUTO_TEST_CASE(overlapping_writes_conflict_on_one_gateway) {
  auto options = prompt_options();
  options.behaviour.conflict = true;
  options.behaviour.write_time = {milliseconds{100}, milliseconds{100}};
  options.behaviour.conflict_gap = milliseconds{50};
  world w{options};
  const auto first = w.create();
  BOOST_TEST((first.reply.after == milliseconds{100}));
  const parameters other{{"ExternalPort", "2"}, {"InternalPort", "2"}};
  w.pass(milliseconds{149});
  const auto refused = w.create(other);
  BOOST_TEST(refused.status == 409);
  BOOST_TEST(refused.code == "OperationConflict");
  BOOST_TEST(refused.message
             == "The operation against this instance is too frequent, please "
                "try again later.");
  BOOST_TEST(refused.body.at("HostId") == "vpc.cn-hangzhou.aliyuncs.com");
  BOOST_TEST(refused.body.at("Recommend")
             == "https://next.api.aliyun.com/troubleshoot?q=OperationConflict&"
                "product=Vpc");
  BOOST_TEST(w.create({{"ForwardTableId", world::table(1)},
                       {"ExternalIp", "198.18.0.3"}})
               .ok());
  w.pass(milliseconds{1});
  BOOST_TEST(w.create(other).ok());
  BOOST_TEST(w.core->log().counters().conflicts == 1U);
}

BOOST_AUTO_TEST_CASE(each_bad_parameter_has_its_code) {
  world w;
  const std::vector<refusal> all{
    {{{"RegionId", "cn-nowhere"}}, 404, "InvalidRegionId.NotFound"},
    {{{"ForwardTableId", ""}}, 400, "MissingForwardTableId"},
    {{{"ExternalIp", ""}}, 400, "MissingExternalIp"},
    {{{"ExternalPort", ""}}, 400, "MissingExternalPort"},
    {{{"InternalIp", ""}}, 400, "MissingInternalIp"},
    {{{"InternalPort", ""}}, 400, "MissingInternalPort"},
    {{{"IpProtocol", ""}}, 400, "MissingIpProtocol"},
    {{{"ExternalIp", "198.18.0"}}, 400, "InvalidExternalIp.Malformed"},
    {{{"ExternalIp", "198.18.0.01"}}, 400, "InvalidExternalIp.Malformed"},
    {{{"InternalIp", "172.16.0.256"}}, 400, "InvalidInternalIp.Malformed"},
    {{{"ExternalPort", "0"}}, 400, "InvalidExternalPort.Malformed"},
    {{{"ExternalPort", "65536"}}, 400, "InvalidExternalPort.Malformed"},
    {{{"ExternalPort", "20/10"}}, 400, "InvalidExternalPort.Malformed"},
    {{{"ExternalPort", "10-20"}}, 400, "InvalidExternalPort.Malformed"},
    {{{"ExternalPort", "any"}}, 400, "InvalidExternalPort.Malformed"},
    {{{"ExternalPort", "80 "}}, 400, "InvalidExternalPort.Malformed"},
    {{{"InternalPort", "x"}}, 400, "InvalidInternalPort.Malformed"},
    {{{"ExternalPort", "10/20"}}, 400, "InvalidInternalPort.Malformed"},
    {{{"ExternalPort", "10/20"}, {"InternalPort", "80/91"}},
     400,
     "InvalidInternalPort.Malformed"},
    {{{"IpProtocol", "sctp"}}, 400, "InvalidProtocal.ValueNotSupported"},
    {{{"IpProtocol", "any"}}, 400, "InvalidExternalPort.Malformed"},
    {{{"ForwardEntryName", "x"}}, 400, "InvalidParameter.Name.Malformed"},
    {{{"ForwardEntryName", "1st"}}, 400, "InvalidParameter.Name.Malformed"},
    {{{"ForwardEntryName", "a/b"}}, 400, "InvalidParameter.Name.Malformed"},
    {{{"ForwardEntryName", "http://x"}},
     400,
     "InvalidParameter.Name.Malformed"},
    {{{"ForwardEntryName", std::string(129, 'a')}},
     400,
     "InvalidParameter.Name.Malformed"},
    {{{"ForwardTableId", "ftb-x"}}, 404, "InvalidForwardTableId.NotFound"},
    {{{"ExternalIp", "198.18.0.3"}}, 400, "InvalidIp.NotInNatgw"},
    {{{"ExternalIp", "1.2.3.4"}}, 400, "InvalidIp.NotInNatgw"},
    {{{"InternalIp", "10.0.0.1"}}, 400, "Forbidden.DestnationIpOutOfVpcCIDR"},
    {{{"ClientToken", std::string(65, 'a')}}, 400, "InvalidParameter.Format"}};
  for (const auto& x : all) {
    const auto got = w.create(x.changed);
    BOOST_TEST_INFO(x.code);
    BOOST_TEST(got.status == x.status);
    BOOST_TEST(got.code == x.code);
    BOOST_TEST(!got.message.empty());
  }
  BOOST_TEST(w.list().empty());
}

BOOST_AUTO_TEST_CASE(good_spellings_are_accepted) {
  world w;
  int port = 1000;
  for (const char* protocol : {"TCP", "tcp", "Udp", "UDP"}) {
    ++port;
    BOOST_TEST(w.create({{"IpProtocol", protocol},
                         {"ExternalPort", std::to_string(port)},
                         {"InternalPort", std::to_string(port)}})
                 .ok());
  }
  for (const char* name : {"ab", "\xe4\xb8\xad\xe5\x9b\xbd", "a.b_c-1"})
    BOOST_TEST(w.create({{"ForwardEntryName", name},
                         {"ExternalPort", std::to_string(++port)},
                         {"InternalPort", std::to_string(port)}})
                 .ok());
  BOOST_TEST(w.create({{"ExternalIp", "198.18.0.2"},
                       {"InternalIp", "172.16.9.9"},
                       {"ExternalPort", "Any"},
                       {"InternalPort", "ANY"},
                       {"IpProtocol", "any"}})
               .ok());
}

BOOST_AUTO_TEST_CASE(checks_come_in_their_order) {
  world w;
  w.settled();
  w.core->behaviour().quota = 1;
  w.core->behaviour().strict_pending = true;
  // Each step repairs what the one before complained of.
  parameters x{{"RegionId", "nowhere"},   {"ExternalPort", ""},
               {"InternalPort", "bad"},   {"ForwardTableId", "ftb-x"},
               {"ExternalIp", "1.2.3.4"}, {"InternalIp", "10.0.0.1"}};
  const auto next = [&](const std::string& name, const std::string& value,
                        const std::string& code) {
    x[name] = value;
    BOOST_TEST(w.create(x).code == code);
  };
  next("RegionId", "nowhere", "InvalidRegionId.NotFound");
  next("RegionId", "cn-hangzhou", "MissingExternalPort");
  next("ExternalPort", "512", "InvalidInternalPort.Malformed");
  next("InternalPort", "80", "InvalidForwardTableId.NotFound");
  next("ForwardTableId", world::table(), "InvalidIp.NotInNatgw");
  next("ExternalIp", "198.18.0.1", "Forbidden.DestnationIpOutOfVpcCIDR");
  next("InternalIp", "172.16.0.8", "Forbidden.Already.Bounded");
  next("ExternalPort", "513", "OperationUnsupported.ForwardEntry");
  next("InternalPort", "81", "QuotaExceeded");
  w.core->behaviour().quota = 3;
  w.core->behaviour().pending = {seconds{9}, seconds{9}};
  BOOST_TEST(w.create(x).ok());
  next("ExternalPort", "514", "OperationUnsupported.ForwardEntry");
  next("InternalPort", "82", "IncorretForwardEntryStatus");
}

BOOST_AUTO_TEST_CASE(triples_are_unique_over_ranges_and_any) {
  world w;
  w.settled({{"ExternalPort", "100/109"}, {"InternalPort", "200/209"}});
  const auto code = [&](const char* external, const char* internal,
                        const char* protocol = "tcp") {
    return w
      .create({{"ExternalPort", external},
               {"InternalPort", internal},
               {"IpProtocol", protocol},
               {"DryRun", "true"}})
      .code;
  };
  const std::string duplicate = "Forbidden.Already.Bounded";
  BOOST_TEST(code("109", "300") == duplicate);
  BOOST_TEST(code("90/100", "300/310") == duplicate);
  BOOST_TEST(code("90/120", "300/330") == duplicate);
  BOOST_TEST(code("110", "300") == "DryRunOperation");
  BOOST_TEST(code("99", "209") == "OperationUnsupported.ForwardEntry");
  BOOST_TEST(code("100", "200", "udp") == "DryRunOperation");
  BOOST_TEST(code("any", "any", "any") == duplicate);
  BOOST_TEST(w.create({{"ExternalIp", "198.18.0.2"},
                       {"ExternalPort", "any"},
                       {"InternalPort", "any"},
                       {"IpProtocol", "any"}})
               .code
             == "OperationUnsupported.ForwardEntry");
}

BOOST_AUTO_TEST_CASE(modify_checks_as_create_does_but_not_against_itself) {
  world w;
  const auto id
    = w.settled({{"ExternalPort", "100/109"}, {"InternalPort", "200/209"}});
  w.settled({{"ExternalPort", "120"}, {"InternalPort", "220"}});
  BOOST_TEST(w.modify(id, {{"ExternalPort", "105/114"}}).ok());
  w.pass(seconds{1});
  const auto code = [&](parameters x) { return w.modify(id, x).code; };
  BOOST_TEST(code({{"ExternalPort", "111/120"}})
             == "Forbidden.Already.Bounded");
  BOOST_TEST(code({{"InternalPort", "211/220"}})
             == "OperationUnsupported.ForwardEntry");
  BOOST_TEST(code({{"ExternalPort", "7"}}) == "InvalidInternalPort.Malformed");
  BOOST_TEST(code({{"InternalIp", "9.9.9.9"}})
             == "Forbidden.DestnationIpOutOfVpcCIDR");
  BOOST_TEST(w.modify(id, {{"InternalIp", "9.9.9.9"}}).message
             == "The specified Destination Ip is Out of VPC CIDR.");
  BOOST_TEST(code({{"ExternalIp", "198.18.0.4"}}) == "InvalidIp.NotInNatgw");
  BOOST_TEST(code({{"IpProtocol", "any"}}) == "InvalidExternalPort.Malformed");
  BOOST_TEST(code({{"DryRun", "true"}}) == "DryRunOperation");
  BOOST_TEST(code({{"RegionId", "x"}}) == "InvalidRegionId.NotFound");
  BOOST_TEST(w.modify("", {}).code == "MissingForwardEntryId");
  BOOST_TEST(w.modify("fwd-x", {}).code == "InvalidForwardEntryId.NotFound");
  BOOST_TEST(w.status(id) == "Available");
}

BOOST_AUTO_TEST_CASE(missing_entry_is_refused_in_each_spelling) {
  world w;
  auto got = w.erase("fwd-x");
  BOOST_TEST(got.status == 404);
  BOOST_TEST(got.code == "InvalidForwardEntryId.NotFound");
  w.core->behaviour().gone = gone_spelling::status_not_exist;
  got = w.erase("fwd-x");
  BOOST_TEST(got.status == 400);
  BOOST_TEST(got.code == "IncorretForwardEntryStatus");
  BOOST_TEST(got.message == "The Specified forwardEntry is not exist");
  w.core->behaviour().gone = gone_spelling::resource_not_found;
  got = w.erase("fwd-x");
  BOOST_TEST(got.status == 404);
  BOOST_TEST(got.code == "ResourceNotFound.ForwardEntry");
  w.core->behaviour().gone = gone_spelling::mixed;
  std::map<std::string, int> seen;
  for (int i = 0; i < 60; ++i)
    ++seen[w.erase("fwd-x").code];
  BOOST_TEST(seen.size() == 3U);
}

BOOST_AUTO_TEST_CASE(eip_shared_with_snat_needs_port_break_above_1024) {
  auto options = prompt_options();
  options.gateways[0].eips[0].snat = true;
  world w{options};
  BOOST_TEST(w.create({{"ExternalPort", "1024"}}).ok());
  const parameters high{{"ExternalPort", "1025"}, {"InternalPort", "81"}};
  BOOST_TEST(w.create(high).code == "Forbidden.ExternalIp.UsedInSnatTable");
  BOOST_TEST(
    w.create({{"ExternalPort", "1020/1030"}, {"InternalPort", "90/100"}}).code
    == "Forbidden.ExternalIp.UsedInSnatTable");
  auto broken = high;
  broken["PortBreak"] = "true";
  const auto id = w.settled(broken);
  // A Modify keeps what it does not name.
  BOOST_TEST(w.modify(id, {{"ExternalPort", "2000"}}).ok());
  w.pass(seconds{1});
  BOOST_TEST(w.modify(id, {{"PortBreak", "false"}}).code
             == "Forbidden.ExternalIp.UsedInSnatTable");
  BOOST_TEST(w.create({{"ExternalPort", "any"},
                       {"InternalPort", "any"},
                       {"InternalIp", "172.16.0.99"},
                       {"IpProtocol", "any"},
                       {"PortBreak", "true"}})
               .code
             == "Forbidden.ExternalIp.UsedInSnatTable");
}

BOOST_AUTO_TEST_CASE(instance_with_its_own_eip_is_no_target) {
  world w;
  w.core->resources().set_instance_eip(*parse_ipv4("172.16.0.8"), true);
  BOOST_TEST(w.create().code == "Forbindden");
  w.core->resources().set_instance_eip(*parse_ipv4("172.16.0.8"), false);
  BOOST_TEST(w.create().ok());
}

BOOST_AUTO_TEST_CASE(quota_counts_entries_of_one_table) {
  auto options = prompt_options();
  options.behaviour.quota = 2;
  world w{options};
  w.settled({{"ExternalPort", "1/100"}, {"InternalPort", "1/100"}});
  const auto id = w.settled({{"ExternalPort", "101"}, {"InternalPort", "101"}});
  const parameters third{{"ExternalPort", "102"}, {"InternalPort", "102"}};
  BOOST_TEST(w.create(third).code == "QuotaExceeded");
  BOOST_TEST(w.create({{"ForwardTableId", world::table(1)},
                       {"ExternalIp", "198.18.0.3"}})
               .ok());
  BOOST_TEST(w.erase(id).ok());
  w.pass(seconds{1});
  BOOST_TEST(w.create(third).ok());
}

BOOST_AUTO_TEST_CASE(dry_run_checks_and_changes_nothing) {
  world w;
  const auto got = w.create({{"DryRun", "true"}, {"ClientToken", "t"}});
  BOOST_TEST(got.status == 400);
  BOOST_TEST(got.code == "DryRunOperation");
  BOOST_TEST(w.list().empty());
  BOOST_TEST(w.create({{"DryRun", "true"}, {"ExternalIp", "1.2.3.4"}}).code
             == "InvalidIp.NotInNatgw");
  // The token is still free.
  BOOST_TEST(w.create({{"ClientToken", "t"}}).ok());
}

BOOST_AUTO_TEST_CASE(unhealthy_gateway_takes_no_writes) {
  world w;
  const auto id = w.settled();
  auto& where = *w.core->resources().find_gateway(world::gateway());
  where.status = "Modifying";
  BOOST_TEST(w.create({{"ExternalPort", "2"}, {"InternalPort", "2"}}).code
             == "IncorrectStatus.NATGW");
  BOOST_TEST(w.erase(id).code == "IncorrectStatus.NATGW");
  where.status = "Available";
  where.financial_locked = true;
  BOOST_TEST(w.modify(id, {{"ExternalPort", "2"}}).code
             == "IncorrectStatus.NATGW");
  BOOST_TEST(w.status(id) == "Available");
}

BOOST_AUTO_TEST_CASE(freshly_bound_eip_is_refused_for_a_while) {
  auto options = prompt_options();
  options.behaviour.eip_binding = {seconds{3}, seconds{3}};
  world w{options};
  auto& at = w.core->resources();
  BOOST_REQUIRE(at.bind_eip(world::gateway(), "198.18.7.7").has_value());
  std::map<std::string, int> seen;
  for (int i = 0; i < 40; ++i)
    ++seen[w.create({{"ExternalIp", "198.18.7.7"}}).code];
  BOOST_TEST(seen.size() == 2U);
  BOOST_TEST(seen.contains("InvalidIp.NotInNatgw"));
  BOOST_TEST(seen.contains("OperationUnsupported.EipInBinding"));
  w.pass(seconds{3});
  BOOST_TEST(w.create({{"ExternalIp", "198.18.7.7"}}).ok());
}

BOOST_AUTO_TEST_CASE(another_hand_changes_entries) {
  world w;
  const auto id = w.settled();
  auto& at = w.core->resources();
  auto x = *at.find_gateway(world::gateway())->table.find(id);
  x.internal.address += 1;
  BOOST_REQUIRE(at.foreign_modify(x).has_value());
  BOOST_TEST(w.list()[0].at("InternalIp") == "172.16.0.9");
  x.external.first = 700;
  x.internal.first = 700;
  const auto theirs = at.foreign_create(world::gateway(), x);
  BOOST_REQUIRE(theirs.has_value());
  BOOST_TEST(w.status(*theirs) == "Available");
  BOOST_TEST((at.foreign_create(world::gateway(), x).error().code
              == ec::already_exists));
  BOOST_REQUIRE(at.foreign_delete(id).has_value());
  BOOST_TEST(w.status(id).empty());
  BOOST_TEST((at.foreign_delete(id).error().code == ec::not_found));
  BOOST_TEST(w.core->log().changes().back().foreign);
}

BOOST_AUTO_TEST_CASE(gateway_and_eip_can_vanish) {
  world w;
  const auto id = w.settled();
  auto& at = w.core->resources();
  BOOST_REQUIRE(at.unbind_eip("198.18.0.1").has_value());
  BOOST_TEST((at.unbind_eip("198.18.0.1").error().code == ec::not_found));
  BOOST_TEST(w.create({{"ExternalPort", "9"}, {"InternalPort", "9"}}).code
             == "InvalidIp.NotInNatgw");
  BOOST_TEST(w.status(id) == "Available");
  BOOST_REQUIRE(at.bind_eip(world::gateway(1), "198.18.0.1").has_value());
  BOOST_TEST((at.bind_eip(world::gateway(0), "198.18.0.1").error().code
              == ec::conflict));
  BOOST_REQUIRE(at.remove_gateway(world::gateway()).has_value());
  BOOST_TEST((w.core->log().changes().back().state == entry_state::gone));
  BOOST_TEST(w.erase(id).code == "InvalidForwardTableId.NotFound");
  BOOST_TEST(
    w.call("DescribeForwardTableEntries", {{"NatGatewayId", world::gateway()}})
      .code
    == "InvalidNatGatewayId.NotFound");
  const auto got = w.call("DescribeNatGateways",
                          {{"NatGatewayId", world::gateway()}});
  BOOST_TEST(got.ok());
  BOOST_TEST(got.body.at("TotalCount") == 0);
}

BOOST_AUTO_TEST_CASE(equal_seeds_give_equal_histories) {
  const auto course = [](uint64_t seed) {
    auto options = slow_options();
    options.seed = seed;
    world w{options};
    std::string result;
    for (int i = 1; i < 30; ++i) {
      const auto port = std::to_string(i);
      result += w.create({{"ExternalPort", port}, {"InternalPort", port}})
                  .reply.what.body;
      w.pass(milliseconds{300});
    }
    for (const auto& x : w.core->log().changes())
      result += std::to_string(x.at.time_since_epoch().count());
    return result;
  };
  BOOST_TEST(course(7) == course(7));
  BOOST_TEST(course(7) != course(8));
}

BOOST_AUTO_TEST_SUITE_END()
