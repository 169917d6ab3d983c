#include <set>

#include <boost/test/unit_test.hpp>

#include "forward_table_world.hpp"

using namespace std::chrono_literals;
using namespace natgw;
using namespace natgw::core;
using namespace natgw::core::test;

namespace {

api_reply refusal(call_class outcome, ec code, std::string detail = "Code") {
  api_reply result;
  result.outcome = outcome;
  result.code = code;
  result.detail = std::move(detail);
  return result;
}

/// Swallows the first `n` writes and answers them with this.
auto answer_writes(world& w, int n, const api_reply& with,
                   bool executed = false) {
  return [&w, n, with, executed](api_call& call) mutable {
    if (!is_write(call.action) || n-- <= 0)
      return false;
    if (executed)
      w.cloud.execute(call, w.now);
    auto reply = with;
    reply.id = call.id;
    w.answer(reply, w.latency);
    return true;
  };
}

std::set<std::string> tokens(const world& w, api_action action) {
  std::set<std::string> result;
  for (auto& x : w.calls)
    if (x.action == action)
      result.insert(x.client_token);
  return result;
}

} // namespace

BOOST_AUTO_TEST_SUITE(forward_table_writes)

BOOST_AUTO_TEST_CASE(an_unanswered_create_is_repeated_with_its_token) {
  world w;
  w.begin();
  auto unanswered = refusal(call_class::unanswered, ec::timeout);
  w.on_call = answer_writes(w, 3, unanswered, true);
  w.wish(world::want(world::spec(1)));
  w.run(20s);
  BOOST_TEST(w.sent(api_action::create_entry) == 4U);
  BOOST_TEST(tokens(w, api_action::create_entry).size() == 1U);
  BOOST_TEST(w.told(entry_fact::available) == 1U);
  BOOST_TEST(w.cloud.entries.size() == 1U);
}

BOOST_AUTO_TEST_CASE(an_unanswered_create_is_settled_before_another_wish) {
  world w;
  w.begin();
  auto unanswered = refusal(call_class::unanswered, ec::timeout);
  w.on_call = answer_writes(w, 2, unanswered);
  w.wish(world::want(world::spec(1)));
  w.run(10ms);
  auto moved = world::spec(1);
  moved.internal_ip = "10.7.0.1";
  w.wish(world::want(moved));
  w.run(20s);
  BOOST_REQUIRE(w.sent(api_action::create_entry) == 3U);
  for (auto& x : w.calls)
    if (x.action == api_action::create_entry)
      BOOST_TEST((x.spec == world::spec(1)));
  BOOST_TEST(w.sent(api_action::modify_entry) == 1U);
  BOOST_TEST((w.cloud.named(world::name(1))->spec == moved));
}

BOOST_AUTO_TEST_CASE(no_gone_is_told_while_a_create_is_unanswered) {
  world w;
  w.begin();
  auto unanswered = refusal(call_class::unanswered, ec::timeout);
  w.on_call = answer_writes(w, 4, unanswered);
  w.wish(world::want(world::spec(1)));
  w.run(10ms);
  w.wish(entry_drop{world::spec(1)});
  w.on_news = [&](const entry_news& x) {
    if (x.fact == entry_fact::gone)
      BOOST_TEST(w.sent(api_action::create_entry) == 5U);
  };
  w.run(1min);
  BOOST_TEST(w.told(entry_fact::gone) == 1U);
  BOOST_TEST(w.cloud.entries.empty());
}

BOOST_AUTO_TEST_CASE(an_entry_is_read_again_after_an_unanswered_write) {
  world w;
  w.begin();
  w.wish(world::want(world::spec(1)));
  w.run(1s);
  auto unanswered = refusal(call_class::unanswered, ec::timeout);
  w.on_call = answer_writes(w, 1, unanswered, true);
  auto moved = world::spec(1);
  moved.internal_ip = "10.7.0.1";
  w.wish(world::want(moved));
  w.run(5ms);
  w.calls.clear();
  w.wish(entry_drop{moved});
  w.run(5s);
  BOOST_REQUIRE(w.calls.size() >= 3U);
  BOOST_TEST((w.calls[0].action == api_action::modify_entry));
  BOOST_TEST((w.calls[1].action == api_action::describe_entries));
  BOOST_TEST(w.told(entry_fact::gone) == 1U);
}

BOOST_AUTO_TEST_CASE(the_table_pauses_when_nothing_is_answered) {
  world w;
  w.begin();
  w.on_call = answer_writes(w, 1 << 30,
                            refusal(call_class::unanswered, ec::timeout));
  for (int i = 0; i < 50; ++i)
    w.wish(world::want(world::spec(i)));
  w.run(2min);
  BOOST_TEST(w.sent(api_action::create_entry) < 60U);
  w.on_call = nullptr;
  w.run(1min);
  BOOST_TEST(w.told(entry_fact::available) == 50U);
}

