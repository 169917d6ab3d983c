#include <boost/test/unit_test.hpp>

#include "forward_table_world.hpp"

using namespace std::chrono_literals;
using namespace natgw;
using namespace natgw::core;
using namespace natgw::core::test;

namespace {

/// Wishes n entries at once and returns how long until all are available.
nanoseconds burst(world& w, int n) {
  auto began = w.now;
  auto ended = began;
  w.on_news = [&](const entry_news&) { ended = w.now; };
  for (int i = 0; i < n; ++i)
    w.wish(world::want(world::spec(i)));
  w.run(std::chrono::minutes{20});
  w.on_news = nullptr;
  return ended - began;
}

} // namespace

BOOST_AUTO_TEST_SUITE(forward_table_looks)

BOOST_AUTO_TEST_CASE(a_burst_shares_its_looks) {
  world w;
  w.cloud.pending = 200ms;
  w.begin();
  auto looks = w.cloud.count(api_action::describe_entries);
  auto span = burst(w, 1000);
  looks = w.cloud.count(api_action::describe_entries) - looks;
  BOOST_TEST(w.told(entry_fact::available) == 1000U);
  // The sweeps of twenty minutes are 4 x 20 pages.
  BOOST_TEST(looks <= 100U + 80U);
  BOOST_TEST((span < 3s));
}

BOOST_AUTO_TEST_CASE(a_sweep_tells_all_that_it_has_read) {
  world w;
  w.begin();
  for (int i = 0; i < 120; ++i)
    w.wish(world::want(world::spec(i)));
  w.run(1min);
  w.sweeps.clear();
  w.run(10min);
  BOOST_TEST_REQUIRE(!w.sweeps.empty());
  for (const auto& x : w.sweeps) {
    BOOST_TEST(x->gateway == "ngw-1");
    BOOST_TEST(x->entries.size() == 120U);
    BOOST_TEST(x->owners.empty());
  }
}

BOOST_AUTO_TEST_CASE(a_stand_by_tells_no_sweeps) {
  world w;
  w.take(w.table->stand_by(w.now));
  w.run(10min);
  BOOST_TEST(w.sweeps.empty());
}

BOOST_AUTO_TEST_CASE(a_lone_birth_is_confirmed_on_the_edge) {
  world w;
  w.cloud.pending = 500ms;
  w.begin();
  // It takes some births to learn the time.
  for (int i = 0; i < 20; ++i) {
    w.wish(world::want(world::spec(i)));
    w.run(3s);
  }
  auto looks = w.cloud.count(api_action::describe_entries);
  nanoseconds worst{0};
  for (int i = 20; i < 40; ++i) {
    auto began = w.now;
    instant told;
    w.on_news = [&](const entry_news&) { told = w.now; };
    w.wish(world::want(world::spec(i)));
    w.run(3s);
    worst = std::max(worst, told - began);
  }
  // Create, Pending, Describe, and ten milliseconds of ours.
  BOOST_TEST((worst <= 500ms + w.latency * 2 + 30ms));
  looks = w.cloud.count(api_action::describe_entries) - looks;
  BOOST_TEST(looks <= 60U);
}

BOOST_AUTO_TEST_CASE(behind_a_barrier_every_write_leaves_on_the_edge) {
  world w;
  w.cloud.pending = 1s;
  w.cloud.barrier = true;
  w.begin();
  auto span = burst(w, 200);
  BOOST_TEST(w.told(entry_fact::available) == 200U);
  BOOST_TEST((span <= 200s / 0.95));
  // Refused tries cost the account's quota.
  BOOST_TEST(w.cloud.count(api_action::create_entry) <= 210U);
}

BOOST_AUTO_TEST_CASE(a_table_that_wants_gaps_gets_them) {
  world w;
  w.cloud.gap = 100ms;
  w.cloud.pending = 10ms;
  w.begin();
  auto span = burst(w, 100);
  BOOST_TEST(w.told(entry_fact::available) == 100U);
  BOOST_TEST((span < 20s));
  BOOST_TEST(w.cloud.count(api_action::create_entry) < 150U);
}

