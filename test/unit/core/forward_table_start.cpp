#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "forward_table_world.hpp"

using namespace std::chrono_literals;
using namespace natgw;
using namespace natgw::core;
using namespace natgw::core::test;

namespace {

/// Names as another cluster would build them.
std::string name_of_neighbour() {
  auto names = *entry_names::make("natgw", "another-uid");
  return names.build(plain_name_key("1"), 0);
}

entry_spec foreign_spec(int n, std::string name = "web") {
  return {std::move(name),
          "1.0.0.2",
          "10.9.0.1",
          static_cast<uint16_t>(1 + n),
          static_cast<uint16_t>(1 + n),
          1,
          protocol::tcp};
}

} // namespace

entry_want fresh(int n) {
  auto result = world::want(world::spec(n));
  result.fresh = true;
  return result;
}

/// A table that has stood by for a while, with two entries of others.
struct warm : world {
  warm() {
    cloud.put(foreign_spec(1));
    cloud.put(foreign_spec(2));
    cloud.put(world::spec(1));
    take(table->stand_by(now));
    run(1s);
  }

  /// Takes over; what reaches the pool from now on is news.
  void lead() {
    foreign.clear();
    news.clear();
    calls.clear();
    report = {};
    take(table->lead(7, now));
  }
};

BOOST_AUTO_TEST_SUITE(forward_table_start)

BOOST_AUTO_TEST_CASE(the_report_tells_zone_and_eips_and_the_list) {
  world w;
  w.start();
  w.run(1s);
  BOOST_TEST(w.report.usable);
  BOOST_TEST(w.report.listed);
  BOOST_TEST(w.report.zone == "zone-a");
  BOOST_TEST(w.report.eips.size() == 2U);
}

BOOST_AUTO_TEST_CASE(fm21_every_page_is_read) {
  world w;
  for (int i = 0; i < 120; ++i)
    w.cloud.put(foreign_spec(i));
  w.start();
  BOOST_TEST(w.foreign.size() == 120U);
  BOOST_TEST(w.report.entries == 120U);
  BOOST_TEST(w.sent(api_action::describe_entries) == 3U);
}

BOOST_AUTO_TEST_CASE(a_table_that_moves_while_it_is_listed_is_listed_anew) {
  world w;
  for (int i = 0; i < 120; ++i)
    w.cloud.put(foreign_spec(i));
  auto pages = 0;
  w.on_reply = [&](const api_call& call, api_reply&) {
    if (call.action == api_action::describe_entries && ++pages == 1)
      w.cloud.entries.erase(w.cloud.entries.begin());
    return false;
  };
  w.start();
  BOOST_TEST(w.foreign.size() == 119U);
  // Twice three pages, and a look at the one that went.
  BOOST_TEST(w.sent(api_action::describe_entries) == 7U);
}

BOOST_AUTO_TEST_CASE(a_page_that_fails_is_asked_again) {
  world w;
  for (int i = 0; i < 120; ++i)
    w.cloud.put(foreign_spec(i));
  auto failures = 0;
  w.on_reply = [&](const api_call& call, api_reply& reply) {
    if (call.page_number == 2 && ++failures <= 2) {
      reply.outcome = call_class::unanswered;
      reply.entries.clear();
    }
    return false;
  };
  w.start();
  w.run(5s);
  BOOST_TEST(w.foreign.size() == 120U);
}

BOOST_AUTO_TEST_CASE(ours_are_told_unclaimed_and_others_foreign) {
  world w;
  w.cloud.put(world::spec(1));
  w.cloud.put(foreign_spec(1, "web"));
  w.cloud.put(foreign_spec(2, ""));
  w.cloud.put(foreign_spec(3, name_of_neighbour()));
  w.start();
  BOOST_TEST(w.told(entry_fact::unclaimed) == 1U);
  BOOST_TEST(w.told(entry_fact::unclaimed, world::name(1)) == 1U);
  BOOST_TEST(w.foreign.size() == 3U);
}

BOOST_AUTO_TEST_CASE(an_ip_mapping_is_foreign_even_under_our_name) {
  world w;
  auto spec = world::spec(1);
  spec.external_port = spec.internal_port = 1;
  spec.count = 65535;
  w.cloud.put(spec, true);
  w.start();
  BOOST_REQUIRE(w.foreign.size() == 1U);
  BOOST_TEST(w.foreign.front().any);
  BOOST_TEST(w.news.empty());
}

