#include <algorithm>
#include <memory>
#include <string>

#include <boost/test/unit_test.hpp>

#include "test/unit/core/pool_world.hpp"

using namespace natgw;
using namespace std::chrono_literals;

// What the live self-check finds is told and healed.

namespace {

struct heal_fixture {
  test::pool_world world{
    1,
    {.names = *core::entry_names::make("natgw", "cluster-uid"),
     .gateway = "ngw-1",
     .zone = "z",
     .first_port = 512,
     .last_port = 711,
     .cooldown = 10s}};

  heal_fixture() {
    world.start();
    world.settle();
    world.create_pod("a", {{protocol::tcp, 80, 1}});
    world.create_pod("b", {{protocol::tcp, 80, 1}});
    world.settle();
  }

  ~heal_fixture() {
    for (const auto& x : world.harm)
      BOOST_ERROR(x);
  }

  /// What a sweep would read now, with the owners of the addresses.
  std::shared_ptr<table_sweep> sweep() const {
    auto result = std::make_shared<table_sweep>();
    result->gateway = "ngw-1";
    for (const auto& [name, spec] : world.table) {
      result->entries.push_back(
        {.id = "fwd-" + name, .spec = spec, .status = entry_status::available});
      pod_ptr owner;
      for (const auto& [key, pod] : world.pods)
        if (pod.view->ip == spec.internal_ip)
          owner = pod.view;
      result->owners.push_back(owner);
    }
    return result;
  }

  /// Two in a row, as only that counts.
  void check() {
    for (auto i = 0; i < 2; ++i) {
      world.take(world.pool->swept(sweep(), world.now));
      while (world.step())
        continue;
    }
  }

  size_t violations(core::invariant which) const {
    return static_cast<size_t>(
      std::ranges::count_if(world.measures, [&](const core::pool_measure& x) {
        return x.kind == core::pool_measure_kind::violation
               && x.broken == which;
      }));
  }

  bool was_said() const {
    return std::ranges::any_of(world.events, [](const object_event& x) {
      return x.reason == "InvariantViolated" && x.warning
             && x.about == event_subject::controller;
    });
  }

  bool was_logged() const {
    return std::ranges::any_of(world.transcript, [](const std::string& x) {
      return x.starts_with("note invariant_violated") && x.contains(", but ");
    });
  }