BOOST_AUTO_TEST_CASE(the_window_opens_to_its_maximum) {
  world w;
  w.begin();
  burst(w, 200);
  BOOST_TEST(w.report.window == 16U);
  BOOST_TEST(w.report.queue_depth == 0U);
  BOOST_TEST(w.report.entries == 200U);
}

BOOST_AUTO_TEST_CASE(soon_after_a_write_an_empty_answer_proves_nothing) {
  world w;
  w.begin();
  auto blind_until = w.now + 3s;
  w.on_reply = [&](const api_call& call, api_reply& reply) {
    if (call.action == api_action::describe_entries && w.now < blind_until)
      reply.entries.clear();
    return false;
  };
  w.wish(world::want(world::spec(1)));
  w.run(10s);
  BOOST_TEST(w.told(entry_fact::absent) == 0U);
  BOOST_TEST(w.told(entry_fact::available) == 1U);
}

BOOST_AUTO_TEST_CASE(later_an_empty_answer_is_told_absent) {
  world w;
  w.begin();
  w.on_reply = [&](const api_call& call, api_reply&) {
    if (call.action == api_action::create_entry && call.spec.count == 1)
      w.cloud.entries.clear();
    return false;
  };
  w.wish(world::want(world::spec(1)));
  w.run(4s);
  BOOST_TEST(w.news.empty());
  w.run(10s);
  BOOST_TEST(w.told(entry_fact::absent) == 1U);
  w.on_reply = nullptr;
  w.wish(world::want(world::spec(1), 1));
  w.run(1s);
  BOOST_TEST(w.told(entry_fact::available) == 1U);
}

BOOST_AUTO_TEST_CASE(a_deleted_entry_is_lost_and_comes_back_by_a_new_attempt) {
  world w;
  w.begin();
  w.wish(world::want(world::spec(1)));
  w.run(1s);
  w.cloud.entries.clear();
  w.run(6min);
  BOOST_TEST(w.told(entry_fact::lost) == 1U);
  BOOST_TEST(w.cloud.entries.empty());
  // The old token would be answered with the old entry.
  w.wish(world::want(world::spec(1)));
  w.run(1s);
  BOOST_TEST(w.told(entry_fact::absent) == 1U);
  w.wish(world::want(world::spec(1), 1));
  w.run(1s);
  BOOST_TEST((w.news.back().fact == entry_fact::available));
  BOOST_TEST(w.cloud.entries.size() == 1U);
}

BOOST_AUTO_TEST_CASE(an_edited_entry_is_lost_and_mended) {
  world w;
  w.begin();
  w.wish(world::want(world::spec(1)));
  w.run(1s);
  w.cloud.named(world::name(1))->spec.internal_ip = "10.7.7.7";
  w.run(6min);
  BOOST_REQUIRE(w.told(entry_fact::lost) == 1U);
  BOOST_TEST(w.last(world::name(1))->spec.internal_ip == "10.7.7.7");
  w.wish(world::want(world::spec(1), 1));
  w.run(1s);
  BOOST_TEST((w.news.back().fact == entry_fact::available));
  BOOST_TEST((w.cloud.named(world::name(1))->spec == world::spec(1)));
}

BOOST_AUTO_TEST_CASE(an_entry_that_slips_between_pages_is_not_lost) {
  world w;
  w.begin();
  for (int i = 0; i < 100; ++i)
    w.wish(world::want(world::spec(i)));
  w.run(5s);
  // Each sweep misses one entry.
  w.on_reply = [&](const api_call& call, api_reply& reply) {
    if (call.action == api_action::describe_entries
        && call.filter.entry_id.empty() && call.page_number == 2)
      reply.entries.pop_back();
    return false;
  };
  w.run(20min);
  BOOST_TEST(w.told(entry_fact::lost) == 0U);
}

