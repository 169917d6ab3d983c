#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "test/unit/core/pool_world.hpp"

using namespace natgw;
using namespace std::chrono_literals;

// Port lists and addresses that change while something else is under way.

namespace {

/// Room for two ports on one EIP, or a few more.
struct changes_fixture {
  test::pool_world world;

  explicit changes_fixture(uint16_t last_port = 513)
    : world{1,
            {.names = *core::entry_names::make("natgw", "cluster-uid"),
             .gateway = "ngw-1",
             .zone = "z",
             .first_port = 512,
             .last_port = last_port,
             .cooldown = 10s}} {
    world.start();
    world.settle();
  }

  ~changes_fixture() {
    for (const auto& x : world.harm)
      BOOST_ERROR(x);
  }

  /// Everything that can happen without time passing.
  void run() {
    while (world.step())
      continue;
  }

  uint32_t held() const {
    return world.pool->ports().counts(protocol::tcp).held;
  }

  bool leads_to(const std::string& ip) const {
    return std::ranges::any_of(world.table, [&](auto& x) {
      return x.second.internal_ip == ip;
    });
  }
};

struct roomy_fixture : changes_fixture {
  roomy_fixture() : changes_fixture{600} {
  }
};

const std::vector<port_item> web{{protocol::tcp, 80, 1}};
const std::vector<port_item> both{{protocol::tcp, 80, 1},
                                  {protocol::tcp, 443, 1}};
const std::vector<port_item> three{
  {protocol::tcp, 80, 1}, {protocol::tcp, 443, 1}, {protocol::tcp, 8080, 1}};

} // namespace

BOOST_FIXTURE_TEST_SUITE(pool_changes, changes_fixture)

BOOST_FIXTURE_TEST_CASE(ports_asked_for_again_are_those_the_record_promises,
                        roomy_fixture) {
  world.create_pod("a", both, true);
  world.settle();
  auto before = world.record("a")->promise->runs;
  world.holds_drops = true;
  // It gives a port up, and goes before its record can say so.
  auto pod = world.pods.at("a");
  world.take(
    world.pool->bind({pod.view, {.items = web, .fixed = true}}, world.now));
  world.unbind(pod.view, true);
  world.delete_pod("a");
  run();
  world.pass(2min);
  run();
  world.create_pod("a", both, true);
  run();
  world.release_drops();
  world.settle();
  BOOST_TEST((world.record("a")->promise->runs == before));
  BOOST_TEST(world.record("a")->status.size() == 2u);
}

BOOST_AUTO_TEST_CASE(what_leads_to_a_former_address_does_not_wait_for_room) {
  world.create_pod("a", both, true);
  world.settle();
  auto former = world.pods.at("a").view->ip;
  world.delete_pod("a");
  run();
  world.create_pod("a", three, true, "172.16.9.9");
  run();
  BOOST_TEST(!leads_to(former));
  BOOST_TEST(world.record("a")->status.empty());
  BOOST_TEST(held() == 2u);
}

BOOST_AUTO_TEST_CASE(mapping_that_nobody_has_seen_looks_for_room_elsewhere) {
  world.refuse = [](const entry_want& x) -> std::optional<entry_news> {
    return entry_news{
      .fact = entry_fact::refused, .spec = x.spec, .reason = ec::rejected};
  };
  world.create_pod("a", both);
  run();
  BOOST_TEST_REQUIRE(world.record("a"));
  world.change_ports("a", three);
  run();
  BOOST_TEST(!world.record("a"));
  BOOST_TEST(held() == 0u);
}

BOOST_AUTO_TEST_CASE(mapping_that_was_published_stays_where_it_has_no_room) {
  world.create_pod("a", both);
  world.settle();
  auto before = world.record("a")->status;
  world.change_ports("a", three);
  run();
  BOOST_TEST((world.record("a")->status == before));
  BOOST_TEST(world.events.back().message.starts_with("no room"));
}

BOOST_AUTO_TEST_CASE(pod_without_an_address_shows_nothing) {
  world.create_pod("a", web);
  world.settle();
  auto pod = world.pods.at("a").view;
  world.change_pod("a", [](pod_view& x) { x.ip.clear(); });
  run();
  BOOST_TEST(world.record("a")->status.empty());
  BOOST_TEST(leads_to(pod->ip));
  world.pass(2min);
  run();
  BOOST_TEST(world.table.empty());
  world.change_pod("a", [](pod_view& x) { x.ip = "172.16.9.9"; });
  world.settle();
  BOOST_TEST(world.record("a")->status.size() == 1u);
  BOOST_TEST(world.creates == 2u);
}

BOOST_AUTO_TEST_CASE(early_promise_of_a_pod_without_address_is_written_once) {
  world.create_pod("a", web);
  world.settle();
  world.dress = [](pod_view& x) { x.ip.clear(); };
  world.create_pod("b", web);
  run();
  world.pass(2min);
  run();
  world.change_pod("b", [](pod_view& x) { x.ip = "172.16.9.9"; });
  world.settle();
  BOOST_TEST(world.record("b")->promise->attempt == 0u);
  BOOST_TEST(world.writes(record_op::promise) == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