BOOST_AUTO_TEST_CASE(a_wish_that_is_right_already_costs_no_write) {
  world w;
  w.cloud.put(world::spec(1));
  w.start();
  w.wish(world::want(world::spec(1)));
  w.run(20s);
  BOOST_TEST(w.told(entry_fact::available) == 1U);
  BOOST_TEST(w.sent(api_action::create_entry) == 0U);
  BOOST_TEST(w.sent(api_action::modify_entry) == 0U);
}

BOOST_AUTO_TEST_CASE(a_nameless_entry_that_equals_a_wish_is_ours) {
  world w;
  auto spec = world::spec(1);
  spec.name.clear();
  auto id = w.cloud.put(spec);
  w.start();
  BOOST_TEST(w.foreign.size() == 1U);
  w.wish(world::want(world::spec(1)));
  w.run(20s);
  BOOST_TEST(w.foreign.empty());
  BOOST_REQUIRE(w.told(entry_fact::available) == 1U);
  BOOST_TEST(w.news.back().id == id);
  w.wish(entry_drop{world::spec(1)});
  w.run(20s);
  BOOST_TEST(w.told(entry_fact::gone) == 1U);
  BOOST_TEST(w.cloud.entries.empty());
}

BOOST_AUTO_TEST_CASE(a_nameless_entry_that_differs_is_not_ours) {
  world w;
  auto spec = world::spec(1);
  spec.name.clear();
  spec.internal_port = 81;
  w.cloud.put(spec);
  w.start();
  w.wish(world::want(world::spec(1)));
  w.run(20s);
  BOOST_TEST(w.foreign.size() == 1U);
  BOOST_TEST(w.told(entry_fact::refused) == 1U);
  BOOST_TEST(w.cloud.entries.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_nameless_entry_follows_its_pod_to_another_address) {
  world w;
  auto former = world::spec(1);
  former.name.clear();
  former.internal_ip = "10.7.0.1";
  auto id = w.cloud.put(former);
  w.start();
  auto wish = world::want(world::spec(1));
  wish.former_ip = former.internal_ip;
  w.wish(wish);
  w.run(20s);
  BOOST_TEST(w.foreign.empty());
  BOOST_REQUIRE(w.told(entry_fact::available) == 1U);
  BOOST_TEST(w.news.back().id == id);
  BOOST_TEST(w.sent(api_action::create_entry) == 0U);
  BOOST_TEST(w.sent(api_action::modify_entry) == 1U);
  BOOST_TEST((w.cloud.entries.at(id).spec == world::spec(1)));
}

BOOST_AUTO_TEST_CASE(a_nameless_entry_is_ours_by_all_its_fields) {
  for (auto change : {0, 1}) {
    world w;
    auto former = world::spec(1);
    former.name = change == 0 ? "" : "web";
    former.internal_ip = "10.7.0.1";
    former.internal_port = static_cast<uint16_t>(change == 0 ? 81 : 80);
    w.cloud.put(former);
    w.start();
    auto wish = world::want(world::spec(1));
    wish.former_ip = former.internal_ip;
    w.wish(wish);
    w.run(20s);
    BOOST_TEST(w.foreign.size() == 1U);
    BOOST_TEST(w.told(entry_fact::refused) == 1U);
    BOOST_TEST(w.sent(api_action::modify_entry) == 0U);
  }
}

BOOST_AUTO_TEST_CASE(a_nameless_entry_may_still_go_from_its_former_address) {
  world w;
  auto former = world::spec(1);
  former.name.clear();
  former.internal_ip = "10.7.0.1";
  w.cloud.put(former);
  w.take(w.table->start(w.now));
  w.run(50ms);
  auto wish = world::want(world::spec(1));
  wish.former_ip = former.internal_ip;
  w.wish(wish);
  w.run(1s);
  w.wish(entry_drop{world::spec(1)});
  w.take(w.table->settled(w.now));
  w.run(1min);
  BOOST_TEST(w.told(entry_fact::gone) == 1U);
  BOOST_TEST(w.cloud.entries.empty());
}

BOOST_AUTO_TEST_CASE(nothing_is_modified_or_deleted_before_it_is_settled) {
  world w;
  w.cloud.put(world::spec(1));
  w.cloud.put(world::spec(2));
  w.take(w.table->start(w.now));
  w.run(50ms);
  auto moved = world::spec(1);
  moved.internal_ip = "10.7.0.1";
  w.wish(world::want(moved));
  w.wish(entry_drop{world::spec(2)});
  w.wish(world::want(world::spec(3)));
  w.run(1min);
  BOOST_TEST(w.sent(api_action::create_entry) == 1U);
  BOOST_TEST(w.sent(api_action::modify_entry) == 0U);
  BOOST_TEST(w.sent(api_action::delete_entry) == 0U);
  w.take(w.table->settled(w.now));
  w.run(1min);
  BOOST_TEST(w.sent(api_action::modify_entry) == 1U);
  BOOST_TEST(w.sent(api_action::delete_entry) == 1U);
}

BOOST_AUTO_TEST_CASE(the_first_delete_waits_one_write_deadline_and_a_look) {
  world w;
  auto id = w.cloud.put(world::spec(1));
  w.start();
  w.wish(entry_drop{world::spec(1)});
  w.run(9s);
  BOOST_TEST(w.sent(api_action::delete_entry) == 0U);
  w.calls.clear();
  w.run(3s);
  BOOST_REQUIRE(w.calls.size() >= 2U);
  BOOST_TEST(w.calls[0].filter.entry_id == id);
  BOOST_TEST((w.calls[1].action == api_action::delete_entry));
  BOOST_TEST(w.told(entry_fact::gone) == 1U);
}

// A create of the predecessor is still on its way when the drop comes.
BOOST_AUTO_TEST_CASE(an_unknown_drop_waits_for_a_late_create) {
  world w;
  w.start();
  w.wish(entry_drop{world::spec(1)});
  w.at(w.now + 8s, [&] { w.cloud.put(world::spec(1)); });
  w.run(9s);
  BOOST_TEST(w.told(entry_fact::gone) == 0U);
  w.run(10s);
  BOOST_TEST(w.told(entry_fact::gone) == 1U);
  BOOST_TEST(w.cloud.entries.empty());
}

BOOST_AUTO_TEST_CASE(a_stranger_at_the_dropped_triple_is_left_alone) {
  world w;
  w.begin();
  auto spec = world::spec(1);
  spec.name = "web";
  w.cloud.put(spec);
  w.wish(entry_drop{world::spec(1)});
  w.run(5s);
  BOOST_TEST(w.told(entry_fact::gone) == 1U);
  BOOST_TEST(w.foreign.size() == 1U);
  BOOST_TEST(w.sent(api_action::delete_entry) == 0U);
}

BOOST_AUTO_TEST_CASE(a_gateway_of_another_vpc_is_not_used) {
  world w;
  w.cloud.gateway.vpc_id = "vpc-2";
  w.start();
  w.wish(world::want(world::spec(1)));
  w.run(10min);
  BOOST_TEST(!w.report.usable);
  BOOST_TEST(w.report.problem.find("vpc-2") != std::string::npos);
  BOOST_TEST(w.sent(api_action::create_entry) == 0U);
  // It is asked again and again, but slowly.
  BOOST_TEST(w.sent(api_action::describe_gateways) > 10U);
  BOOST_TEST(w.sent(api_action::describe_gateways) < 60U);
}

BOOST_AUTO_TEST_CASE(a_locked_gateway_is_used_again_once_it_is_unlocked) {
  world w;
  w.cloud.gateway.financial_locked = true;
  w.start();
  w.wish(world::want(world::spec(1)));
  w.run(1min);
  BOOST_TEST(!w.report.usable);
  w.cloud.gateway.financial_locked = false;
  w.run(2min);
  BOOST_TEST(w.report.usable);
  BOOST_TEST(w.told(entry_fact::available) == 1U);
}

BOOST_AUTO_TEST_CASE(an_empty_list_alone_is_no_proof_that_a_gateway_is_gone) {
  world w;
  w.cloud.put(world::spec(1));
  w.begin();
  w.cloud.gateway_exists = false;
  w.run(1h);
  BOOST_TEST(!w.report.usable);
  BOOST_TEST(w.report.problem == "is not found");
  w.cloud.gateway_exists = true;
  w.run(2min);
  BOOST_TEST(w.report.usable);
}

BOOST_AUTO_TEST_CASE(all_drops_are_gone_with_a_gateway_that_is_gone) {
  world w;
  w.begin();
  w.wish(world::want(world::spec(1)));
  w.wish(world::want(world::spec(2)));
  w.run(5s);
  w.cloud.gateway_exists = false;
  w.cloud.table_exists = false;
  w.wish(entry_drop{world::spec(1)});
  w.run(9min);
  BOOST_TEST(w.told(entry_fact::gone) == 0U);
  w.run(10min);
  BOOST_TEST(w.told(entry_fact::gone, world::name(1)) == 1U);
  BOOST_TEST(w.told(entry_fact::refused, world::name(2)) == 1U);
  w.wish(entry_drop{world::spec(3)});
  BOOST_TEST(w.told(entry_fact::gone, world::name(3)) == 1U);
}

// Who waits for the table to be read before clashes are decided would wait for
// ever.
BOOST_AUTO_TEST_CASE(table_of_a_gateway_that_is_gone_counts_as_read) {
  world w;
  w.cloud.gateway_exists = false;
  w.cloud.table_exists = false;
  w.begin();
  w.run(9min);
  BOOST_TEST(!w.report.listed);
  w.run(10min);
  BOOST_TEST(w.report.listed);
  BOOST_TEST(!w.report.usable);
}

BOOST_AUTO_TEST_CASE(unanswered_write_outlives_a_gateway_that_comes_back) {
  world w;
  w.begin();
  auto first = true;
  w.on_reply = [&](const api_call& call, api_reply& reply) {
    if (!is_write(call.action) || !std::exchange(first, false))
      return false;
    reply.outcome = call_class::unanswered;
    reply.code = ec::timeout;
    w.cloud.gateway_exists = false;
    w.cloud.table_exists = false;
    w.cloud.entries.clear();
    w.cloud.tokens.clear();
    return false;
  };
  w.wish(world::want(world::spec(1)));
  w.run(20min);
  BOOST_TEST(w.told(entry_fact::refused) == 1U);
  w.cloud.gateway_exists = true;
  w.cloud.table_exists = true;
  w.run(2min);
  BOOST_TEST_REQUIRE(w.report.usable);
  w.wish(world::want(world::spec(1)));
  w.run(2min);
  BOOST_TEST(w.told(entry_fact::available) == 1U);
  BOOST_TEST(w.cloud.entries.size() == 1U);
  w.wish(entry_drop{world::spec(1)});
  w.run(2min);
  BOOST_TEST(w.told(entry_fact::gone) == 1U);
  BOOST_TEST(w.cloud.entries.empty());
}

// -- stand-by -----------------------------------------------------------------

BOOST_AUTO_TEST_CASE(stand_by_only_reads_a_page_at_a_time_and_last_of_all) {
  world w;
  for (int i = 0; i < 300; ++i)
    w.cloud.put(foreign_spec(i));
  auto under_way = 0;
  auto most = 0;
  w.on_call = [&](const api_call&) {
    most = std::max(most, ++under_way);
    return false;
  };
  w.on_reply = [&](const api_call&, api_reply&) {
    --under_way;
    return false;
  };
  w.take(w.table->stand_by(w.now));
  w.run(1h);
  BOOST_TEST(w.report.listed);
  BOOST_TEST(w.foreign.size() == 300U);
  for (auto& x : w.calls) {
    BOOST_TEST((x.priority == urgency::background));
    BOOST_TEST(!is_write(x.action));
  }
  // One for the gateway, and one page.
  BOOST_TEST(most <= 2);
  BOOST_TEST(w.sent(api_action::describe_entries) < 13U * 6U);
}

BOOST_AUTO_TEST_CASE(stand_by_does_not_look_at_what_the_leader_changes) {
  world w;
  for (int i = 0; i < 40; ++i)
    w.cloud.put(world::spec(i));
  w.cloud.put(foreign_spec(1));
  w.take(w.table->stand_by(w.now));
  w.run(1s);
  BOOST_TEST(w.news.empty());
  BOOST_TEST(w.foreign.size() == 1U);
  w.cloud.entries.clear();
  w.calls.clear();
  w.run(6min);
  BOOST_TEST(w.foreign.empty());
  BOOST_TEST(w.sent(api_action::describe_entries) == 1U);
}

BOOST_AUTO_TEST_CASE(warm_table_tells_what_it_knows_before_any_answer) {
  warm w;
  w.lead();
  BOOST_TEST(w.foreign.size() == 2U);
  BOOST_TEST(w.report.usable);
  BOOST_TEST(w.report.mirrored);
  BOOST_TEST(!w.report.listed);
  BOOST_TEST(w.report.zone == "zone-a");
  BOOST_TEST(w.report.eips.size() == 2U);
  // Everything is asked for again, at once and first of all.
  BOOST_TEST(w.sent(api_action::describe_gateways) == 1U);
  BOOST_TEST(w.sent(api_action::describe_entries) == 1U);
  for (auto& x : w.calls) {
    BOOST_TEST((x.priority == urgency::birth));
    BOOST_TEST(x.epoch == 7U);
  }
  w.run(1s);
  BOOST_TEST(w.report.listed);
  BOOST_TEST(w.foreign.size() == 2U);
  BOOST_TEST(w.told(entry_fact::unclaimed, world::name(1)) == 1U);
}

BOOST_AUTO_TEST_CASE(stale_memory_is_corrected_by_the_first_reading) {
  warm w;
  w.cloud.gateway.eips = {{"1.0.0.9", "eip-9", false}};
  std::erase_if(w.cloud.entries, [](auto& x) {
    return x.second.spec.external_port == foreign_spec(1).external_port;
  });
  w.cloud.put(foreign_spec(3));
  w.lead();
  BOOST_TEST(w.report.eips.size() == 2U);
  w.run(1s);
  BOOST_REQUIRE(w.report.eips.size() == 1U);
  BOOST_TEST(w.report.eips.front().address == "1.0.0.9");
  std::set<uint16_t> ports;
  for (auto& x : w.foreign)
    ports.insert(x.external_port);
  BOOST_TEST((
    ports
    == std::set{foreign_spec(2).external_port, foreign_spec(3).external_port}));
}

BOOST_AUTO_TEST_CASE(fresh_entry_is_created_before_a_warm_table_is_listed) {
  warm w;
  // No page comes, but looks at single entries are answered.
  w.on_call = [](const api_call& x) {
    return x.action == api_action::describe_entries
           && x.filter.entry_id.empty();
  };
  w.lead();
  w.wish(fresh(5));
  w.run(5s);
  BOOST_TEST(!w.report.listed);
  BOOST_TEST(w.sent(api_action::create_entry) == 1U);
  // What may have been written by the former leader waits for the list.
  w.wish(world::want(world::spec(1)));
  w.wish(world::want(world::spec(6)));
  w.run(1min);
  BOOST_TEST(w.sent(api_action::create_entry) == 1U);
  BOOST_TEST(w.sent(api_action::modify_entry) == 0U);
}

BOOST_AUTO_TEST_CASE(fresh_entry_waits_for_the_list_of_a_cold_table) {
  world w;
  w.on_call = [](const api_call& x) {
    return x.action == api_action::describe_entries;
  };
  w.take(w.table->lead(7, w.now));
  w.wish(fresh(5));
  w.run(1min);
  BOOST_TEST(w.report.usable);
  BOOST_TEST(w.sent(api_action::create_entry) == 0U);
}

BOOST_AUTO_TEST_CASE(fresh_entry_that_finds_its_port_taken_waits_for_the_list) {
  warm w;
  auto in_the_way = foreign_spec(3);
  in_the_way.external_ip = world::spec(5).external_ip;
  in_the_way.external_port = world::spec(5).external_port;
  w.cloud.put(in_the_way);
  auto held = true;
  auto is_page = [](const api_call& x) {
    return x.action == api_action::describe_entries && x.filter.entry_id.empty()
           && x.filter.external_ip.empty() && x.filter.internal_ip.empty();
  };
  w.on_call = [&](const api_call& x) { return held && is_page(x); };
  w.lead();
  w.wish(fresh(5));
  w.run(3s);
  BOOST_TEST(w.sent(api_action::create_entry) == 1U);
  BOOST_TEST(w.told(entry_fact::refused) == 0U);
  held = false;
  for (auto call : std::vector{w.calls})
    if (is_page(call))
      w.deliver(call, 1ms);
  w.run(3s);
  BOOST_TEST(w.report.listed);
  BOOST_TEST(w.told(entry_fact::refused, world::name(5)) == 1U);
}

BOOST_AUTO_TEST_CASE(warm_table_changes_nothing_before_it_may) {
  warm w;
  auto moved = world::spec(1);
  moved.internal_ip = "10.7.0.1";
  w.lead();
  auto began = w.now;
  w.take(w.table->settled(w.now));
  w.wish(world::want(moved));
  w.run(9s);
  BOOST_TEST(w.report.listed);
  BOOST_TEST(w.sent(api_action::modify_entry) == 0U);
  w.run(11s - (w.now - began));
  BOOST_TEST(w.sent(api_action::modify_entry) == 1U);
}

// Their numbers must not be taken for those of calls that are under way.
BOOST_AUTO_TEST_CASE(answers_to_the_stand_by_come_too_late) {
  world w;
  w.cloud.put(foreign_spec(1));
  w.on_call = [](const api_call& x) {
    return x.action == api_action::describe_entries;
  };
  w.take(w.table->stand_by(w.now));
  w.run(1s);
  BOOST_REQUIRE(w.sent(api_action::describe_entries) == 1U);
  api_reply late;
  late.id = w.calls.back().id;
  w.take(w.table->lead(7, w.now));
  w.take(w.table->handle(late, w.now));
  BOOST_TEST(w.report.usable);
  BOOST_TEST(!w.report.listed);
}

BOOST_AUTO_TEST_CASE(unusable_gateway_is_not_remembered) {
  world w;
  w.cloud.gateway.financial_locked = true;
  w.take(w.table->stand_by(w.now));
  w.run(1min);
  w.cloud.gateway.financial_locked = false;
  w.report = {};
  w.take(w.table->lead(7, w.now));
  BOOST_TEST(!w.report.usable);
  BOOST_TEST(!w.report.mirrored);
  w.run(1s);
  BOOST_TEST(w.report.usable);
  BOOST_TEST(w.report.listed);
}

// A nameless entry that only the stand-by saw proves nothing.
BOOST_AUTO_TEST_CASE(remembered_nameless_entry_is_not_adopted) {
  world w;
  auto spec = world::spec(1);
  spec.name.clear();
  auto id = w.cloud.put(spec);
  w.take(w.table->stand_by(w.now));
  w.run(1s);
  w.cloud.entries.erase(id);
  w.take(w.table->lead(7, w.now));
  w.wish(world::want(world::spec(1)));
  w.run(5s);
  BOOST_TEST(w.told(entry_fact::available) == 1U);
  BOOST_TEST(w.news.back().id != id);
  BOOST_TEST(w.cloud.entries.size() == 1U);
}

BOOST_AUTO_TEST_CASE(refused_gateway_is_tried_again_though_nobody_waits) {
  world w;
  w.begin();
  auto refused = 0;
  w.on_reply = [&](const api_call& call, api_reply& reply) {
    if (is_write(call.action)) {
      ++refused;
      reply.outcome = call_class::fatal_gateway;
      reply.code = ec::gateway_unusable;
      reply.detail = "Forbidden";
      w.cloud.entries.clear();
    }
    return false;
  };
  w.wish(world::want(world::spec(1)));
  w.run(5s);
  BOOST_TEST(refused == 1);
  BOOST_TEST(!w.report.usable);
  BOOST_TEST(w.report.problem == "Forbidden");
  // Its only write is not wanted any more: none will be accepted.
  w.wish(entry_drop{world::spec(1)});
  w.run(1h);
  BOOST_TEST(w.told(entry_fact::gone) == 1U);
  BOOST_TEST(w.report.usable);
}

BOOST_AUTO_TEST_SUITE_END()