BOOST_AUTO_TEST_CASE(strangers_that_come_and_go_are_told) {
  world w;
  w.begin();
  auto theirs = world::spec(1);
  theirs.name = "web";
  auto id = w.cloud.put(theirs);
  w.run(6min);
  BOOST_TEST(w.foreign.size() == 1U);
  w.cloud.entries[id].spec.external_port = 7;
  w.run(6min);
  BOOST_REQUIRE(w.foreign.size() == 1U);
  BOOST_TEST(w.foreign.front().external_port == 7U);
  w.cloud.entries.clear();
  w.run(6min);
  BOOST_TEST(w.foreign.empty());
}

BOOST_AUTO_TEST_CASE(eips_are_read_again) {
  world w;
  w.begin();
  w.cloud.gateway.eips.push_back({"1.0.0.3", "eip-3", false});
  w.run(6min);
  BOOST_TEST(w.report.eips.size() == 3U);
}

BOOST_AUTO_TEST_CASE(reports_are_coalesced) {
  world w;
  w.latency = 40ms;
  w.begin();
  w.reports = 0;
  for (int i = 0; i < 500; ++i)
    w.wish(world::want(world::spec(i)));
  w.run(1s);
  BOOST_TEST(w.reports <= 12U);
  BOOST_TEST(w.reports >= 5U);
}

BOOST_AUTO_TEST_CASE(a_look_that_fails_is_repeated) {
  world w;
  w.begin();
  auto failures = 0;
  w.on_reply = [&](const api_call& call, api_reply& reply) {
    if (call.action == api_action::describe_entries && ++failures < 4) {
      reply.outcome = call_class::unanswered;
      reply.entries.clear();
    }
    return false;
  };
  w.wish(world::want(world::spec(1)));
  w.run(20s);
  BOOST_TEST(w.told(entry_fact::available) == 1U);
}

BOOST_AUTO_TEST_CASE(looks_that_failed_teach_nothing_about_the_cloud) {
  world w;
  w.cloud.pending = 200ms;
  w.begin();
  auto number = 0;
  auto create = [&](std::chrono::milliseconds limit) {
    w.wish(world::want(world::spec(++number)));
    w.run(limit);
    return w.told(entry_fact::available, world::name(number)) == 1U;
  };
  for (auto i = 0; i < 20; ++i)
    BOOST_TEST(create(2s));
  BOOST_TEST(create(300ms));
  // One look shows it Pending; those after that fail.
  auto looks = 0;
  w.on_reply = [&](const api_call& call, api_reply& reply) {
    if (call.action != api_action::describe_entries)
      return false;
    ++looks;
    if (looks == 1 && !reply.entries.empty())
      reply.entries.front().status = entry_status::pending;
    if (looks > 1 && looks < 6) {
      reply.outcome = call_class::unanswered;
      reply.entries.clear();
    }
    return false;
  };
  BOOST_TEST(create(20s));
  BOOST_TEST(looks >= 6);
  BOOST_TEST(create(300ms));
}

BOOST_AUTO_TEST_CASE(an_idle_table_makes_no_calls_but_its_sweeps) {
  world w;
  w.begin();
  burst(w, 10);
  w.calls.clear();
  w.run(50min);
  BOOST_TEST(w.calls.size() <= 33U);
}

BOOST_AUTO_TEST_CASE(a_stuck_entry_is_told_once) {
  world w;
  w.cloud.pending = std::chrono::hours{2};
  w.begin();
  auto name = world::name(1);
  w.wish(world::want(world::spec(1)));
  w.run(30s);
  BOOST_TEST(w.told(entry_fact::late) == 0U);
  w.run(1h);
  BOOST_TEST(w.told(entry_fact::late, name) == 1U);
  BOOST_TEST(w.last(name)->id == w.cloud.entries.begin()->first);
  BOOST_TEST(w.last(name)->detail.find("pending") != std::string::npos);
  w.run(2h);
  BOOST_TEST((w.last(name)->fact == entry_fact::available));
  BOOST_TEST(w.told(entry_fact::late) == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