  std::string entry_of(const std::string& pod) const {
    for (const auto& [name, spec] : world.table)
      if (spec.internal_ip == world.pods.at(pod).view->ip)
        return name;
    return {};
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(pool_heal, heal_fixture)

BOOST_AUTO_TEST_CASE(healthy_pool_violates_nothing) {
  check();
  BOOST_TEST(!was_said());
  BOOST_TEST(!was_logged());
}

BOOST_AUTO_TEST_CASE(entry_that_silently_points_elsewhere_is_restored) {
  auto name = entry_of("a");
  // Nobody tells the pool.
  world.table.at(name).internal_port = 81;
  check();
  BOOST_TEST(violations(core::invariant::status_true) == 1U);
  BOOST_TEST(was_said());
  BOOST_TEST(was_logged());
  world.settle();
  BOOST_TEST(world.table.at(name).internal_port == 80);
  BOOST_TEST(world.record("a")->status.size() == 1U);
}

BOOST_AUTO_TEST_CASE(entry_that_silently_went_is_made_again) {
  world.table.erase(entry_of("a"));
  check();
  BOOST_TEST(violations(core::invariant::status_true) == 1U);
  world.settle();
  BOOST_TEST(!entry_of("a").empty());
  BOOST_TEST(world.record("a")->status.size() == 1U);
}

BOOST_AUTO_TEST_CASE(stranger_is_left_alone_soon) {
  auto name = entry_of("a");
  auto stranger = std::make_shared<pod_view>();
  stranger->key = {"others", "web"};
  stranger->uid = "uid-web";
  stranger->ip = "172.16.99.99";
  world.table.at(name).internal_ip = stranger->ip;
  for (auto i = 0; i < 2; ++i) {
    auto x = sweep();
    for (size_t j = 0; j < x->entries.size(); ++j)
      if (x->entries[j].spec.internal_ip == stranger->ip)
        x->owners[j] = stranger;
    world.take(world.pool->swept(x, world.now));
  }
  BOOST_TEST(violations(core::invariant::no_stranger) == 1U);
  world.settle();
  BOOST_TEST(world.table.at(name).internal_ip == world.pods.at("a").view->ip);
}

BOOST_AUTO_TEST_CASE(of_two_promised_one_port_the_lower_rank_gets_another) {
  auto forged = std::make_shared<record_view>(*world.record("b"));
  forged->promise->runs = world.record("a")->promise->runs;
  forged->resource_version += "0";
  auto kept = world.record("a")->promise->runs;
  // Somebody has edited the record, and the write that mends it has failed.
  world.pool->record_changed(forged, world.now);
  world.pool->record_written({.key = forged->key,
                              .op = record_op::promise,
                              .problem = error{ec::unavailable, "away"}},
                             world.now);
  world.take(world.pool->swept(sweep(), world.now));
  world.take(world.pool->swept(sweep(), world.now));
  BOOST_TEST(violations(core::invariant::one_owner) == 1U);
  BOOST_TEST(std::ranges::any_of(world.transcript, [](const std::string& x) {
    return x.starts_with("note promise_lost b");
  }));
  world.settle();
  BOOST_TEST((world.record("a")->promise->runs == kept));
  BOOST_TEST((world.record("b")->promise->runs != kept));
  BOOST_TEST(world.record("b")->status.size() == 1U);
}

BOOST_AUTO_TEST_CASE(what_is_shown_is_taken_back_before_it_ends) {
  auto name = entry_of("a");
  auto pod = world.pods.at("a");
  // The pod has another port now, and the write that says so has failed.
  pod.request.items = {{protocol::tcp, 81, 1}};
  world.pool->bind({pod.view, pod.request}, world.now);
  world.pool->record_written({.key = pod.view->key,
                              .op = record_op::status,
                              .problem = error{ec::unavailable, "away"}},
                             world.now);
  auto stranger = std::make_shared<pod_view>();
  stranger->key = {"others", "web"};
  stranger->uid = "uid-web";
  stranger->ip = pod.view->ip;
  world.transcript.clear();
  for (auto i = 0; i < 2; ++i) {
    auto x = sweep();
    for (auto& owner : x->owners)
      if (owner && owner->ip == stranger->ip)
        owner = stranger;
    world.take(world.pool->swept(x, world.now));
  }
  BOOST_TEST(violations(core::invariant::no_stranger) == 1U);
  auto when = [&](const std::string& what) {
    return std::ranges::find_if(world.transcript, [&](auto& line) {
      return line.starts_with(what);
    });
  };
  world.settle();
  BOOST_TEST(!world.table.contains(name));
  BOOST_TEST((when("write status a") < when("drop " + name)));
}

BOOST_AUTO_TEST_CASE(second_entry_of_a_name_takes_nothing_from_the_first) {
  auto name = entry_of("a");
  auto stranger = std::make_shared<pod_view>();
  stranger->key = {"others", "web"};
  stranger->uid = "uid-web";
  stranger->ip = "172.16.99.99";
  for (auto i = 0; i < 2; ++i) {
    auto x = sweep();
    auto second = world.table.at(name);
    second.internal_ip = stranger->ip;
    second.external_port = 700;
    x->entries.push_back(
      {.id = "fwd-second", .spec = second, .status = entry_status::available});
    x->owners.push_back(stranger);
    world.take(world.pool->swept(x, world.now));
    while (world.step())
      continue;
  }
  BOOST_TEST(violations(core::invariant::no_stranger) == 1U);
  BOOST_TEST(world.table.contains(name));
  BOOST_TEST(world.record("a")->status.size() == 1U);
}

BOOST_AUTO_TEST_CASE(nothing_is_checked_before_the_table_is_settled) {
  world.table.erase(entry_of("a"));
  world.start();
  world.take(world.pool->swept(sweep(), world.now));
  world.take(world.pool->swept(sweep(), world.now));
  BOOST_TEST(!was_said());
}

BOOST_AUTO_TEST_SUITE_END()
