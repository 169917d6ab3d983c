#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>

#include "test/unit/core/pool_world.hpp"

using namespace natgw;
using namespace std::chrono_literals;

// What becomes of mappings on an EIP that leaves its gateway, and what people
// hear of it.

namespace {

const std::string first_eip = "47.97.0.10";
const std::string second_eip = "47.97.0.11";

table_report report_with(const std::vector<std::string>& addresses) {
  table_report result{.usable = true, .zone = "z", .listed = true};
  for (const auto& x : addresses)
    result.eips.push_back({.address = x, .allocation_id = "eip-" + x});
  return result;
}

struct eips_fixture {
  test::pool_world world{
    1,
    {.names = *core::entry_names::make("natgw", "cluster-uid"),
     .gateway = "ngw-1",
     .zone = "z",
     .first_port = 512,
     .last_port = 711,
     .cooldown = 10s}};

  eips_fixture() {
    world.start();
    world.settle();
  }

  ~eips_fixture() {
    for (const auto& x : world.harm)
      BOOST_ERROR(x);
  }

  void bind(const std::vector<std::string>& addresses) {
    world.take(world.pool->table_told(report_with(addresses), world.now));
  }

  /// Everything that can happen without time passing.
  void act() {
    while (world.step())
      continue;
  }

  /// Time passes, and the timers of the pool go off.
  void pass(std::chrono::nanoseconds span) {
    world.pass(span);
    act();
  }

  /// Where the pod is reachable; empty if nowhere.
  std::string address_of(const std::string& name) const {
    const auto* record = world.record(name);
    return record == nullptr || record->status.empty()
             ? std::string{}
             : record->status.front().external_ip;
  }

  bool was_said(const std::string& reason, const std::string& text) const {
    return std::ranges::any_of(world.events, [&](const object_event& x) {
      return x.reason == reason && x.message.find(text) != std::string::npos;
    });
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(pool_eips, eips_fixture)

BOOST_AUTO_TEST_CASE(plain_mapping_moves_from_an_eip_that_has_left) {
  world.create_pod("a", {{protocol::tcp, 80, 1}});
  world.settle();
  bind({second_eip});
  act();
  BOOST_TEST(was_said("DNATFailed", "EIP " + first_eip + " is not bound"));
  pass(9min);
  BOOST_TEST(address_of("a") == first_eip);
  pass(1min + 1s);
  world.settle();
  BOOST_TEST(address_of("a") == second_eip);
  BOOST_TEST(was_said("DNATFailed", "moves to another one"));
  BOOST_TEST_REQUIRE(world.table.size() == 1u);
  BOOST_TEST(world.table.begin()->second.external_ip == second_eip);
}

BOOST_AUTO_TEST_CASE(fixed_mapping_stays_what_it_is) {
  world.create_pod("a", {{protocol::tcp, 80, 1}}, true);
  world.settle();
  bind({second_eip});
  pass(1h);
  BOOST_TEST(address_of("a") == first_eip);
  BOOST_TEST(was_said("DNATFailed", "EIP " + first_eip + " is not bound"));
}

BOOST_AUTO_TEST_CASE(eip_that_comes_back_in_time_keeps_its_mappings) {
  world.create_pod("a", {{protocol::tcp, 80, 1}});
  world.settle();
  auto before = world.record("a")->promise->runs;
  bind({second_eip});
  pass(9min);
  bind({first_eip, second_eip});
  pass(5min);
  // The next time away counts from its own beginning.
  bind({second_eip});
  pass(9min);
  bind({first_eip, second_eip});
  pass(1h);
  BOOST_TEST(address_of("a") == first_eip);
  BOOST_TEST((world.record("a")->promise->runs == before));
}

BOOST_AUTO_TEST_CASE(nothing_new_is_put_on_an_eip_that_has_left) {
  bind({second_eip});
  world.create_pod("a", {{protocol::tcp, 80, 1}});
  world.settle();
  BOOST_TEST(address_of("a") == second_eip);
}

BOOST_AUTO_TEST_CASE(gateway_that_is_not_found_has_not_lost_its_eips) {
  world.create_pod("a", {{protocol::tcp, 80, 1}});
  world.settle();
  world.take(world.pool->table_told({.problem = "is not found"}, world.now));
  pass(1h);
  BOOST_TEST(address_of("a") == first_eip);
  BOOST_TEST(was_said("GatewayUnusable", "ngw-1 is not found"));
  bind({first_eip});
  BOOST_TEST(was_said("GatewayUsable", "ngw-1"));
}

BOOST_AUTO_TEST_CASE(locked_eip_keeps_what_it_has_and_gets_nothing_new) {
  world.create_pod("a", {{protocol::tcp, 80, 1}});
  world.settle();
  auto report = report_with({first_eip, second_eip});
  report.eips[0].locked = true;
  world.take(world.pool->table_told(report, world.now));
  world.create_pod("b", {{protocol::tcp, 80, 1}});
  pass(1h);
  BOOST_TEST(was_said("DNATFailed", "EIP " + first_eip + " is locked"));
  BOOST_TEST(address_of("a") == first_eip);
  BOOST_TEST(address_of("b") == second_eip);
  bind({first_eip});
  world.create_pod("c", {{protocol::tcp, 80, 1}});
  world.settle();
  BOOST_TEST(address_of("c") == first_eip);
}

BOOST_AUTO_TEST_CASE(eip_that_the_cloud_does_not_take_rests) {
  bind({first_eip, second_eip});
  std::string bad;
  world.refuse = [&](const entry_want& x) -> std::optional<entry_news> {
    if (bad.empty())
      bad = x.spec.external_ip;
    if (x.spec.external_ip != bad)
      return std::nullopt;
    return entry_news{
      .fact = entry_fact::refused, .spec = x.spec, .reason = ec::eip_not_bound};
  };
  auto free = [this] { return world.pool->ports().free_ports(protocol::tcp); };
  world.create_pod("a", {{protocol::tcp, 80, 1}});
  act();
  pass(1s);
  BOOST_TEST(address_of("a") == (bad == first_eip ? second_eip : first_eip));
  BOOST_TEST(free() == 199u);
  pass(9min);
  BOOST_TEST(free() == 199u);
  pass(1min);
  BOOST_TEST(free() == 399u);
}

BOOST_AUTO_TEST_CASE(quota_that_is_reached_is_said_once) {
  auto full = report_with({first_eip});
  full.quota = 100;
  world.take(world.pool->table_told(full, world.now));
  full.queue_depth = 3;
  world.take(world.pool->table_told(full, world.now));
  BOOST_TEST(was_said("QuotaReached", "quota allows: 100"));
  BOOST_TEST(std::ranges::count(world.events, event_subject::controller,
                                &object_event::about)
             == 1);
}

BOOST_AUTO_TEST_CASE(entry_that_somebody_deleted_is_restored_with_an_event) {
  world.create_pod("a", {{protocol::tcp, 80, 1}});
  world.settle();
  world.lose_entry();
  world.settle();
  BOOST_TEST(was_said("DNATFailed", "somebody else has changed or deleted it"));
  BOOST_TEST(address_of("a") == first_eip);
  BOOST_TEST(world.table.size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
