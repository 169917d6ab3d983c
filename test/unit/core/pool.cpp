#include "core/pool/pool.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdlib>

#include "test/unit/core/pool_world.hpp"

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

std::vector<port_item> one_port() {
  return {{protocol::tcp, 80, 1}};
}

struct fixture {
  test::pool_world world{1, options()};

  fixture() {
    world.start();
    world.settle();
  }

  void no_harm() const {
    for (auto& x : world.harm)
      BOOST_ERROR(x);
  }
};

uint64_t seed_count() {
  auto text = std::getenv("NATGW_SEEDS");
  return text ? std::strtoull(text, nullptr, 10) : 300;
}

uint64_t first_seed() {
  auto text = std::getenv("NATGW_FIRST_SEED");
  return text ? std::strtoull(text, nullptr, 10) : 1;
}

table_report report_with_quota(uint32_t quota, bool in_doubt) {
  return {.usable = true,
          .eips = {{.address = "47.97.0.10", .allocation_id = "eip-1"}},
          .zone = "z",
          .listed = true,
          .quota = quota,
          .quota_in_doubt = in_doubt};
}

/// Everything that lives is reachable, and nothing is left of the rest.
void check_converged(const test::pool_world& world, size_t reserved) {
  size_t entries = 0;
  for (auto& [name, pod] : world.pods) {
    auto record = world.record(name);
    BOOST_TEST(record, name << " has no record");
    if (!record)
      continue;
    BOOST_TEST(record->status.size() == pod.request.items.size(), name);
    for (auto& x : record->status)
      BOOST_TEST(x.internal_ip == pod.view->ip);
    auto told = world.annotations.find(pod.view->uid);
    BOOST_TEST((told != world.annotations.end()
                && told->second.starts_with(R"({"state":"ready")")),
               name << " is not told that it is ready");
    entries += record->promise->runs.size();
  }
  BOOST_TEST(world.table.size() == entries);
  BOOST_TEST(world.records.size() == world.pods.size() + reserved);
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(pool, fixture)

BOOST_AUTO_TEST_CASE(pod_becomes_reachable_with_three_writes) {
  world.create_pod("a", one_port());
  world.settle();
  check_converged(world, 0);
  BOOST_TEST(world.creates == 1u);
  BOOST_TEST(world.writes(record_op::create) == 1u);
  BOOST_TEST(world.writes(record_op::promise) == 0u);
  BOOST_TEST(world.writes(record_op::status) == 1u);
  BOOST_TEST_REQUIRE(world.patches.size() == 1u);
  BOOST_TEST(world.patches[0].status_annotation->starts_with(
    R"({"state":"ready","externalIP":"47.97.0.10","ports":[{"external":)"));
  BOOST_TEST(world.events.back().reason == "DNATReady");
  no_harm();
}

BOOST_AUTO_TEST_CASE(fm08_pod_is_told_again_until_its_platform_has_looked) {
  world.create_pod("a", one_port());
  world.settle();
  BOOST_TEST_REQUIRE(world.patches.size() == 1U);
  auto tell = [this](bool waiting) {
    auto& pod = world.pods.at("a");
    auto view = *pod.view;
    view.okg_waiting = waiting;
    view.status_annotation = *world.patches.back().status_annotation;
    pod.view = std::make_shared<const pod_view>(view);
    world.take(world.pool->bind({pod.view, pod.request}, world.now));
  };
  tell(true);
  world.pass(1900ms);
  BOOST_TEST(world.patches.size() == 1U);
  world.pass(200ms);
  world.settle();
  // Each in other words, or it would be no change; and at most five times.
  BOOST_TEST_REQUIRE(world.patches.size() == 6U);
  BOOST_TEST(world.patches[1].status_annotation->ends_with(R"(,"nudge":1})"));
  BOOST_TEST(world.patches[5].status_annotation->ends_with(R"(,"nudge":5})"));
  tell(true);
  world.pass(10min);
  BOOST_TEST(world.patches.size() == 6U);
  tell(false);
  world.settle();
  BOOST_TEST(world.patches.size() == 6U);
  no_harm();
}

BOOST_AUTO_TEST_CASE(pod_whose_platform_has_looked_is_told_once) {
  world.create_pod("a", one_port());
  world.settle();
  world.pass(10min);
  BOOST_TEST(world.patches.size() == 1U);
}

BOOST_AUTO_TEST_CASE(nothing_is_left_when_the_pod_goes) {
  world.create_pod("a", one_port());
  world.settle();
  world.delete_pod("a");
  world.settle();
  check_converged(world, 0);
  BOOST_TEST(world.deletes == 1u);
  BOOST_TEST(world.pool->slots() == 0u);
  BOOST_TEST(world.pool->tenures() == 0u);
  BOOST_TEST(world.pool->ports().counts(protocol::tcp).held == 0u);
  no_harm();
}

BOOST_AUTO_TEST_CASE(neighbouring_ports_share_one_entry) {
  world.create_pod("a", {{protocol::udp, 7000, 16}, {protocol::udp, 7016, 1}});
  world.settle();
  BOOST_TEST(world.creates == 1u);
  auto record = world.record("a");
  BOOST_TEST_REQUIRE(record->status.size() == 2u);
  BOOST_TEST(record->status[0].internal_port == "7000-7015");
  BOOST_TEST(record->status[0].forward_entry_id
             == record->status[1].forward_entry_id);
}

BOOST_AUTO_TEST_CASE(successor_takes_the_orphan_over_by_one_modify) {
  world.create_pod("a", one_port());
  world.settle();
  auto before = world.record("a")->promise->runs.front().external;
  world.delete_pod("a");
  world.create_pod("a", one_port());
  world.settle();
  check_converged(world, 0);
  BOOST_TEST(world.creates + world.modifies >= 2u);
  BOOST_TEST(world.record("a")->promise->runs.front().external != before);
  no_harm();
}

BOOST_AUTO_TEST_CASE(entry_that_still_goes_does_not_keep_its_successor_busy) {
  world.create_pod("a", {{protocol::tcp, 80, 1}, {protocol::udp, 53, 1}});
  world.settle();
  auto ip = world.pods.at("a").view->ip;
  world.holds_drops = true;
  world.delete_pod("a");
  world.create_pod("a", one_port(), false, ip);
  // Each of the two tenures is at the address that the other one has.
  while (world.step())
    continue;
  BOOST_TEST(world.record("a")->status.size() == 1u);
  BOOST_TEST(world.table.size() == 2u);
  world.release_drops();
  world.settle();
  check_converged(world, 0);
  BOOST_TEST(world.pool->tenures() == 1u);
  no_harm();
}

BOOST_AUTO_TEST_CASE(successor_waits_for_what_it_cannot_take_over) {
  // Another number of ports is no Modify, and both are at one address.
  world.create_pod("a", one_port());
  world.settle();
  auto ip = world.pods.at("a").view->ip;
  world.delete_pod("a");
  world.create_pod("a", {{protocol::tcp, 80, 2}}, false, ip);
  world.settle();
  check_converged(world, 0);
  BOOST_TEST(world.pool->tenures() == 1u);
  no_harm();
}

BOOST_AUTO_TEST_CASE(successor_takes_over_what_is_in_its_way) {
  world.create_pod("a", {{protocol::tcp, 80, 1}, {protocol::tcp, 443, 1}});
  world.settle();
  auto ip = world.pods.at("a").view->ip;
  world.delete_pod("a");
  world.create_pod("a", {{protocol::tcp, 443, 1}, {protocol::tcp, 8443, 1}},
                   false, ip);
  world.settle();
  check_converged(world, 0);
  BOOST_TEST(world.modifies == 2u);
  BOOST_TEST(world.deletes == 0u);
  no_harm();
}

BOOST_AUTO_TEST_CASE(fixed_pod_keeps_its_port_and_costs_one_modify) {
  world.create_pod("a", one_port(), true);
  world.settle();
  auto before = world.record("a")->promise->runs;
  world.delete_pod("a");
  while (world.step())
    continue;
  BOOST_TEST(world.record("a")->status.empty());
  world.create_pod("a", one_port(), true);
  world.settle();
  check_converged(world, 0);
  BOOST_TEST((world.record("a")->promise->runs == before));
  BOOST_TEST(world.creates == 1u);
  BOOST_TEST(world.deletes == 0u);
  no_harm();
}

BOOST_AUTO_TEST_CASE(fixed_mapping_without_pod_keeps_only_its_record) {
  world.create_pod("a", one_port(), true);
  world.settle();
  world.delete_pod("a");
  world.settle();
  BOOST_TEST(world.table.empty());
  BOOST_TEST_REQUIRE(world.record("a"));
  BOOST_TEST(world.pool->ports().counts(protocol::tcp).held == 1u);
  world.delete_record("a");
  world.settle();
  BOOST_TEST(!world.record("a"));
  BOOST_TEST(world.pool->ports().counts(protocol::tcp).held == 0u);
  no_harm();
}

BOOST_AUTO_TEST_CASE(
  orphan_that_is_promised_again_while_it_goes_leaks_nothing) {
  world.create_pod("a", one_port(), true);
  world.settle();
  auto record = world.records.at("a");
  world.pods.clear();
  world.records.clear();
  world.holds_drops = true;
  world.start();
  world.settle();
  BOOST_TEST(world.pool->tenures() == 1u);
  BOOST_TEST(world.table.size() == 1u);
  // The record is put back, as from a backup.
  world.records["a"] = record;
  world.take(world.pool->record_changed(record, world.now));
  world.release_drops();
  world.settle();
  BOOST_TEST(world.table.empty());
  BOOST_TEST(world.pool->tenures() == 1u);
  BOOST_TEST((world.record("a")->promise->runs == record->promise->runs));
  BOOST_TEST(world.pool->ports().counts(protocol::tcp).held == 1u);
  world.create_pod("a", one_port(), true);
  world.settle();
  check_converged(world, 0);
  BOOST_TEST((world.record("a")->promise->runs == record->promise->runs));
  world.delete_pod("a");
  world.settle();
  world.delete_record("a");
  world.settle();
  BOOST_TEST(world.pool->tenures() == 0u);
  BOOST_TEST(world.pool->ports().counts(protocol::tcp).held == 0u);
  no_harm();
}

BOOST_AUTO_TEST_CASE(switch_turned_off_while_nobody_looked_ends_a_fixed_one) {
  world.create_pod("a", one_port(), true);
  world.settle();
  auto view = world.pods.at("a").view;
  world.pods.clear();
  world.start();
  world.settle();
  BOOST_TEST_REQUIRE(world.record("a"));
  world.unbind(view, false);
  world.settle();
  BOOST_TEST(!world.record("a"));
  BOOST_TEST(world.table.empty());
}

BOOST_AUTO_TEST_CASE(fixed_switched_to_and_fro_keeps_the_port) {
  world.create_pod("a", one_port());
  world.settle();
  auto runs = world.record("a")->promise->runs;
  for (auto i = 0; i < 400; ++i) {
    world.change_fixed("a", i % 2 == 0);
    for (auto j = 0; j < i % 13; ++j)
      world.step();
  }
  world.settle();
  check_converged(world, 0);
  BOOST_TEST((world.record("a")->promise->runs == runs));
  BOOST_TEST(world.creates == 1u);
  world.delete_pod("a");
  world.settle();
  BOOST_TEST(world.table.empty());
  BOOST_TEST(world.pool->tenures() == 0u);
  no_harm();
}

// Consumers would think the network down whenever the controller is updated.
BOOST_AUTO_TEST_CASE(restart_takes_nothing_back) {
  // Of several entries one is heard of before the others.
  std::vector<port_item> several{
    {protocol::tcp, 80, 1}, {protocol::udp, 7000, 2}, {protocol::tcp, 443, 1}};
  for (auto name : {"a", "b", "c", "d"})
    world.create_pod(name, several);
  world.settle();
  auto writes = world.writes(record_op::status);
  for (auto i = 0; i < 10; ++i) {
    world.start();
    world.settle();
  }
  check_converged(world, 0);
  BOOST_TEST(world.writes(record_op::status) == writes);
  BOOST_TEST(world.modifies == 0u);
  no_harm();
}

BOOST_AUTO_TEST_CASE(restart_does_not_believe_what_was_remembered) {
  world.create_pod("a", one_port(), true);
  world.settle();
  auto stale = world.records.at("a");
  world.change_ports("a", {{protocol::tcp, 80, 1}, {protocol::tcp, 7000, 2}});
  world.settle();
  auto promised = world.record("a")->promise->runs;
  world.start();
  // The watcher lags behind what the dead pool had written.
  world.take(world.pool->record_changed(stale, world.now));
  world.settle();
  BOOST_TEST((world.record("a")->promise->runs == promised));
  check_converged(world, 0);
  no_harm();
}

// A watch that is far behind tells of a record that the present one was made in
// place of, and then of its end.
BOOST_AUTO_TEST_CASE(late_end_of_a_former_record_leaves_the_status_true) {
  world.create_pod("a", one_port());
  world.settle();
  auto former = std::make_shared<record_view>(*world.records.at("a"));
  former->uid = "uid-of-a-former-record";
  former->resource_version = "0";
  former->status.clear();
  world.take(world.pool->record_changed(former, world.now));
  world.take(world.pool->record_gone(former, world.now));
  world.delete_pod("a");
  world.settle();
  check_converged(world, 0);
  no_harm();
}

BOOST_AUTO_TEST_CASE(ports_remembered_from_an_older_promise_are_free) {
  world.create_pod("a", one_port());
  world.create_pod("b", one_port());
  world.settle();
  auto a = world.record("a")->promise->runs;
  auto b = world.record("b")->promise->runs;
  auto stale = *world.records.at("b");
  stale.promise->runs = a;
  stale.resource_version = "1";
  world.start();
  // It clashes with a promise that has long been kept.
  world.take(world.pool->record_changed(world.records.at("a"), world.now));
  world.take(world.pool->record_changed(std::make_shared<record_view>(stale),
                                        world.now));
  world.settle();
  BOOST_TEST((world.record("a")->promise->runs == a));
  BOOST_TEST((world.record("b")->promise->runs == b));
  check_converged(world, 0);
  no_harm();
}

BOOST_AUTO_TEST_CASE(stolen_address_comes_back) {
  world.create_pod("a", one_port());
  world.settle();
  auto& view = *world.pods.at("a").view;
  world.take_address(view.ip, "uid-of-a-newer-pod");
  world.settle();
  BOOST_TEST(world.record("a")->status.empty());
  BOOST_TEST(world.table.empty());
  world.take_address(view.ip, view.uid);
  world.settle();
  check_converged(world, 0);
  no_harm();
}

BOOST_AUTO_TEST_CASE(pod_does_not_steal_its_own_address) {
  world.create_pod("a", one_port());
  world.settle();
  auto ip = world.pods.at("a").view->ip;
  world.delete_pod("a");
  world.create_pod("a", one_port(), false, ip);
  // Somebody else's entry pointed there, too, so all of the pool is told.
  world.take_address(ip, world.pods.at("a").view->uid);
  world.settle();
  check_converged(world, 0);
  no_harm();
}

BOOST_AUTO_TEST_CASE(record_deleted_by_a_person_comes_back_with_its_ports) {
  world.create_pod("a", one_port());
  world.settle();
  auto before = world.record("a")->promise->runs;
  auto uid = world.record("a")->uid;
  world.delete_record("a");
  world.settle();
  check_converged(world, 0);
  BOOST_TEST((world.record("a")->promise->runs == before));
  BOOST_TEST(world.record("a")->uid != uid);
  BOOST_TEST(world.deletes == 0u);
  no_harm();
}

BOOST_AUTO_TEST_CASE(record_of_a_terminating_pod_does_not_come_back) {
  for (auto fixed : {false, true}) {
    world.create_pod("a", one_port(), fixed);
    world.settle();
    auto creates = world.writes(record_op::create);
    world.change_pod("a", [](auto& x) { x.terminating = true; });
    world.settle();
    // It forwards as long as nobody minds.
    BOOST_TEST(world.table.size() == 1u);
    BOOST_TEST(world.record("a")->status.size() == 1u);
    // As the garbage collector does in a deletion in the foreground, where the
    // pod waits for its record.
    world.delete_record("a");
    world.settle();
    BOOST_TEST(!world.record("a"));
    BOOST_TEST(world.table.empty());
    BOOST_TEST(world.pool->slots() == 0u);
    BOOST_TEST(world.pool->ports().counts(protocol::tcp).held == 0u);
    BOOST_TEST(world.writes(record_op::create) == creates);
    world.delete_pod("a");
    world.settle();
  }
  no_harm();
}

BOOST_AUTO_TEST_CASE(gateway_out_of_the_configuration_keeps_no_finalizer) {
  world.create_pod("a", one_port());
  world.settle();
  world.drain();
  world.pods.clear();
  world.start();
  world.settle();
  BOOST_TEST(world.records.empty());
  BOOST_TEST(world.table.empty());
  BOOST_TEST(world.writes(record_op::release) == 1u);
  BOOST_TEST(world.pool->slots() == 0u);
  no_harm();
}

BOOST_AUTO_TEST_CASE(pod_that_ends_before_it_begins_leaves_nothing) {
  world.dress = [](auto& x) { x.terminating = true; };
  world.create_pod("a", one_port());
  world.settle();
  BOOST_TEST(world.records.empty());
  BOOST_TEST(world.creates == 0u);
  BOOST_TEST(world.pool->slots() == 0u);
  no_harm();
}

BOOST_AUTO_TEST_CASE(interface_goes_along_with_a_promise) {
  auto interface_of = [](const std::string& ip) {
    return std::make_shared<interface_ref>(ip, "eni-1", "vsw-1");
  };
  world.dress = [&](auto& x) { x.interface = interface_of(x.ip); };
  world.create_pod("a", one_port());
  world.settle();
  BOOST_TEST_REQUIRE(world.interfaces["a"]);
  BOOST_TEST(world.interfaces["a"]->eni == "eni-1");
  world.dress = nullptr;
  world.create_pod("b", one_port());
  world.settle();
  BOOST_TEST(!world.interfaces["b"]);
  // What comes late costs no write of its own.
  world.change_pod("b", [&](auto& x) { x.interface = interface_of(x.ip); });
  world.settle();
  BOOST_TEST(world.writes(record_op::create) == 2u);
  BOOST_TEST(world.writes(record_op::promise) == 0u);
  world.change_ports("b", {{protocol::tcp, 80, 2}});
  world.settle();
  BOOST_TEST(world.interfaces["b"]);
  check_converged(world, 0);
  auto promises = world.writes(record_op::promise);
  // Nor does what is lost or different.
  world.change_pod("b", [](auto& x) { x.interface = nullptr; });
  world.change_pod("a", [](auto& x) {
    x.interface = std::make_shared<interface_ref>(x.ip, "eni-2", "");
  });
  world.settle();
  BOOST_TEST(world.writes(record_op::promise) == promises);
  no_harm();
}

BOOST_AUTO_TEST_CASE(pod_is_told_once_the_right_to_patch_it_is_back) {
  world.patch_problem = ec::forbidden;
  world.create_pod("a", one_port());
  // Ten minutes.
  world.settle();
  BOOST_TEST(world.annotations.empty());
  BOOST_TEST(world.record("a")->status.size() == 1u);
  BOOST_TEST(world.table.size() == 1u);
  BOOST_TEST(world.patches.size() >= 20u);
  BOOST_TEST(world.patches.size() <= 26u);
  world.patch_problem.reset();
  for (int i = 0; i < 16; ++i) {
    world.pass(2s);
    while (world.step())
      continue;
  }
  check_converged(world, 0);
  no_harm();
}

// Its annotation is our word that it can be reached.
BOOST_AUTO_TEST_CASE(pod_released_is_told_once_the_right_to_patch_is_back) {
  world.create_pod("a", one_port());
  world.settle();
  auto view = world.pods.at("a").view;
  world.patch_problem = ec::forbidden;
  world.unbind(view, false);
  world.settle();
  BOOST_TEST(!world.annotations.at(view->uid).empty());
  BOOST_TEST(world.table.empty());
  BOOST_TEST(!world.record("a"));
  BOOST_TEST(world.pool->ports().counts(protocol::tcp).held == 0u);
  world.patch_problem.reset();
  world.pass(30s);
  while (world.step())
    continue;
  BOOST_TEST(world.annotations.at(view->uid).empty());
  BOOST_TEST(world.pool->slots() == 0u);
  BOOST_TEST(
    std::ranges::count(world.events, "DNATReleased", &object_event::reason)
    == 1);
  no_harm();
}

BOOST_AUTO_TEST_CASE(readiness_is_not_taken_back_while_it_forwards) {
  world.dress = [](auto& x) { x.gate = gate_state::not_true; };
  world.create_pod("a", one_port());
  world.settle();
  world.change_pod("a", [](auto& x) { x.gate = gate_state::is_true; });
  world.change_ports("a", {{protocol::tcp, 80, 1}, {protocol::tcp, 90, 1}});
  world.settle();
  world.change_pod("a", [](auto& x) { x.terminating = true; });
  world.start();
  world.settle();
  auto says = [&](bool what) {
    return std::ranges::count_if(world.patches, [&](auto& x) {
      return x.condition && x.condition->is_true == what;
    });
  };
  BOOST_TEST(says(true) == 1);
  BOOST_TEST(says(false) == 0);
  auto view = world.pods.at("a").view;
  world.pods.clear();
  world.unbind(view, false);
  world.settle();
  BOOST_TEST(says(false) == 1);
  BOOST_TEST(world.patches.back().status_annotation.value_or("?") == "");
  no_harm();
}

BOOST_AUTO_TEST_CASE(entry_taken_away_is_unpublished_and_made_again) {
  world.create_pod("a", one_port());
  world.settle();
  world.lose_entry();
  world.settle();
  check_converged(world, 0);
  BOOST_TEST(world.record("a")->promise->attempt == 1u);
  no_harm();
}

BOOST_AUTO_TEST_CASE(changed_ports_keep_the_public_port_of_those_that_stay) {
  world.create_pod("a", {{protocol::tcp, 80, 1}, {protocol::tcp, 443, 1}});
  world.settle();
  auto before = world.record("a")->status;
  world.change_ports("a", {{protocol::tcp, 443, 1}, {protocol::udp, 53, 1}});
  world.settle();
  check_converged(world, 0);
  auto after = world.record("a")->status;
  BOOST_TEST(after[0].external_port == before[1].external_port);
  BOOST_TEST(world.pool->ports().counts(protocol::tcp).held == 1u);
  no_harm();
}

BOOST_AUTO_TEST_CASE(port_of_a_foreign_entry_is_replaced) {
  auto told = false;
  world.refuse = [&](const entry_want& x) -> std::optional<entry_news> {
    if (std::exchange(told, true))
      return std::nullopt;
    return entry_news{.fact = entry_fact::refused,
                      .spec = x.spec,
                      .id = "",
                      .reason = ec::duplicate_entry};
  };
  world.create_pod("a", one_port());
  world.settle();
  check_converged(world, 0);
  BOOST_TEST(world.record("a")->promise->attempt == 1u);
  no_harm();
}

BOOST_AUTO_TEST_CASE(fixed_port_of_a_foreign_entry_is_not_changed_silently) {
  auto told = false;
  world.refuse = [&](const entry_want& x) -> std::optional<entry_news> {
    if (std::exchange(told, true))
      return std::nullopt;
    return entry_news{.fact = entry_fact::refused,
                      .spec = x.spec,
                      .id = "",
                      .reason = ec::duplicate_entry};
  };
  world.create_pod("a", one_port(), true);
  world.settle();
  check_converged(world, 0);
  BOOST_TEST(std::ranges::any_of(world.events, [](auto& x) {
    return x.reason == "DNATFailed" && x.warning
           && x.message.starts_with("Somebody else's entry has 47.97.0.10:");
  }));
  no_harm();
}

BOOST_AUTO_TEST_CASE(quota_sends_the_pod_elsewhere_and_leaves_nothing) {
  world.refuse = [](const entry_want& x) -> std::optional<entry_news> {
    return entry_news{.fact = entry_fact::refused,
                      .spec = x.spec,
                      .reason = ec::quota_exceeded};
  };
  world.create_pod("a", one_port());
  world.settle();
  BOOST_TEST(!world.record("a"));
  BOOST_TEST(world.pool->slots() == 0u);
  BOOST_TEST(world.pool->ports().counts(protocol::tcp).held == 0u);
}

BOOST_AUTO_TEST_CASE(gateway_that_is_gone_lets_published_pods_go_elsewhere) {
  world.create_pod("plain", one_port());
  world.create_pod("fixed", one_port(), true);
  world.settle();
  world.events.clear();
  std::vector<entry_spec> all;
  for (const auto& [name, x] : world.table)
    all.push_back(x);
  // No table takes them any more.
  world.refuse = [](const entry_want& x) -> std::optional<entry_news> {
    return entry_news{.fact = entry_fact::refused,
                      .spec = x.spec,
                      .reason = ec::gateway_unusable,
                      .detail = "the gateway is gone"};
  };
  for (const auto& x : all)
    world.take(world.pool->entry_told({.fact = entry_fact::refused,
                                       .spec = x,
                                       .reason = ec::gateway_unusable,
                                       .detail = "the gateway is gone"},
                                      world.now));
  world.settle();
  auto told = std::ranges::count_if(world.events, [](const object_event& x) {
    return x.reason == "DNATFailed" && x.message.contains("is gone");
  });
  BOOST_TEST(told >= 2);
  BOOST_TEST(!world.record("plain"));
  // Its record is all that is left of its ports.
  BOOST_TEST(world.record("fixed"));
}

BOOST_AUTO_TEST_CASE(successor_is_told_though_a_patch_was_under_way) {
  world.create_pod("a", one_port(), true);
  while (world.patches.empty() && world.step())
    continue;
  // Its unbind overtakes the answer.
  auto view = world.pods.at("a").view;
  world.pods.erase("a");
  world.take(world.pool->unbind(view, true, world.now));
  world.create_pod("a", one_port(), true);
  auto& next = world.pods.at("a");
  world.take(world.pool->bind({next.view, next.request}, world.now));
  world.settle();
  check_converged(world, 0);
}

BOOST_AUTO_TEST_CASE(switch_turned_off_and_on_again_keeps_a_fixed_one) {
  world.create_pod("a", one_port(), true);
  world.settle();
  auto pod = world.pods.at("a");
  world.unbind(pod.view, false);
  world.change_ports("a", pod.request.items);
  world.settle();
  auto before = world.record("a")->promise->runs;
  world.delete_pod("a");
  world.settle();
  BOOST_TEST_REQUIRE(world.record("a"));
  BOOST_TEST((world.record("a")->promise->runs == before));
}

BOOST_AUTO_TEST_CASE(each_pod_of_a_name_is_told_its_failure) {
  world.refuse = [](const entry_want& x) -> std::optional<entry_news> {
    return entry_news{
      .fact = entry_fact::refused, .spec = x.spec, .reason = ec::rejected};
  };
  auto failures = [this] {
    return std::ranges::count(world.events, "DNATFailed",
                              &object_event::reason);
  };
  world.create_pod("a", one_port(), true);
  world.settle();
  BOOST_TEST(failures() == 1);
  world.delete_pod("a");
  world.create_pod("a", one_port(), true);
  world.settle();
  BOOST_TEST(failures() == 2);
}

BOOST_AUTO_TEST_CASE(harm_does_not_wait_for_a_refused_wish) {
  world.create_pod("a", one_port());
  world.settle();
  world.refuse = [](const entry_want& x) -> std::optional<entry_news> {
    return entry_news{
      .fact = entry_fact::refused, .spec = x.spec, .reason = ec::rejected};
  };
  world.change_ports("a", {{protocol::tcp, 80, 1}, {protocol::udp, 53, 1}});
  while (world.step())
    continue;
  BOOST_TEST_REQUIRE(world.table.size() == 1u);
  world.take_address(world.pods.at("a").view->ip, "uid-of-a-newer-pod");
  while (world.step())
    continue;
  BOOST_TEST(world.record("a")->status.empty());
  BOOST_TEST(world.table.empty());
}

BOOST_AUTO_TEST_CASE(ports_that_a_trimmed_run_gave_up_outlive_no_pod) {
  world.create_pod("a", {{protocol::tcp, 7000, 8}});
  world.settle();
  // The trimmed entry never forwards before the pod is replaced.
  world.refuse = [](const entry_want& x) -> std::optional<entry_news> {
    return entry_news{
      .fact = entry_fact::refused, .spec = x.spec, .reason = ec::rejected};
  };
  world.change_ports("a", {{protocol::tcp, 7000, 4}});
  while (world.step())
    continue;
  world.refuse = nullptr;
  world.delete_pod("a");
  world.create_pod("a", one_port());
  world.settle();
  check_converged(world, 0);
  BOOST_TEST(world.pool->ports().counts(protocol::tcp).held == 1u);
  BOOST_TEST(world.pool->tenures() == 1u);
}

BOOST_AUTO_TEST_CASE(freed_port_rests_before_it_is_given_again) {
  test::pool_world small{3, [] {
                           auto result = options();
                           result.last_port = result.first_port;
                           return result;
                         }()};
  small.start();
  small.settle();
  small.create_pod("a", one_port());
  small.settle();
  small.delete_pod("a");
  while (small.step())
    continue;
  BOOST_TEST(small.pool->ports().counts(protocol::tcp).cooling == 1u);
}

BOOST_AUTO_TEST_CASE(port_of_an_entry_that_went_before_its_mapping_rests) {
  world.create_pod("a", {{protocol::tcp, 80, 1}, {protocol::tcp, 443, 1}},
                   true);
  world.settle();
  world.delete_pod("a");
  // Its entries do not wait for the next pod any more.
  world.settle();
  BOOST_TEST_REQUIRE(world.table.empty());
  auto counts = [this] { return world.pool->ports().counts(protocol::tcp); };
  BOOST_TEST_REQUIRE(counts().held == 2U);
  // The next one asks for less, and ends before anything forwards.
  world.create_pod("a", one_port(), true);
  while (world.writes(record_op::promise) == 0 && world.step())
    continue;
  auto view = world.pods.at("a").view;
  world.pods.erase("a");
  world.take(world.pool->unbind(view, true, world.now));
  world.take_address(view->ip, "another");
  while (world.step())
    continue;
  world.create_pod("a", one_port(), true);
  while (world.step())
    continue;
  BOOST_TEST(counts().held == 1U);
  BOOST_TEST(counts().cooling == 1U);
  no_harm();
}

BOOST_AUTO_TEST_CASE(port_that_has_rested_is_told_though_nothing_else_happens) {
  auto one = options();
  one.last_port = one.first_port;
  test::pool_world small{3, one};
  small.start();
  small.settle();
  small.create_pod("a", one_port());
  small.settle();
  small.delete_pod("a");
  while (small.step())
    continue;
  auto& pool = *small.pool;
  BOOST_TEST_REQUIRE(pool.ports().counts(protocol::tcp).cooling == 1U);
  auto at = pool.next_tick();
  BOOST_TEST_REQUIRE((at <= small.now + one.cooldown));
  auto told = pool.tick(at);
  auto is_room = [](const core::pool_effect& x) {
    const auto* capacity = std::get_if<pool_capacity>(&x);
    return capacity != nullptr && capacity->free_tcp == 1;
  };
  BOOST_TEST(std::ranges::any_of(told, is_room));
  BOOST_TEST((pool.next_tick() == instant::max()));
}

// Pods come, go, come again under their names and with each other's addresses,
// records are deleted by people, entries by others, and the process crashes at
// any moment. Then all of that stops, and the world has to settle.
BOOST_AUTO_TEST_CASE(world_settles_under_any_schedule) {
  for (auto seed = first_seed(); seed <= seed_count(); ++seed)
    BOOST_TEST_CONTEXT("seed " << seed) {
      std::mt19937_64 rng{seed};
      test::pool_world any{seed, options()};
      any.start();
      std::set<std::string> fixed;
      for (int i = 0; i < 120; ++i) {
        auto name = "pod-" + std::to_string(rng() % 8);
        auto is_fixed = name < "pod-3";
        if (is_fixed)
          fixed.insert(name);
        switch (rng() % 12) {
          case 0:
          case 1:
          case 2:
            if (!any.pods.contains(name))
              any.create_pod(
                name,
                rng() % 2 == 0
                  ? one_port()
                  : std::vector<port_item>{{protocol::tcp, 80, 1},
                                           {protocol::udp, 7000, 4}},
                is_fixed);
            break;
          case 3:
          case 4:
            any.delete_pod(name);
            break;
          case 5:
            any.change_ports(name, {{protocol::tcp, 80, 2}});
            break;
          case 6:
            any.delete_record(name);
            break;
          case 7:
            any.lose_entry();
            break;
          case 8:
            if (rng() % 4 == 0)
              any.start();
            break;
          default:
            any.pass(std::chrono::seconds{rng() % 20});
            break;
        }
        for (auto steps = rng() % 12; steps > 0; --steps)
          any.step();
      }
      any.settle();
      size_t reserved = 0;
      for (auto& name : fixed)
        reserved += any.record(name) && !any.pods.contains(name) ? 1U : 0U;
      check_converged(any, reserved);
      for (auto& x : any.harm)
        BOOST_ERROR(x);
      if (!any.harm.empty() || std::getenv("NATGW_TRANSCRIPT"))
        for (auto& line : any.transcript)
          BOOST_TEST_MESSAGE(line);
    }
}

BOOST_AUTO_TEST_CASE(a_quota_in_doubt_lets_a_few_more_entries_be_tried) {
  world.take(world.pool->table_told(report_with_quota(2, false), world.now));
  for (int i = 0; i < 30; ++i)
    world.create_pod("pod-" + std::to_string(i), one_port());
  world.settle();
  BOOST_TEST(world.table.size() == 2u);
  world.take(world.pool->table_told(report_with_quota(2, true), world.now));
  world.settle();
  BOOST_TEST(world.table.size() == 18u);
  world.take(world.pool->table_told(report_with_quota(18, false), world.now));
  world.settle();
  BOOST_TEST(world.table.size() == 18u);
  no_harm();
}

BOOST_AUTO_TEST_CASE(table_that_the_stand_by_had_read_opens_the_pool) {
  core::pool aut{options()};
  aut.start(world.now);
  aut.refresh_numbered(3, world.now);
  table_report report{.usable = true,
                      .eips
                      = {{.address = "47.97.0.10", .allocation_id = "eip-1"}},
                      .zone = "z",
                      .mirrored = true};
  aut.table_told(report, world.now);
  auto is_open = [](const core::pool_effects& effects) {
    auto last = false;
    for (auto& x : effects)
      if (auto told = std::get_if<pool_capacity>(&x))
        last = told->open;
    return last;
  };
  // The lists of before the start count for nothing.
  BOOST_TEST(!is_open(aut.records_synced(2, world.now)));
  BOOST_TEST(is_open(aut.records_synced(3, world.now)));
  report.mirrored = false;
  BOOST_TEST(!is_open(aut.table_told(report, world.now)));
}

BOOST_AUTO_TEST_CASE(only_what_the_pool_itself_has_promised_is_fresh) {
  std::map<std::string, bool> fresh;
  world.refuse = [&](const entry_want& x) -> std::optional<entry_news> {
    fresh[x.spec.name] = x.fresh;
    return std::nullopt;
  };
  world.create_pod("a", one_port());
  world.settle();
  BOOST_TEST_REQUIRE(fresh.size() == 1u);
  BOOST_TEST(fresh.begin()->second);
  fresh.clear();
  world.start();
  world.settle();
  BOOST_TEST_REQUIRE(fresh.size() == 1u);
  BOOST_TEST(!fresh.begin()->second);
}

BOOST_AUTO_TEST_CASE(what_was_bound_queues_before_the_table_has_heard_of_it) {
  // The table of this world never has a queue of its own.
  for (int i = 0; i < 5; ++i)
    world.create_pod("pod-" + std::to_string(i), one_port());
  world.settle();
  BOOST_TEST(world.deepest_queue >= 1u);
  BOOST_TEST(world.deepest_queue <= 5u);
  BOOST_TEST(world.queue_depth == 0u);
  for (int i = 0; i < 5; ++i)
    world.delete_pod("pod-" + std::to_string(i));
  world.settle();
  BOOST_TEST(world.queue_depth == 0u);
  no_harm();
}

BOOST_AUTO_TEST_CASE(a_gateway_is_given_no_more_entries_than_configured) {
  auto cfg = options();
  cfg.entries = 3;
  test::pool_world small{1, cfg};
  small.start();
  for (int i = 0; i < 5; ++i)
    small.create_pod("pod-" + std::to_string(i), one_port());
  small.settle();
  BOOST_TEST(small.table.size() == 3u);
  // A number that the cloud has taught binds too, if it is the smaller one.
  small.take(small.pool->table_told(report_with_quota(2, false), small.now));
  small.delete_pod("pod-0");
  small.delete_pod("pod-1");
  small.delete_pod("pod-2");
  small.settle();
  BOOST_TEST(small.table.size() == 2u);
  small.take(small.pool->table_told(report_with_quota(2, true), small.now));
  small.create_pod("pod-5", one_port());
  small.create_pod("pod-6", one_port());
  small.settle();
  BOOST_TEST(small.table.size() == 3u);
}

BOOST_AUTO_TEST_CASE(pod_is_told_once_that_its_entry_is_late) {
  std::optional<entry_spec> wished;
  world.refuse = [&](const entry_want& x) -> std::optional<entry_news> {
    wished = x.spec;
    return entry_news{.fact = entry_fact::late,
                      .spec = x.spec,
                      .id = "fwd-1",
                      .detail = "the cloud keeps it pending"};
  };
  world.create_pod("a", one_port());
  world.settle();
  BOOST_TEST_REQUIRE(wished.has_value());
  auto failures = [this] {
    return std::ranges::count(world.events, "DNATFailed",
                              &object_event::reason);
  };
  BOOST_TEST(failures() == 1);
  BOOST_TEST(world.events.back().message.find("fwd-1") != std::string::npos);
  world.table[wished->name] = *wished;
  world.take(world.pool->entry_told(
    {.fact = entry_fact::available, .spec = *wished, .id = "fwd-1"},
    world.now));
  world.settle();
  check_converged(world, 0);
  BOOST_TEST(failures() == 1);
}

BOOST_AUTO_TEST_SUITE_END()