BOOST_AUTO_TEST_CASE(what_was_not_sent_is_sent_again_and_not_in_a_busy_loop) {
  world w;
  w.begin();
  w.on_call = answer_writes(w, 3, refusal(call_class::unsent, ec::fenced));
  w.wish(world::want(world::spec(1)));
  w.run(100ms);
  BOOST_TEST(w.sent(api_action::create_entry) <= 2U);
  w.run(10s);
  BOOST_TEST(tokens(w, api_action::create_entry).size() == 1U);
  BOOST_TEST(w.told(entry_fact::available) == 1U);
}

BOOST_AUTO_TEST_CASE(a_wish_may_change_while_a_refused_write_waits) {
  world w;
  w.begin();
  w.on_call = answer_writes(w, 1,
                            refusal(call_class::retry_soon, ec::throttled));
  w.wish(world::want(world::spec(1)));
  w.run(10ms);
  auto moved = world::spec(1);
  moved.internal_ip = "10.7.0.1";
  w.wish(world::want(moved));
  w.run(5s);
  BOOST_TEST(w.sent(api_action::modify_entry) == 0U);
  BOOST_TEST((w.cloud.named(world::name(1))->spec == moved));
}

BOOST_AUTO_TEST_CASE(an_entry_is_not_blamed_for_being_turned_into_another) {
  world w;
  w.begin();
  w.wish(world::want(world::spec(1)));
  w.run(1s);
  w.on_call = answer_writes(
    w, 3, refusal(call_class::fatal_pod, ec::duplicate_entry, "Taken"));
  std::string why;
  w.on_news = [&why](const entry_news& x) {
    if (x.fact == entry_fact::refused)
      why = x.detail;
  };
  auto heir = world::spec(1);
  heir.name = world::name(2);
  auto wish = world::want(heir);
  wish.replaces = world::name(1);
  w.wish(wish);
  w.wish(entry_drop{world::spec(1)});
  w.run(1min);
  BOOST_TEST(w.sent(api_action::modify_entry) == 3U);
  BOOST_TEST(why == "Taken");
  BOOST_TEST(w.told(entry_fact::gone) == 1U);
}

// It stood at the internal triple when the write came, and has gone while both
// triples were looked up.
BOOST_AUTO_TEST_CASE(what_was_in_the_way_and_has_gone_is_no_refusal) {
  world w;
  w.begin();
  w.on_call = answer_writes(
    w, 1, refusal(call_class::fatal_pod, ec::duplicate_entry, "Taken"));
  w.wish(world::want(world::spec(1)));
  w.run(1min);
  BOOST_TEST(w.told(entry_fact::refused) == 0U);
  BOOST_TEST(w.told(entry_fact::available) == 1U);
}

BOOST_AUTO_TEST_CASE(a_fresh_eip_is_waited_for_but_not_for_ever) {
  world w;
  w.begin();
  w.cloud.bound = false;
  w.wish(world::want(world::spec(1)));
  w.run(10s);
  BOOST_TEST(w.news.empty());
  w.cloud.bound = true;
  w.run(5s);
  BOOST_TEST(w.told(entry_fact::available) == 1U);
  w.cloud.bound = false;
  w.wish(world::want(world::spec(2)));
  w.run(1min);
  BOOST_REQUIRE(w.told(entry_fact::refused) == 1U);
  BOOST_TEST((w.news.back().reason == ec::eip_not_bound));
  BOOST_TEST(w.sent(api_action::create_entry) < 40U);
}

BOOST_AUTO_TEST_CASE(a_foreign_external_triple_is_told_before_the_refusal) {
  world w;
  w.begin();
  auto theirs = world::spec(1);
  theirs.name = "web";
  theirs.internal_ip = "10.9.0.1";
  w.cloud.put(theirs);
  auto known = false;
  w.on_news = [&](const entry_news&) { known = w.foreign.size() == 1; };
  w.wish(world::want(world::spec(1)));
  w.run(1s);
  BOOST_REQUIRE(w.told(entry_fact::refused) == 1U);
  BOOST_TEST(known);
  BOOST_TEST((w.news.back().reason == ec::duplicate_entry));
  BOOST_TEST(w.news.back().id.empty());
  BOOST_TEST(w.news.back().spec.external_port == theirs.external_port);
}

