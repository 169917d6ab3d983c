#include "actors/forward_table.hpp"

#include <chrono>
#include <string>

#include <boost/test/unit_test.hpp>

#include "core/entry_name.hpp"
#include "fixture.hpp"

using namespace natgw;
using namespace std::chrono_literals;

namespace {

const core::entry_names& names() {
  static const auto result = *core::entry_names::make("natgw", "cluster");
  return result;
}

entry_spec spec() {
  return {names().build(core::plain_name_key("uid-1"), 0),
          "1.0.0.1",
          "10.0.0.1",
          512,
          80,
          1,
          protocol::tcp};
}

struct fixture : test::deterministic {
  test::inbox& calls = make_inbox();
  test::inbox& told = make_inbox();
  openapi_caller_actor caller = spawn_recorder<openapi_caller_actor>(calls);
  port_pool_actor pool = spawn_recorder<port_pool_actor>(told);
  forward_table_actor aut = spawn(
    actors::forward_table,
    core::table_options{.gateway = "ngw-1", .vpc = {}, .names = names()},
    caller, clock(), nullptr);

  void answer(const api_call& call, api_reply reply = {}) {
    reply.id = call.id;
    tell(caller, aut, reply);
  }

  /// Goes as far as a table that is usable, empty and listed.
  void list() {
    tell(pool, aut, atom::start_v, pool);
    api_reply gateways;
    gateways.gateways.push_back({.id = "ngw-1",
                                 .vpc_id = "vpc-1",
                                 .zone = "zone-a",
                                 .status = "Available",
                                 .financial_locked = false,
                                 .forward_tables = {"ftb-1"},
                                 .eips = {{"1.0.0.1", "eip-1", false}}});
    answer(calls.take_one<api_call>(), gateways);
    answer(calls.take_one<api_call>());
    advance(1s, 100ms);
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(forward_table, fixture)

BOOST_AUTO_TEST_CASE(start_asks_for_the_gateway_and_lists_its_table) {
  tell(pool, aut, atom::start_v, pool);
  BOOST_TEST(
    (calls.take_one<api_call>().action == api_action::describe_gateways));
  BOOST_TEST(calls.empty());
}

BOOST_AUTO_TEST_CASE(the_pool_is_told_when_the_table_is_listed) {
  list();
  table_report last;
  while (!told.empty())
    last = told.take_one<table_report>();
  BOOST_TEST(last.listed);
  BOOST_TEST(last.usable);
  BOOST_TEST(last.zone == "zone-a");
}

BOOST_AUTO_TEST_CASE(a_wish_is_created_confirmed_and_told) {
  list();
  told.clear();
  tell(pool, aut, entry_want{spec(), "record-1", 0, urgency::birth, {}});
  auto create = calls.take_one<api_call>();
  BOOST_TEST((create.action == api_action::create_entry));
  api_reply created;
  created.entry_id = "fwd-1";
  answer(create, created);
  BOOST_TEST(calls.empty());
  advance(100ms, 1ms);
  auto look = calls.take_one<api_call>();
  BOOST_TEST(look.filter.entry_id == "fwd-1");
  api_reply seen;
  seen.entries.push_back({"fwd-1", spec(), entry_status::available, false});
  seen.total_count = 1;
  answer(look, seen);
  advance(1s, 100ms);
  bool available = false;
  // Reports may come before and after it.
  while (auto x = told.find_one<entry_news>())
    available = x->fact == entry_fact::available && x->id == "fwd-1";
  BOOST_TEST(available);
}

BOOST_AUTO_TEST_CASE(wishes_that_come_before_the_start_are_kept) {
  tell(pool, aut, entry_want{spec(), "record-1", 0, urgency::birth, {}});
  BOOST_TEST(calls.empty());
  list();
  BOOST_TEST((calls.take_one<api_call>().action == api_action::create_entry));
}

BOOST_AUTO_TEST_CASE(an_answer_to_an_unknown_call_is_ignored) {
  list();
  calls.clear();
  api_reply stray;
  stray.id = 4711;
  tell(caller, aut, stray);
  BOOST_TEST(calls.empty());
  BOOST_TEST(alive(aut));
}

BOOST_AUTO_TEST_SUITE_END()
