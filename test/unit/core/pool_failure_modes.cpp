#include "core/pool/pool.hpp"

#include <algorithm>

#include <boost/test/unit_test.hpp>

#include "test/unit/core/pool_world.hpp"

// Modes of docs/failure-modes.md that a single pool shows.

using namespace natgw;
using namespace std::chrono_literals;

namespace {

core::pool_options options() {
  return {.names = *core::entry_names::make("natgw", "cluster-uid"),
          .gateway = "ngw-1",
          .zone = "z",
          .first_port = 512,
          .last_port = 711,
          .cooldown = 10s};
}

/// Two runs: two entries.
std::vector<port_item> two_runs() {
  return {{protocol::tcp, 80, 1}, {protocol::tcp, 443, 1}};
}

struct fixture {
  test::pool_world world{7, options()};

  fixture() {
    world.start();
    world.settle();
  }

  /// Whether the pod has been told that it is ready.
  bool is_told() const {
    return std::ranges::any_of(world.patches, [](const pod_patch& x) {
      return x.status_annotation
             && x.status_annotation->starts_with(R"({"state":"ready")");
    });
  }

  size_t shown() const {
    auto* record = world.record("a");
    return record == nullptr ? 0 : record->status.size();
  }

  void no_harm() const {
    for (auto& x : world.harm)
      BOOST_ERROR(x);
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(pool_failure_modes, fixture)

BOOST_AUTO_TEST_CASE(fm04_fixed_mapping_ends_with_its_workload) {
  world.create_pod("a", two_runs(), true);
  world.settle();
  world.delete_pod("a");
  world.settle();
  // Scaled to nothing: it waits for its pod, and holds no entry meanwhile.
  BOOST_TEST(world.table.empty());
  BOOST_TEST(world.pool->ports().counts(protocol::tcp).held == 2U);
  world.workload = presence::unknown;
  world.settle();
  BOOST_TEST_REQUIRE(world.record("a"));
  world.workload = presence::absent;
  world.settle();
  BOOST_TEST(!world.record("a"));
  BOOST_TEST(world.pool->ports().counts(protocol::tcp).held == 0U);
  BOOST_TEST(world.pool->slots() == 0U);
  no_harm();
}

BOOST_AUTO_TEST_CASE(fm04_fixed_mapping_does_not_hold_a_pool_that_is_drained) {
  world.create_pod("a", two_runs(), true);
  world.settle();
  world.drain();
  world.start();
  world.settle();
  // It forwards as long as its pod lives, and is not kept after that.
  BOOST_TEST(shown() == 2U);
  world.delete_pod("a");
  world.workload = presence::absent;
  world.settle();
  BOOST_TEST(world.table.empty());
  BOOST_TEST(world.records.empty());
  BOOST_TEST(world.pool->slots() == 0U);
  no_harm();
}

BOOST_AUTO_TEST_CASE(fm07_ready_is_told_last_and_whole) {
  world.create_pod("a", two_runs());
  size_t steps = 0;
  while (!is_told() && world.step()) {
    ++steps;
    BOOST_TEST((shown() == 0U || shown() == 2U));
    BOOST_TEST((shown() == 0U || world.table.size() == 2U));
  }
  BOOST_TEST(steps > 4U);
  BOOST_TEST_REQUIRE(is_told());
  BOOST_TEST(shown() == 2U);
  no_harm();
}

BOOST_AUTO_TEST_CASE(fm07_half_a_mapping_is_not_told) {
  auto asked = 0;
  world.refuse = [&asked](const entry_want& x) -> std::optional<entry_news> {
    if (++asked < 2)
      return std::nullopt;
    return entry_news{
      .fact = entry_fact::refused, .spec = x.spec, .reason = ec::rejected};
  };
  world.create_pod("a", two_runs());
  while (world.step())
    continue;
  BOOST_TEST(asked == 2);
  BOOST_TEST(world.table.size() == 1U);
  BOOST_TEST(!is_told());
  BOOST_TEST(shown() == 0U);
  // The refusal does not last, nor does what it kept back.
  world.refuse = nullptr;
  world.settle();
  BOOST_TEST(is_told());
  BOOST_TEST(shown() == 2U);
  no_harm();
}

BOOST_AUTO_TEST_CASE(fm10_mapping_waits_for_no_readiness) {
  world.dress = [](auto& x) { x.gate = gate_state::not_true; };
  world.create_pod("a", two_runs());
  world.settle();
  // The pod has never been ready, and its app may wait for this.
  BOOST_TEST(shown() == 2U);
  BOOST_TEST(is_told());
  BOOST_TEST_REQUIRE(world.patches.front().condition.has_value());
  BOOST_TEST(world.patches.front().condition->is_true);
  no_harm();
}

BOOST_AUTO_TEST_SUITE_END()