BOOST_AUTO_TEST_CASE(a_foreign_internal_triple_names_its_entry) {
  world w;
  w.begin();
  auto theirs = world::spec(1);
  theirs.name = "web";
  theirs.external_port = 9999;
  auto id = w.cloud.put(theirs);
  w.wish(world::want(world::spec(1)));
  w.run(1s);
  BOOST_REQUIRE(w.told(entry_fact::refused) == 1U);
  BOOST_TEST((w.news.back().reason == ec::duplicate_entry));
  BOOST_TEST(w.news.back().id == id);
}

BOOST_AUTO_TEST_CASE(an_overlapping_range_is_found_by_a_sweep) {
  world w;
  w.begin();
  auto theirs = world::spec(1);
  theirs.name = "web";
  theirs.internal_ip = "10.9.0.1";
  theirs.external_port = 990;
  theirs.internal_port = 990;
  theirs.count = 30;
  w.cloud.put(theirs);
  w.wish(world::want(world::spec(1)));
  w.run(1s);
  BOOST_REQUIRE(w.told(entry_fact::refused) == 1U);
  BOOST_TEST((w.news.back().reason == ec::duplicate_entry));
  BOOST_TEST(w.foreign.size() == 1U);
}

// The token was forgotten: the repeated create finds its own first try.
BOOST_AUTO_TEST_CASE(our_own_duplicate_is_healed) {
  world w;
  w.begin();
  w.cloud.retention = 0ns;
  auto unanswered = refusal(call_class::unanswered, ec::timeout);
  w.on_call = answer_writes(w, 1, unanswered, true);
  w.wish(world::want(world::spec(1)));
  w.run(5s);
  BOOST_TEST(w.told(entry_fact::refused) == 0U);
  BOOST_TEST(w.told(entry_fact::available) == 1U);
  BOOST_TEST(w.cloud.entries.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_mismatched_token_asks_for_a_higher_attempt) {
  world w;
  w.begin();
  w.on_call = answer_writes(w, 1,
                            refusal(call_class::fatal_pod, ec::token_mismatch));
  w.wish(world::want(world::spec(1)));
  w.run(1s);
  BOOST_TEST(w.told(entry_fact::absent) == 1U);
  w.run(1min);
  BOOST_TEST(w.sent(api_action::create_entry) == 1U);
  w.wish(world::want(world::spec(1), 0));
  BOOST_TEST(w.told(entry_fact::absent) == 2U);
  w.wish(world::want(world::spec(1), 1));
  w.run(1s);
  BOOST_TEST(w.told(entry_fact::available) == 1U);
  BOOST_TEST(tokens(w, api_action::create_entry).size() == 2U);
}

BOOST_AUTO_TEST_CASE(another_refusal_is_told_at_once_with_its_reason) {
  world w;
  w.begin();
  w.on_call = answer_writes(w, 1,
                            refusal(call_class::fatal_pod, ec::rejected,
                                    "Forbidden.InternalIpOutOfVpcCIDR"));
  w.wish(world::want(world::spec(1)));
  w.run(1s);
  BOOST_REQUIRE(w.told(entry_fact::refused) == 1U);
  BOOST_TEST((w.news.back().reason == ec::rejected));
  BOOST_TEST(w.news.back().detail == "Forbidden.InternalIpOutOfVpcCIDR");
  w.run(1min);
  BOOST_TEST(w.sent(api_action::create_entry) == 1U);
}

BOOST_AUTO_TEST_CASE(a_quota_is_learned_and_probed_when_entries_go) {
  world w;
  w.begin();
  w.cloud.quota = 3;
  for (int i = 0; i < 5; ++i)
    w.wish(world::want(world::spec(i)));
  w.run(5s);
  BOOST_TEST(w.told(entry_fact::available) == 3U);
  BOOST_TEST(w.told(entry_fact::refused) == 2U);
  BOOST_TEST((w.news.back().reason == ec::quota_exceeded
              || w.told(entry_fact::refused) == 2U));
  BOOST_TEST(w.report.quota == 3U);
  auto creates = w.sent(api_action::create_entry);
  w.wish(world::want(world::spec(7)));
  w.run(1s);
  BOOST_TEST(w.told(entry_fact::refused) == 3U);
  BOOST_TEST(w.sent(api_action::create_entry) == creates);
  w.wish(entry_drop{world::spec(0)});
  w.run(1s);
  w.wish(world::want(world::spec(7)));
  w.run(1s);
  BOOST_TEST((w.last(world::name(7))->fact == entry_fact::available));
}

BOOST_AUTO_TEST_CASE(a_quota_is_forgotten_after_some_minutes) {
  world w;
  w.begin();
  w.cloud.quota = 1;
  w.wish(world::want(world::spec(1)));
  w.run(1s);
  w.wish(world::want(world::spec(2)));
  w.run(1s);
  w.cloud.quota = 100;
  w.run(4min);
  w.wish(world::want(world::spec(2)));
  w.run(1s);
  BOOST_TEST((w.last(world::name(2))->fact == entry_fact::available));
}

BOOST_AUTO_TEST_CASE(an_old_quota_is_reported_in_doubt_and_follows_the_table) {
  world w;
  w.begin();
  w.cloud.quota = 1;
  for (int i = 1; i <= 2; ++i)
    w.wish(world::want(world::spec(i)));
  w.run(1s);
  BOOST_TEST(w.report.quota == 1U);
  BOOST_TEST(!w.report.quota_in_doubt);
  w.run(3min);
  BOOST_TEST(w.report.quota == 1U);
  BOOST_TEST(w.report.quota_in_doubt);
  w.cloud.quota = 2;
  w.wish(world::want(world::spec(2)));
  w.run(1s);
  BOOST_TEST(w.report.quota == 2U);
  BOOST_TEST(w.report.quota_in_doubt);
  w.wish(world::want(world::spec(3)));
  w.run(1s);
  BOOST_TEST(w.report.quota == 2U);
  BOOST_TEST(!w.report.quota_in_doubt);
}

BOOST_AUTO_TEST_CASE(an_empty_table_that_takes_nothing_has_a_quota) {
  world w;
  w.begin();
  w.cloud.quota = 0;
  w.wish(world::want(world::spec(1)));
  w.run(1s);
  BOOST_TEST(w.told(entry_fact::refused) == 1U);
  BOOST_TEST(w.report.quota == 1U);
}

BOOST_AUTO_TEST_CASE(a_gateway_that_forbids_writes_is_reported_and_retried) {
  world w;
  w.begin();
  w.on_call = answer_writes(w, 3,
                            refusal(call_class::fatal_gateway,
                                    ec::gateway_unusable, "Forbidden.RAM"));
  w.wish(world::want(world::spec(1)));
  w.run(5s);
  BOOST_TEST(!w.report.usable);
  BOOST_TEST(w.report.problem == "Forbidden.RAM");
  BOOST_TEST(w.sent(api_action::create_entry) == 1U);
  w.run(5min);
  BOOST_TEST(w.report.usable);
  BOOST_TEST(w.told(entry_fact::available) == 1U);
}

BOOST_AUTO_TEST_CASE(a_delete_of_what_is_gone_has_succeeded) {
  world w;
  w.begin();
  w.wish(world::want(world::spec(1)));
  w.run(1s);
  w.cloud.entries.clear();
  w.wish(entry_drop{world::spec(1)});
  w.run(100ms);
  BOOST_TEST(w.told(entry_fact::gone) == 1U);
}

BOOST_AUTO_TEST_CASE(harm_goes_first_then_births_then_the_rest) {
  world w;
  w.begin();
  for (int i = 0; i < 20; ++i)
    w.wish(world::want(world::spec(i)));
  w.run(2s);
  w.cloud.barrier = true;
  // Learns the barrier, and keeps the table busy.
  w.wish(world::want(world::spec(30)));
  w.wish(world::want(world::spec(31)));
  w.run(20ms);
  w.calls.clear();
  for (int i = 0; i < 10; ++i)
    w.wish(entry_drop{world::spec(i)});
  w.wish(world::want(world::spec(32)));
  w.wish(entry_drop{world::spec(11), urgency::harm});
  w.run(10s);
  std::vector<api_action> order;
  for (auto& x : w.calls)
    if (is_write(x.action) && x.spec.name != world::name(31))
      order.push_back(x.action);
  BOOST_REQUIRE(order.size() >= 3U);
  BOOST_TEST((order[0] == api_action::delete_entry));
  BOOST_TEST((order[1] == api_action::create_entry));
  BOOST_TEST(w.told(entry_fact::gone) == 11U);
}

BOOST_AUTO_TEST_CASE(a_drop_may_become_urgent_later) {
  world w;
  w.begin();
  for (int i = 0; i < 20; ++i)
    w.wish(world::want(world::spec(i)));
  w.run(2s);
  w.cloud.barrier = true;
  for (int i = 0; i < 10; ++i)
    w.wish(entry_drop{world::spec(i)});
  w.wish(entry_drop{world::spec(9), urgency::harm});
  w.run(2s);
  auto gone = std::find_if(w.news.begin(), w.news.end(), [](auto& x) {
    return x.fact == entry_fact::gone && x.spec.name == world::name(9);
  });
  auto before = std::count_if(w.news.begin(), gone, [](auto& x) {
    return x.fact == entry_fact::gone;
  });
  BOOST_TEST(before <= 2);
}

BOOST_AUTO_TEST_SUITE_END()
