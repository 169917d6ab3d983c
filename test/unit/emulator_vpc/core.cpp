#include "emulator/vpc/core.hpp"

#include "test/unit/emulator_vpc/fixture.hpp"

using namespace natgw;
using namespace natgw::emulator;
using namespace natgw::emulator::test;

namespace {

size_t entries(const world& w) {
  size_t result = 0;
  for (const auto& [ignored, x] : w.core->resources().gateways())
    result += x.table.size();
  return result;
}

} // namespace

BOOST_AUTO_TEST_SUITE(vpc_core_suite)

// -- ClientToken --------------------------------------------------------------

BOOST_AUTO_TEST_CASE(token_repeats_the_first_answer) {
  world w;
  const auto first = w.create({{"ClientToken", "t"}});
  const auto second = w.create({{"ClientToken", "t"}});
  BOOST_TEST(second.ok());
  BOOST_TEST(second.body.at("ForwardEntryId")
             == first.body.at("ForwardEntryId"));
  BOOST_TEST(second.body.at("RequestId") != first.body.at("RequestId"));
  BOOST_TEST(entries(w) == 1U);
  const auto& calls = w.core->log().calls();
  BOOST_TEST(calls[0].committed);
  BOOST_TEST(!calls[1].committed);
  BOOST_TEST(calls[1].replayed);
  BOOST_TEST(calls[0].parameters_hash == calls[1].parameters_hash);
}

BOOST_AUTO_TEST_CASE(token_answers_even_after_the_entry_has_gone) {
  world w;
  const auto id = w.settled({{"ClientToken", "t"}});
  BOOST_REQUIRE(w.erase(id).ok());
  w.pass(seconds{1});
  const auto stale = w.create({{"ClientToken", "t"}});
  BOOST_TEST(stale.ok());
  BOOST_TEST(stale.body.at("ForwardEntryId") == id);
  BOOST_TEST(entries(w) == 0U);
}

BOOST_AUTO_TEST_CASE(token_with_other_parameters_is_a_mismatch) {
  world w;
  const auto id = w.settled({{"ClientToken", "t"}});
  auto got = w.create({{"ClientToken", "t"}, {"ExternalPort", "513"}});
  BOOST_TEST(got.status == 400);
  BOOST_TEST(got.code == "IdempotentParameterMismatch");
  got = w.erase(id, {{"ClientToken", "t"}});
  BOOST_TEST(got.code == "IdempotentParameterMismatch");
  BOOST_TEST(
    w.create(
       {{"ClientToken", "T"}, {"ExternalPort", "513"}, {"InternalPort", "81"}})
      .ok());
}

BOOST_AUTO_TEST_CASE(token_is_forgotten_after_its_retention) {
  auto options = prompt_options();
  options.behaviour.token_retention = seconds{1};
  world w{options};
  const auto first = w.create({{"ClientToken", "t"}});
  w.pass(seconds{1});
  BOOST_TEST(w.create({{"ClientToken", "t"}}).code
             == "Forbidden.Already.Bounded");
}

BOOST_AUTO_TEST_CASE(token_of_a_running_request_is_processing) {
  auto options = prompt_options();
  options.behaviour.write_time = {milliseconds{80}, milliseconds{80}};
  world w{options};
  const auto first = w.create({{"ClientToken", "t"}});
  BOOST_TEST((first.reply.after == milliseconds{80}));
  w.pass(milliseconds{79});
  const auto early = w.create({{"ClientToken", "t"}});
  BOOST_TEST(early.status == 403);
  BOOST_TEST(early.code == "LastTokenProcessing");
  w.pass(milliseconds{1});
  BOOST_TEST(w.create({{"ClientToken", "t"}}).ok());
}

BOOST_AUTO_TEST_CASE(refused_request_leaves_its_token_free) {
  world w;
  w.core->behaviour().quota = 0;
  BOOST_TEST(w.create({{"ClientToken", "t"}}).code == "QuotaExceeded");
  w.core->behaviour().quota = 9;
  BOOST_TEST(w.create({{"ClientToken", "t"}, {"ExternalPort", "513"}}).ok());
}

// -- throttling ---------------------------------------------------------------

BOOST_AUTO_TEST_CASE(bucket_is_per_action_and_refills) {
  auto options = prompt_options();
  options.behaviour.rate = {.per_second = 2, .burst = 3};
  options.behaviour.rates["DescribeNatGateways"] = {.per_second = 1,
                                                    .burst = 1};
  options.behaviour.retry_after = true;
  world w{options};
  for (int i = 0; i < 3; ++i)
    BOOST_TEST(w.erase("fwd-x").code == "InvalidForwardEntryId.NotFound");
  const auto got = w.erase("fwd-x");
  BOOST_TEST(got.status == 400);
  BOOST_TEST(got.code == "Throttling.User");
  BOOST_TEST(got.message == "Request was denied due to user flow control.");
  BOOST_TEST(got.reply.what.headers.back().name == "x-acs-retry-after");
  BOOST_TEST(got.reply.what.headers.back().value == "500");
  BOOST_TEST(w.create().ok());
  BOOST_TEST(w.call("DescribeNatGateways", {}).ok());
  BOOST_TEST(w.call("DescribeNatGateways", {}).code == "Throttling.User");
  w.pass(milliseconds{500});
  BOOST_TEST(w.erase("fwd-x").code == "InvalidForwardEntryId.NotFound");
  BOOST_TEST(w.erase("fwd-x").code == "Throttling.User");
  BOOST_TEST(w.core->log().counters().throttled == 3U);
}

