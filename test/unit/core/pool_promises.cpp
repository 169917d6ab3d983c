// Promises that a former process has left: two of one port, of which one record
// keeps it; and one of an address that its pod has no longer.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include <boost/test/unit_test.hpp>

#include "core/pool/pool.hpp"
#include "test/unit/core/pool_world.hpp"

using namespace natgw;
using namespace std::chrono_literals;

namespace {

const std::string eip = "47.97.0.10";

core::pool_options clash_options() {
  return {.names = *core::entry_names::make("natgw", "cluster-uid"),
          .gateway = "ngw-1",
          .zone = "z",
          .first_port = 512,
          .last_port = 711,
          .cooldown = 10s};
}

struct clash_world {
  test::pool_world world;

  explicit clash_world(uint64_t seed) : world{seed, clash_options()} {
    // nop
  }

  /// A pod whose record promises external port 512, as a process before us has
  /// written it.
  void promised(const std::string& name, const std::string& created,
                uint64_t epoch = 1) {
    world.create_pod(name, {{protocol::tcp, 80, 1}});
    auto& pod = *world.pods.at(name).view;
    auto record = std::make_shared<record_view>();
    record->key = pod.key;
    record->uid = "record-" + name;
    record->resource_version = "1";
    record->created = created;
    record->finalizer = true;
    record->owner_pod_uid = pod.uid;
    record->gateway = "ngw-1";
    record->promise = intent{.gateway = "ngw-1",
                             .zone = "z",
                             .external_ip = eip,
                             .internal_ip = pod.ip,
                             .pod_uid = pod.uid,
                             .workload = *pod.workload,
                             .epoch = epoch,
                             .items = {{protocol::tcp, 80, 1}},
                             .runs = {{0, protocol::tcp, 512, 80, 1}}};
    world.records[name] = record;
  }

  /// The entry of the pod's promise stands.
  void stands(const std::string& name) {
    auto& pod = *world.pods.at(name).view;
    auto entry = clash_options().names.build(core::plain_name_key(pod.uid), 0);
    world.table[entry] = {.name = entry,
                          .external_ip = eip,
                          .internal_ip = pod.ip,
                          .external_port = 512,
                          .internal_port = 80};
  }

  uint16_t port_of(const std::string& name) const {
    return world.record(name)->promise->runs.front().external;
  }

