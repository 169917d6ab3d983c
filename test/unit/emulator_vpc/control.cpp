#include "emulator/vpc/control.hpp"

#include "test/unit/emulator_vpc/fixture.hpp"

using namespace natgw;
using namespace natgw::emulator;
using namespace natgw::emulator::test;

namespace {

answer control(world& w, const json& wish) {
  serving::request x;
  x.method = "POST";
  x.target = "/control";
  x.body = wish.dump();
  return w.send(x);
}

json state(world& w, const std::string& query = {}) {
  serving::request x;
  x.method = "GET";
  x.target = "/state" + query;
  const auto got = w.send(x);
  BOOST_REQUIRE(got.ok());
  return got.body;
}

} // namespace

BOOST_AUTO_TEST_SUITE(vpc_control)

BOOST_AUTO_TEST_CASE(behaviour_changes_at_run_time) {
  world w;
  const json wish{
    {"behaviour",
     {{"pending", {100, 200}},
      {"deleting", 7},
      {"strict_pending", true},
      {"conflict", true},
      {"conflict_gap", 30},
      {"quota", 5},
      {"rate", {{"per_second", 1.5}, {"burst", 2}}},
      {"rates", {{"CreateForwardEntry", {{"per_second", 9}, {"burst", 9}}}}},
      {"gone", "mixed"},
      {"token_retention", 1000},
      {"fault_rates", {{"reset_after", 0.25}}}}}};
  BOOST_REQUIRE(control(w, wish).ok());
  auto& x = w.core->behaviour();
  BOOST_TEST((x.pending == time_range{milliseconds{100}, milliseconds{200}}));
  BOOST_TEST((x.deleting == time_range{milliseconds{7}, milliseconds{7}}));
  BOOST_TEST(x.strict_pending);
  BOOST_TEST(x.conflict);
  BOOST_TEST((x.conflict_gap == milliseconds{30}));
  BOOST_TEST(x.quota == 5U);
  BOOST_TEST((x.rate == call_rate{1.5, 2}));
  BOOST_TEST((x.rates.at("CreateForwardEntry") == call_rate{9, 9}));
  BOOST_TEST((x.gone == gone_spelling::mixed));
  BOOST_TEST((x.token_retention == seconds{1}));
  BOOST_TEST(x.rate_of(fault_kind::reset_after) == 0.25);
}

BOOST_AUTO_TEST_CASE(faults_and_gateways_are_steered) {
  world w;
  BOOST_REQUIRE(control(w, {{"faults",
                             {{{"kind", "refuse"},
                               {"action", "CreateForwardEntry"},
                               {"status", 400},
                               {"code", "SystemBusy"}}}}})
                  .ok());
  BOOST_TEST(w.create().code == "SystemBusy");
  BOOST_REQUIRE(control(w, {{"faults", {{{"kind", "error_before"}}}},
                            {"clear_faults", true}})
                  .ok());
  BOOST_TEST(w.create().status >= 500);
  BOOST_REQUIRE(
    control(w, {{"gateways", {{world::gateway(), {{"only_errors", true}}}}}})
      .ok());
  BOOST_TEST(w.create().status >= 409);
  BOOST_REQUIRE(control(w, {{"remove_gateway", world::gateway(1)}}).ok());
  BOOST_TEST(w.call("DescribeNatGateways", {}).body.at("TotalCount") == 1);
}

BOOST_AUTO_TEST_CASE(another_hand_works_through_it) {
  world w;
  const auto created = control(w, {{"create_entries",
                                    {{{"gateway", world::gateway()},
                                      {"external_ip", "198.18.0.1"},
                                      {"external_port", 700},
                                      {"internal_ip", "172.16.1.1"},
                                      {"internal_port", "7"},
                                      {"name", "theirs"}}}}});
  BOOST_REQUIRE(created.ok());
  const std::string id = created.body.at("created")[0];
  BOOST_TEST(w.list()[0].at("ForwardEntryName") == "theirs");
  BOOST_REQUIRE(control(w, {{"modify_entries",
                             {{{"id", id}, {"internal_ip", "172.16.1.2"}}}}})
                  .ok());
  BOOST_TEST(w.list()[0].at("InternalIp") == "172.16.1.2");
  BOOST_TEST(w.list()[0].at("ExternalPort") == "700");
  BOOST_REQUIRE(control(w, {{"delete_entries", {id}}}).ok());
  BOOST_TEST(w.list().empty());
  BOOST_REQUIRE(control(w, {{"unbind_eip", "198.18.0.1"}}).ok());
  BOOST_REQUIRE(control(w, {{"bind_eip",
                             {{"gateway", world::gateway(1)},
                              {"address", "198.18.0.1"},
                              {"snat", true}}}})
                  .ok());
  BOOST_REQUIRE(control(w, {{"eips", {{"198.18.0.2", {{"locked", true}}}}},
                            {"instance_eips", {{"172.16.0.8", true}}}})
                  .ok());
  BOOST_TEST(w.core->resources().find_eip("198.18.0.1")->snat);
  BOOST_TEST(w.core->resources().find_eip("198.18.0.2")->locked);
  BOOST_TEST(w.core->resources().has_instance_eip(*parse_ipv4("172.16.0.8")));
}