BOOST_AUTO_TEST_CASE(bad_signature_costs_no_token) {
  auto options = prompt_options();
  options.behaviour.rate = {.per_second = 0, .burst = 1};
  world w{options};
  w.key.secret = "wrong";
  for (int i = 0; i < 5; ++i)
    w.call("DescribeNatGateways", {});
  w.key = {};
  BOOST_TEST(w.call("DescribeNatGateways", {}).ok());
  BOOST_TEST(w.call("DescribeNatGateways", {}).code == "Throttling.User");
}

BOOST_AUTO_TEST_CASE(accounts_have_buckets_and_tokens_of_their_own) {
  auto options = prompt_options();
  options.behaviour.rate = {.per_second = 0, .burst = 1};
  access_key other{.id = "other"};
  other.account = "2";
  options.keys.push_back(other);
  world w{options};
  BOOST_TEST(w.create({{"ClientToken", "t"}}).ok());
  w.key = other;
  BOOST_TEST(
    w.create(
       {{"ClientToken", "t"}, {"ExternalPort", "9"}, {"InternalPort", "9"}})
      .ok());
}

// -- faults -------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(fault_before_the_commit_changes_nothing) {
  for (auto kind : {fault_kind::error_before, fault_kind::reset_before,
                    fault_kind::throttle, fault_kind::refuse}) {
    world w;
    w.core->faults().add({.kind = kind,
                          .action = "CreateForwardEntry",
                          .status = 409,
                          .code = "TaskConflict",
                          .message = "busy"});
    const auto got = w.create({{"ClientToken", "t"}});
    BOOST_TEST(!got.ok());
    BOOST_TEST(entries(w) == 0U);
    BOOST_TEST(w.core->log().calls().back().fault == to_string(kind));
    BOOST_TEST(!w.core->log().calls().back().committed);
    BOOST_TEST((got.reply.end == vpc_reply::fate::answer)
               == (kind != fault_kind::reset_before));
    if (kind == fault_kind::refuse)
      BOOST_TEST(got.code == "TaskConflict");
    if (kind == fault_kind::error_before)
      BOOST_TEST(got.status >= 500);
    BOOST_TEST(w.create({{"ClientToken", "t"}}).ok());
  }
}

BOOST_AUTO_TEST_CASE(fault_after_the_commit_hides_a_success) {
  for (auto kind :
       {fault_kind::error_after, fault_kind::reset_after, fault_kind::truncated,
        fault_kind::drip, fault_kind::wrong_type, fault_kind::endless,
        fault_kind::delay}) {
    world w;
    w.core->faults().add({.kind = kind});
    const auto got = w.create({{"ClientToken", "t"}});
    BOOST_TEST(entries(w) == 1U);
    BOOST_TEST(w.core->log().calls().back().committed);
    const auto& how = got.reply.how;
    switch (kind) {
      case fault_kind::error_after:
        BOOST_TEST(got.status >= 500);
        break;
      case fault_kind::reset_after:
        BOOST_TEST((got.reply.end != vpc_reply::fate::answer));
        break;
      case fault_kind::truncated:
        BOOST_TEST(*how->send_bytes < got.reply.what.body.size());
        break;
      case fault_kind::drip:
        BOOST_TEST((how->drip_bytes == 1 && how->drip_interval.count() > 0));
        break;
      case fault_kind::wrong_type:
        BOOST_TEST(got.reply.what.headers[0].value == "text/html");
        break;
      case fault_kind::endless:
        BOOST_TEST(*how->send_bytes == uint64_t{10} << 30U);
        break;
      default:
        BOOST_TEST((got.reply.after == seconds{1}));
    }
    // The token brings the hidden answer to light.
    BOOST_TEST(w.create({{"ClientToken", "t"}}).ok());
    BOOST_TEST(entries(w) == 1U);
  }
}

BOOST_AUTO_TEST_CASE(script_chooses_by_action_gateway_and_count) {
  world w;
  w.core->faults().add({.kind = fault_kind::error_before,
                        .action = "DeleteForwardEntry",
                        .gateway = world::gateway(0),
                        .skip = 1,
                        .count = 2});
  const auto erase = [&](int table) {
    return w
      .call("DeleteForwardEntry", {{"ForwardTableId", world::table(table)},
                                   {"ForwardEntryId", "fwd-x"}})
      .status;
  };
  BOOST_TEST(w.create().ok());
  BOOST_TEST(erase(1) == 404);
  BOOST_TEST(erase(0) == 404);
  BOOST_TEST(erase(0) >= 500);
  BOOST_TEST(erase(1) == 404);
  BOOST_TEST(erase(0) >= 500);
  BOOST_TEST(erase(0) == 404);
  BOOST_TEST(w.core->faults().pending() == 0U);
}