  void settle() {
    world.start();
    world.settle();
    for (auto& x : world.harm)
      BOOST_ERROR(x);
    BOOST_TEST(world.table.size() == world.pods.size());
    // Nobody holds what is not his any more.
    BOOST_TEST(world.pool->tenures() == world.pods.size());
    for (auto& [name, pod] : world.pods)
      BOOST_TEST(world.record(name)->status.size() == 1U, name);
  }
};

constexpr uint64_t seeds = 60;

/// The same with the answers in other orders.
void for_each_seed(const std::function<void(clash_world&)>& arrange,
                   const std::function<void(const clash_world&)>& look) {
  for (uint64_t seed = 1; seed <= seeds; ++seed)
    BOOST_TEST_CONTEXT("seed " << seed) {
      clash_world x{seed};
      arrange(x);
      x.settle();
      look(x);
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(pool_promises)

BOOST_AUTO_TEST_CASE(record_of_another_class_is_left_to_its_end) {
  clash_world x{1};
  x.promised("a", "2026-01-01T00:00:00Z");
  auto theirs = std::make_shared<record_view>(*x.world.records.at("a"));
  theirs->controller_class = "blue";
  x.world.records["a"] = theirs;
  x.world.start();
  x.world.settle();
  BOOST_TEST(x.world.creates == 0U);
  BOOST_TEST((x.world.records.at("a") == theirs));
  x.world.records.erase("a");
  x.world.take(x.world.pool->record_gone(theirs, x.world.now));
  x.world.settle();
  BOOST_TEST(x.world.creates == 1U);
  BOOST_TEST(x.world.record("a")->status.size() == 1U);
}

BOOST_AUTO_TEST_CASE(older_record_keeps_the_port) {
  for_each_seed(
    [](auto& x) {
      x.promised("a", "2026-01-01T00:00:00Z");
      x.promised("b", "2025-01-01T00:00:00Z");
    },
    [](auto& x) {
      BOOST_TEST(x.port_of("a") != 512);
      BOOST_TEST(x.port_of("b") == 512);
    });
}

BOOST_AUTO_TEST_CASE(first_told_keeps_the_port_if_it_is_older) {
  for_each_seed(
    [](auto& x) {
      x.promised("a", "2025-01-01T00:00:00Z");
      x.promised("b", "2026-01-01T00:00:00Z");
    },
    [](auto& x) {
      BOOST_TEST(x.port_of("a") == 512);
      BOOST_TEST(x.port_of("b") != 512);
    });
}

BOOST_AUTO_TEST_CASE(higher_epoch_wins_over_age) {
  for_each_seed(
    [](auto& x) {
      x.promised("a", "2025-01-01T00:00:00Z");
      x.promised("b", "2026-01-01T00:00:00Z", 2);
    },
    [](auto& x) {
      BOOST_TEST(x.port_of("a") != 512);
      BOOST_TEST(x.port_of("b") == 512);
    });
}

BOOST_AUTO_TEST_CASE(entry_that_stands_wins_over_both) {
  for_each_seed(
    [](auto& x) {
      x.promised("a", "2025-01-01T00:00:00Z", 2);
      x.promised("b", "2026-01-01T00:00:00Z");
      x.stands("b");
    },
    [](auto& x) {
      BOOST_TEST(x.port_of("b") == 512);
      BOOST_TEST(x.world.creates == 1U);
      BOOST_TEST(x.world.deletes == 0U);
    });
}

BOOST_AUTO_TEST_CASE(one_of_three_keeps_the_port) {
  for_each_seed(
    [](auto& x) {
      x.promised("a", "2026-01-01T00:00:00Z");
      x.promised("b", "2025-01-01T00:00:00Z");
      x.promised("c", "2024-01-01T00:00:00Z");
    },
    [](auto& x) {
      BOOST_TEST(x.port_of("a") != 512);
      BOOST_TEST(x.port_of("b") != 512);
      BOOST_TEST(x.port_of("c") == 512);
    });
}

BOOST_AUTO_TEST_CASE(wish_names_the_address_that_was_promised) {
  clash_world x{1};
  x.promised("a", "2026-01-01T00:00:00Z");
  auto promised_ip = x.world.pods.at("a").view->ip;
  x.world.change_pod("a", [](pod_view& pod) { pod.ip = "172.16.9.9"; });
  x.promised("b", "2026-01-01T00:00:00Z");
  x.world.records.erase("b");
  std::map<std::string, std::string> former;
  x.world.refuse = [&](const entry_want& wish) -> std::optional<entry_news> {
    former[wish.spec.internal_ip] = wish.former_ip;
    return std::nullopt;
  };
  x.settle();
  BOOST_TEST(former.at("172.16.9.9") == promised_ip);
  BOOST_TEST(former.at(x.world.pods.at("b").view->ip).empty());
}

BOOST_AUTO_TEST_CASE(winner_that_goes_meanwhile_leaves_nothing) {
  for (uint64_t seed = 1; seed <= seeds; ++seed)
    BOOST_TEST_CONTEXT("seed " << seed) {
      clash_world x{seed};
      x.promised("a", "2026-01-01T00:00:00Z");
      x.promised("b", "2025-01-01T00:00:00Z");
      x.world.start();
      for (uint64_t steps = 0; steps < seed; ++steps)
        x.world.step();
      x.world.delete_pod("b");
      x.world.settle();
      BOOST_TEST(x.world.records.size() == 1U);
      BOOST_TEST(x.world.table.size() == 1U);
      BOOST_TEST(x.world.pool->tenures() == 1U);
    }
}

BOOST_AUTO_TEST_SUITE_END()
