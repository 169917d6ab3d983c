// Every code that the emulated cloud knows, provoked and read by the SDK and,
// where it can ask for the same, by our client.

#include <map>
#include <set>

#include "emulator/vpc/actions.hpp"
#include "emulator/vpc/refusal.hpp"
#include "test/sdk/provocations.hpp"

using namespace natgw;
using namespace natgw::emulator;
using namespace natgw::test::sdk;

namespace {

void check(const provocation& x) {
  BOOST_TEST_CONTEXT(x.code) {
    world w;
    const auto got = x.provoke(w);
    BOOST_REQUIRE(got.code() == x.code);
    BOOST_TEST(got.status() == x.status);
    const auto& data = got.told.at("data");
    BOOST_TEST(!got.message().empty());
    BOOST_TEST(data.at("HostId") == "vpc.cn-hangzhou.aliyuncs.com");
    BOOST_TEST(data.at("Recommend").get<std::string>().find(x.code)
               != std::string::npos);
    BOOST_TEST(data.at("RequestId") == got.told.at("requestId"));
    BOOST_TEST(w.last_call().code == x.code);
    const bool throttled = x.code.starts_with("Throttling");
    BOOST_TEST(got.told.at("kind")
               == (throttled         ? "ThrottlingError"
                   : x.status >= 500 ? "ServerError"
                                     : "ClientError"));
  }
}

} // namespace

BOOST_AUTO_TEST_SUITE(sdk_refusals)

BOOST_AUTO_TEST_CASE(calls_are_refused) {
  for (const auto& x : provocations_by_call())
    check(x);
}

BOOST_AUTO_TEST_CASE(contents_are_refused) {
  for (const auto& x : provocations_by_content())
    check(x);
}

BOOST_AUTO_TEST_CASE(every_action_of_the_emulator_is_called) {
  world w;
  const auto made = w.created(world::creation());
  const json about{{"ForwardTableId", world::table()},
                   {"ForwardEntryId", made}};
  auto change = about;
  change["ForwardEntryName"] = "another-name";
  const std::map<std::string_view, json> calls{
    {"CreateForwardEntry", world::parameters_of(world::creation(1))},
    {"ModifyForwardEntry", change},
    {"DeleteForwardEntry", about},
    {"DescribeForwardTableEntries", {{"ForwardTableId", world::table()}}},
    {"DescribeNatGateways", json::object()},
    {"GetNatGatewayAttribute", {{"NatGatewayId", world::gateway()}}},
    {"DescribeEipAddresses", json::object()}};
  for (const auto& x : actions()) {
    BOOST_TEST_CONTEXT(x.name) {
      BOOST_REQUIRE(calls.contains(x.name));
      w.read(x.name, calls.at(x.name));
      BOOST_TEST(w.last_call().action == x.name);
      BOOST_TEST(w.last_call().status == 200);
    }
  }
}

BOOST_AUTO_TEST_CASE(every_code_of_the_emulator_is_provoked) {
  std::set<std::string_view> provoked;
  for (const auto& list : {provocations_by_call(), provocations_by_content()})
    for (const auto& x : list)
      provoked.insert(x.code);
  const std::set<std::string_view> known{refusal_codes.begin(),
                                         refusal_codes.end()};
  BOOST_TEST(provoked == known, boost::test_tools::per_element());
}

// What the documents have beyond the emulator's own codes comes by a script.
BOOST_AUTO_TEST_CASE(every_classified_code_is_read_alike) {
  world w;
  size_t seen = 0;
  for (const auto& rule : core::error_rules()) {
    if (rule.code.empty() || rule.code.find('*') != std::string_view::npos)
      continue;
    const bool creates = (rule.actions & core::only(api_action::create_entry))
                         != 0;
    auto call = creates ? world::creation()
                        : world::about(api_action::delete_entry);
    call.entry_id = "fwd-none";
    BOOST_TEST_CONTEXT(rule.code) {
      w.with_core([&](vpc_core& core) {
        core.faults().add({.kind = fault_kind::refuse,
                           .count = 2,
                           .status = std::max<int>(rule.status_from, 400),
                           .code = std::string{rule.code},
                           .message = "said: " + std::string{rule.message}});
      });
      BOOST_TEST(w.both(call).code() == rule.code);
      ++seen;
    }
  }
  BOOST_TEST(seen > 30U);
}

BOOST_AUTO_TEST_SUITE_END()