BOOST_AUTO_TEST_CASE(keys_are_exchanged) {
  world w;
  BOOST_REQUIRE(
    control(w, {{"keys", {{{"id", "new"}, {"secret", "s"}}}}}).ok());
  BOOST_TEST(w.call("DescribeNatGateways", {}).code
             == "InvalidAccessKeyId.NotFound");
  w.key.id = "new";
  w.key.secret = "s";
  BOOST_TEST(w.call("DescribeNatGateways", {}).ok());
}

BOOST_AUTO_TEST_CASE(nonsense_is_refused_with_its_reason) {
  world w;
  const std::vector<json> all{
    json::array(),
    {{"behavior", json::object()}},
    {{"keys", {{{"id", "x"}, {"secret", "x"}, {"state", "gone"}}}}},
    {{"behaviour", {{"no_such", 1}}}},
    {{"behaviour", {{"quota", "many"}}}},
    {{"behaviour", {{"pending", -1}}}},
    {{"behaviour", {{"gone", "x"}}}},
    {{"faults", {{{"kind", "x"}}}}},
    {{"faults", {{{"action", "x"}}}}},
    {{"gateways", {{"ngw-x", {{"only_errors", true}}}}}},
    {{"remove_gateway", "ngw-x"}},
    {{"unbind_eip", "1.2.3.4"}},
    {{"eips", {{"1.2.3.4", json::object()}}}},
    {{"delete_entries", {"fwd-x"}}},
    {{"modify_entries", {{{"id", "fwd-x"}}}}},
    {{"create_entries", {{{"gateway", world::gateway()}}}}}};
  for (const auto& x : all) {
    BOOST_TEST_INFO(x.dump());
    const auto got = control(w, x);
    BOOST_TEST(got.status == 400);
    BOOST_TEST(got.body.contains("error"));
  }
  serving::request broken;
  broken.method = "POST";
  broken.target = "/control";
  broken.body = "{";
  BOOST_TEST(w.send(broken).status == 400);
  broken.method = "GET";
  BOOST_TEST(w.send(broken).status == 405);
}

BOOST_AUTO_TEST_CASE(state_tells_everything) {
  world w;
  const auto id = w.settled({{"ForwardEntryName", "first"}});
  w.key.secret = "wrong";
  w.call("DescribeNatGateways", {});
  const auto x = state(w);
  BOOST_REQUIRE(x.at("gateways").size() == 2U);
  const auto& where = x.at("gateways")[0];
  BOOST_TEST(where.at("id") == world::gateway());
  BOOST_TEST(where.at("table_id") == world::table());
  BOOST_TEST(where.at("entries")[0].at("id") == id);
  BOOST_TEST(where.at("entries")[0].at("status") == "Available");
  BOOST_TEST(x.at("eips").size() == 4U);
  BOOST_TEST(x.at("calls").size() == 2U);
  BOOST_TEST(x.at("calls")[0].at("action") == "CreateForwardEntry");
  BOOST_TEST(x.at("calls")[1].at("signature") == "refused");
  BOOST_TEST(x.at("changes").size() == 2U);
  BOOST_TEST(x.at("changes")[0].at("name") == "first");
  const auto& counters = x.at("counters");
  BOOST_TEST(counters.at("unsigned_or_badly_signed") == 1);
  BOOST_TEST(counters.at("by_action")
               .at("DescribeNatGateways")
               .at("SignatureDoesNotMatch")
             == 1);
}

BOOST_AUTO_TEST_CASE(state_continues_and_leaves_out) {
  world w;
  for (int i = 0; i < 5; ++i)
    w.call("DescribeNatGateways", {});
  BOOST_TEST(state(w, "?since=3").at("calls").size() == 2U);
  BOOST_TEST(state(w, "?since=3").at("calls")[0].at("number") == 4);
  BOOST_TEST(state(w, "?since=1&limit=2").at("calls").size() == 2U);
  BOOST_TEST(state(w, "?since=5").at("calls").empty());
  const auto x = state(w, "?only=counters,eips");
  BOOST_TEST(x.contains("counters"));
  BOOST_TEST(x.contains("eips"));
  BOOST_TEST(!x.contains("calls"));
  BOOST_TEST(!x.contains("gateways"));
  BOOST_TEST(x.at("last_number") == 5);
}

BOOST_AUTO_TEST_SUITE_END()
