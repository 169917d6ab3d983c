#include "actors/forward_table.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

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
  std::shared_ptr<observe::metrics> figures
    = std::make_shared<observe::metrics>();
  openapi_caller_actor caller = spawn_recorder<openapi_caller_actor>(calls);
  port_pool_actor pool = spawn_recorder<port_pool_actor>(told);
  forward_table_actor aut = spawn(
    actors::forward_table,
    core::table_options{.gateway = "ngw-1", .vpc = {}, .names = names()},
    caller, clock(), figures);

  void answer(const api_call& call, api_reply reply = {}) {
    reply.id = call.id;
    tell(caller, aut, reply);
  }

  static api_reply usable(const std::string& eip = "1.0.0.1") {
    api_reply result;
    result.gateways.push_back({.id = "ngw-1",
                               .vpc_id = "vpc-1",
                               .zone = "zone-a",
                               .status = "Available",
                               .financial_locked = false,
                               .forward_tables = {"ftb-1"},
                               .eips = {{eip, "eip-1", false}}});
    return result;
  }

  static api_reply page(std::vector<forward_entry> entries) {
    api_reply result;
    result.total_count = static_cast<uint32_t>(entries.size());
    result.entries = std::move(entries);
    return result;
  }

  /// Goes as far as a table that is usable, empty and listed.
  void list() {
    tell(pool, aut, atom::start_v, pool, uint64_t{1});
    answer(calls.take_one<api_call>(), usable());
    answer(calls.take_one<api_call>());
    auto eips = calls.take_one<api_call>();
    BOOST_TEST((eips.action == api_action::describe_eips));
    answer(eips);
    advance(1s, 100ms);
  }

  static forward_entry foreign(const std::string& id, uint16_t port) {
    auto x = spec();
    x.name = "web";
    x.external_port = x.internal_port = port;
    return {id, x, entry_status::available, false};
  }

  /// Stands by until the table is known, then gets a pool of epoch 7.
  void take_over() {
    tell(pool, aut, atom::start_v);
    answer(calls.take_one<api_call>(), usable());
    answer(calls.take_one<api_call>(),
           page({foreign("fwd-8", 800),
                 foreign("fwd-9", 900),
                 {"fwd-1", spec(), entry_status::available, false}}));
    advance(1s, 100ms);
    tell(pool, aut, atom::start_v, pool, uint64_t{7});
  }

  /// The calls that have left since, in two piles.
  std::vector<api_call> writes;
  std::vector<api_call> reads;

  /// Nothing waits for what is asked about the EIPs.
  void sort_calls() {
    while (auto x = calls.find_one<api_call>())
      if (x->action != api_action::describe_eips)
        (is_write(x->action) ? writes : reads).push_back(*x);
  }

  /// Answers every page and every look: our entry is the only one.
  void list_and_reread() {
    for (sort_calls(); !reads.empty(); sort_calls())
      for (auto& x : std::exchange(reads, {}))
        if (x.action == api_action::describe_gateways)
          answer(x, usable());
        else if (x.filter.entry_id.empty() || x.filter.entry_id == "fwd-1")
          answer(x, page({{"fwd-1", spec(), entry_status::available, false}}));
        else
          answer(x);
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(forward_table, fixture)

BOOST_AUTO_TEST_CASE(start_asks_for_the_gateway_and_lists_its_table) {
  tell(pool, aut, atom::start_v, pool, uint64_t{1});
  BOOST_TEST(
    (calls.take_one<api_call>().action == api_action::describe_gateways));
  BOOST_TEST(calls.empty());
}

BOOST_AUTO_TEST_CASE(the_pool_is_told_when_the_table_is_listed) {
  list();
  table_report last;
  // The sweep is told as well.
  while (auto report = told.find_one<table_report>())
    last = *report;
  BOOST_TEST(last.listed);
  BOOST_TEST(last.usable);
  BOOST_TEST(last.zone == "zone-a");
}

BOOST_AUTO_TEST_CASE(eip_that_is_locked_is_told_with_the_next_sweep) {
  list();
  told.clear();
  advance(5min);
  auto locks = [this](bool locked) {
    auto asked = false;
    while (auto x = calls.find_one<api_call>()) {
      api_reply reply;
      if (x->action == api_action::describe_gateways)
        reply = usable();
      else if (x->action == api_action::describe_eips)
        reply.eips = {{"1.0.0.1", locked}, {"9.9.9.9", true}};
      asked = asked || x->action == api_action::describe_eips;
      answer(*x, reply);
    }
    return asked;
  };
  BOOST_TEST(locks(true));
  auto report = told.find_one<table_report>();
  BOOST_TEST_REQUIRE(report.has_value());
  BOOST_TEST_REQUIRE(report->eips.size() == 1U);
  BOOST_TEST(report->eips.front().locked);
  // An answer about the gateway alone does not change it.
  advance(5min);
  BOOST_TEST(locks(false));
  report = told.find_one<table_report>();
  BOOST_TEST_REQUIRE(report.has_value());
  BOOST_TEST(!report->eips.front().locked);
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

BOOST_AUTO_TEST_CASE(stand_by_tells_nobody_and_reads_last_of_all) {
  tell(pool, aut, atom::start_v);
  auto gateway = calls.take_one<api_call>();
  BOOST_TEST((gateway.priority == urgency::background));
  answer(gateway, usable());
  auto first = calls.take_one<api_call>();
  BOOST_TEST((first.action == api_action::describe_entries));
  BOOST_TEST((first.priority == urgency::background));
  answer(first, page({foreign("fwd-8", 800),
                      {"fwd-1", spec(), entry_status::available, false}}));
  advance(1min);
  BOOST_TEST(calls.empty());
  advance(5min);
  sort_calls();
  BOOST_TEST(writes.empty());
  BOOST_TEST(reads.size() == 2U);
  BOOST_TEST(told.empty());
}

BOOST_AUTO_TEST_CASE(figures_of_a_table_are_the_leaders_alone) {
  auto none = figures->text();
  tell(pool, aut, atom::start_v);
  answer(calls.take_one<api_call>(), usable());
  answer(calls.take_one<api_call>(), page({foreign("fwd-8", 800)}));
  advance(1s, 100ms);
  BOOST_TEST(figures->text() == none);
  tell(pool, aut, atom::start_v, pool, uint64_t{7});
  BOOST_TEST(figures->text() != none);
}

BOOST_AUTO_TEST_CASE(warm_start_tells_what_is_known_before_any_answer) {
  take_over();
  auto others = told.take_one<foreign_news>();
  BOOST_TEST(others.added.size() == 2U);
  auto report = told.take_one<table_report>();
  BOOST_TEST(report.usable);
  BOOST_TEST(report.mirrored);
  BOOST_TEST(!report.listed);
  BOOST_REQUIRE(report.eips.size() == 1U);
  BOOST_TEST(report.eips.front().address == "1.0.0.1");
  sort_calls();
  BOOST_TEST(writes.empty());
  BOOST_REQUIRE(reads.size() == 2U);
  BOOST_TEST((reads[0].action == api_action::describe_gateways));
  BOOST_TEST((reads[1].action == api_action::describe_entries));
  BOOST_TEST(reads[1].epoch == 7U);
}

BOOST_AUTO_TEST_CASE(what_was_known_wrongly_is_corrected) {
  take_over();
  told.clear();
  sort_calls();
  answer(reads[0], usable("2.0.0.2"));
  answer(reads[1], page({foreign("fwd-9", 900)}));
  reads.clear();
  sort_calls();
  BOOST_REQUIRE(reads.size() == 1U);
  BOOST_TEST(reads[0].filter.entry_id == "fwd-8");
  answer(reads[0]);
  auto report = told.take_one<table_report>();
  BOOST_REQUIRE(report.eips.size() == 1U);
  BOOST_TEST(report.eips.front().address == "2.0.0.2");
  auto others = told.find_one<foreign_news>();
  BOOST_REQUIRE(others.has_value());
  BOOST_REQUIRE(others->removed.size() == 1U);
  BOOST_TEST(others->removed.front().id == "fwd-8");
}

BOOST_AUTO_TEST_CASE(warm_start_creates_only_what_is_fresh) {
  take_over();
  auto fresh = spec();
  fresh.name = names().build(core::plain_name_key("uid-2"), 0);
  fresh.external_port = 600;
  fresh.internal_ip = "10.0.0.2";
  tell(pool, aut, entry_want{spec(), "r-1", 0, urgency::birth, {}});
  tell(pool, aut, entry_want{fresh, "r-2", 0, urgency::birth, {}, true});
  sort_calls();
  BOOST_REQUIRE(writes.size() == 1U);
  BOOST_TEST((writes[0].action == api_action::create_entry));
  BOOST_TEST(writes[0].spec.name == fresh.name);
  BOOST_TEST(writes[0].epoch == 7U);
}

BOOST_AUTO_TEST_CASE(warm_start_deletes_nothing_before_the_list) {
  take_over();
  tell(pool, aut, atom::settled_v);
  tell(pool, aut, entry_drop{spec(), urgency::cleanup});
  advance(20s, 100ms);
  sort_calls();
  BOOST_TEST(writes.empty());
  list_and_reread();
  BOOST_REQUIRE(writes.size() == 1U);
  BOOST_TEST((writes[0].action == api_action::delete_entry));
}

BOOST_AUTO_TEST_CASE(listed_table_waits_for_settled_and_the_deadline) {
  take_over();
  sort_calls();
  list_and_reread();
  tell(pool, aut, entry_drop{spec(), urgency::cleanup});
  advance(20s, 100ms);
  list_and_reread();
  BOOST_TEST(writes.empty());
  tell(pool, aut, atom::settled_v);
  list_and_reread();
  BOOST_REQUIRE(writes.size() == 1U);
  BOOST_TEST((writes[0].action == api_action::delete_entry));
}

BOOST_AUTO_TEST_CASE(settled_table_waits_for_the_deadline) {
  take_over();
  sort_calls();
  list_and_reread();
  tell(pool, aut, atom::settled_v);
  tell(pool, aut, entry_drop{spec(), urgency::cleanup});
  advance(9s, 100ms);
  list_and_reread();
  BOOST_TEST(writes.empty());
  advance(2s, 100ms);
  list_and_reread();
  BOOST_TEST(writes.size() == 1U);
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