BOOST_AUTO_TEST_CASE(faults_by_chance_come_as_often_as_wished) {
  world w;
  w.core->behaviour().rate_of(fault_kind::error_before) = 0.1;
  w.core->behaviour().rate_of(fault_kind::reset_after) = 0.1;
  for (int i = 0; i < 2000; ++i)
    w.erase("fwd-x");
  const auto faults = w.core->log().counters().faults;
  BOOST_TEST(faults > 300U);
  BOOST_TEST(faults < 460U);
}

BOOST_AUTO_TEST_CASE(broken_gateway_answers_nothing_but_errors) {
  world w;
  w.core->resources().find_gateway(world::gateway())->only_errors = true;
  std::map<int, int> writes;
  std::map<int, int> reads;
  for (int i = 0; i < 100; ++i) {
    ++writes[w.create().status];
    ++reads[w.call("DescribeForwardTableEntries",
                   {{"ForwardTableId", world::table()}})
              .status];
  }
  BOOST_TEST((writes.size() == 3 && writes.contains(409) && writes.contains(500)
              && writes.contains(503)));
  BOOST_TEST((reads.size() == 2 && reads.contains(500) && reads.contains(503)));
  BOOST_TEST(entries(w) == 0U);
  BOOST_TEST(w.create({{"ForwardTableId", world::table(1)},
                       {"ExternalIp", "198.18.0.3"}})
               .ok());
  BOOST_TEST(w.call("DescribeNatGateways", {}).ok());
}

// -- history ------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(history_tells_every_call_and_change) {
  world w;
  const auto id
    = w.settled({{"ClientToken", "tok"}, {"ForwardEntryName", "name"}});
  w.erase(id);
  w.pass(seconds{1});
  const auto& log = w.core->log();
  BOOST_REQUIRE(log.calls().size() == 2U);
  const auto& call = log.calls()[0];
  BOOST_TEST(call.action == "CreateForwardEntry");
  BOOST_TEST(call.gateway == world::gateway());
  BOOST_TEST(call.status == 200);
  BOOST_TEST(call.code.empty());
  BOOST_TEST(call.client_token == "tok");
  BOOST_TEST(call.entry_id == id);
  BOOST_TEST((call.signature == signature_verdict::correct));
  BOOST_REQUIRE(log.changes().size() == 4U);
  const auto& change = log.changes()[0];
  BOOST_TEST(change.id == id);
  BOOST_TEST(change.name == "name");
  BOOST_TEST(change.external_ip == "198.18.0.1");
  BOOST_TEST(change.external_port == 512);
  BOOST_TEST(change.internal_ip == "172.16.0.8");
  BOOST_TEST(change.internal_port == 80);
  BOOST_TEST(change.count == 1);
  uint64_t last = 0;
  for (const auto& x : log.changes()) {
    BOOST_TEST(x.number > last);
    last = x.number;
  }
  const auto& counts = log.counters().by_action;
  BOOST_TEST(counts.at("CreateForwardEntry").at("ok") == 1U);
  BOOST_TEST(counts.at("DeleteForwardEntry").at("ok") == 1U);
}

BOOST_AUTO_TEST_CASE(history_is_bounded) {
  auto options = prompt_options();
  options.max_calls = 3;
  world w{options};
  for (int i = 0; i < 10; ++i)
    w.call("DescribeNatGateways", {});
  BOOST_TEST(w.core->log().calls().size() == 3U);
  BOOST_TEST(w.core->log().forgotten() == 7U);
  BOOST_TEST(w.core->log().counters().calls == 10U);
}

BOOST_AUTO_TEST_CASE(time_never_goes_back) {
  auto options = prompt_options();
  options.behaviour.pending = {seconds{1}, seconds{1}};
  world w{options};
  const auto id = w.settled();
  w.now -= seconds{5};
  BOOST_TEST(w.status(id) == "Available");
  BOOST_TEST((w.core->resources().now() == w.now + seconds{5}));
}

BOOST_AUTO_TEST_CASE(bad_options_are_an_error) {
  const auto refused = [](auto change) {
    auto options = prompt_options();
    change(options);
    const auto made = vpc_core::make(options);
    return !made && made.error().code == ec::invalid_argument;
  };
  BOOST_TEST(refused([](auto& x) { x.vpc_cidrs = {"10.0.0.1/8"}; }));
  BOOST_TEST(refused([](auto& x) { x.vpc_cidrs = {"10.0.0.0/33"}; }));
  BOOST_TEST(refused([](auto& x) { x.gateways[1].id = x.gateways[0].id; }));
  BOOST_TEST(refused([](auto& x) { x.gateways[0].id = ""; }));
  BOOST_TEST(refused([](auto& x) { x.gateways[0].eips[0].address = "1.2.3"; }));
  BOOST_TEST(refused([](auto& x) { x.free_eips = x.gateways[0].eips; }));
}

BOOST_AUTO_TEST_SUITE_END()
