#include <map>
#include <optional>
#include <set>

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include "test/unit/core/placement_world.hpp"

using namespace natgw;
using namespace natgw::core;
using namespace std::chrono_literals;
using natgw::test::placement_world;

namespace {

/// A pool that has so many ports and obeys; it answers when it likes.
struct fake_pool {
  uint32_t ports = 0;
  /// Pod names with the uid they are bound for; none: it is letting go.
  std::map<std::string, std::optional<std::string>> slots;

  uint32_t room() const {
    return ports - static_cast<uint32_t>(slots.size());
  }
};

/// Pods come, change and go at random; pools answer late and restart.
struct random_cluster {
  placement_world world = natgw::test::make_world();
  std::map<std::string, fake_pool> pools;
  std::map<std::string, pod_view> pods;
  int uids = 0;

  random_cluster() {
    pools["ngw-a"].ports = 3;
    pools["ngw-b"].ports = 2;
    tell_room();
  }

  void tell_room() {
    for (const auto& [gateway, pool] : pools)
      world.room(gateway, pool.room());
    deliver();
  }

  std::string some_name() {
    return "p" + std::to_string(*rc::gen::inRange(0, 7));
  }

  /// Hands everything over to the pools.
  void deliver() {
    while (!world.done.empty()) {
      auto effects = std::exchange(world.done, {});
      for (auto& x : effects) {
        if (const auto* bind = std::get_if<send_bind>(&x))
          bind_at(*bind);
        else if (const auto* unbind = std::get_if<send_unbind>(&x))
          unbind_at(*unbind);
      }
    }
  }

  void bind_at(const send_bind& x) {
    auto& pool = pools[x.gateway];
    const auto& name = x.order.pod->key.name;
    for (const auto& [gateway, other] : pools)
      RC_ASSERT(gateway == x.gateway || !other.slots.contains(name));
    if (!pool.slots.contains(name) && pool.room() == 0) {
      world.refuse(x.gateway, *x.order.pod);
      return;
    }
    pool.slots[name] = x.order.pod->uid;
  }

  void unbind_at(const send_unbind& x) {
    auto& slots = pools[x.gateway].slots;
    const auto found = slots.find(x.pod->key.name);
    if (found != slots.end() && found->second == x.pod->uid)
      found->second.reset();
  }

  void change_pod() {
    const auto name = some_name();
    auto& x = pods[name];
    if (x.uid.empty()
        || *rc::gen::weightedElement<bool>({{5, false}, {1, true}}))
      x = placement_world::pod(name, "", "u" + std::to_string(++uids));
    x.node = *rc::gen::element<std::string>("", "node-a", "node-b", "node-x");
    x.ip = "10.0.0." + std::to_string(*rc::gen::inRange(1, 5));
    x.annotations.edit().dnat
      = *rc::gen::weightedElement<std::string>({{6, "true"}, {1, "false"}});
    x.annotations.edit().expose_port
      = *rc::gen::weightedElement<std::string>({{6, "80"}, {1, "bad"}});
    x.annotations.edit().gateway = *rc::gen::weightedElement<std::string>(
      {{8, ""}, {1, "ngw-b"}, {1, "ngw-none"}});
    x.finished = *rc::gen::weightedElement<bool>({{8, false}, {1, true}});
    world.change(x);
  }

  void remove_pod() {
    const auto found = pods.find(some_name());
    if (found == pods.end())
      return;
    world.remove(found->second);
    pods.erase(found);
  }

  void settle_one() {
    for (auto& [gateway, pool] : pools) {
      for (auto i = pool.slots.begin(); i != pool.slots.end(); ++i) {
        if (i->second)
          continue;
        const auto name = i->first;
        pool.slots.erase(i);
        world.settle(gateway, name);
        world.room(gateway, pool.room());
        return;
      }
    }
  }

  void restart() {
    const auto gateway = *rc::gen::element<std::string>("ngw-a", "ngw-b");
    pools[gateway].slots.clear();
    world.start(gateway);
    deliver();
    world.room(gateway, pools[gateway].room());
  }

  void step() {
    switch (*rc::gen::weightedElement<int>(
      {{8, 0}, {3, 1}, {4, 2}, {1, 3}, {2, 4}})) {
      case 0:
        change_pod();
        break;
      case 1:
        remove_pod();
        break;
      case 2:
        settle_one();
        break;
      case 3:
        restart();
        break;
      default:
        world.tick(3s);
    }
    deliver();
  }

  bool is_wanted(const std::string& name) const {
    const auto found = pods.find(name);
    return found != pods.end() && !found->second.finished
           && found->second.annotations->dnat == "true";
  }

  /// Whether a pod that is bound nowhere should be.
  bool is_placeable(const pod_view& x) const {
    return is_wanted(x.key.name) && !x.node.empty()
           && x.annotations->expose_port == "80"
           && x.annotations->gateway != "ngw-none";
  }

  const fake_pool* pool_of(const std::string& name) const {
    for (const auto& [gateway, pool] : pools)
      if (pool.slots.contains(name))
        return &pool;
    return nullptr;
  }

  void settle_all() {
    for (int i = 0; i < 50; ++i) {
      settle_one();
      deliver();
      tell_room();
      world.tick(3s);
      deliver();
    }
  }

  void check_end() {
    for (const auto& [gateway, pool] : pools)
      for (const auto& [name, uid] : pool.slots)
        RC_ASSERT(uid && is_wanted(name) && pods[name].uid == *uid);
    for (const auto& [name, x] : pods) {
      if (!is_placeable(x) || pool_of(name) != nullptr)
        continue;
      RC_ASSERT(pools["ngw-b"].room() == 0U);
      RC_ASSERT(pools["ngw-a"].room() == 0U || !x.annotations->gateway.empty());
    }
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(placement_model)

BOOST_AUTO_TEST_CASE(every_pod_ends_in_one_pool_or_waits_for_room) {
  BOOST_TEST(rc::check([] {
    random_cluster cluster;
    const auto steps = *rc::gen::inRange(1, 120);
    for (int i = 0; i < steps; ++i)
      cluster.step();
    cluster.settle_all();
    cluster.check_end();
  }));
}

BOOST_AUTO_TEST_CASE(nothing_is_kept_of_what_is_gone) {
  BOOST_TEST(rc::check([] {
    random_cluster cluster;
    const auto steps = *rc::gen::inRange(1, 60);
    for (int i = 0; i < steps; ++i)
      cluster.step();
    for (const auto& [name, x] : std::exchange(cluster.pods, {}))
      cluster.world.remove(x);
    cluster.deliver();
    cluster.settle_all();
    RC_ASSERT(cluster.world.aut.size() == 0U);
    RC_ASSERT(cluster.world.aut.waiting() == 0U);
  }));
}

BOOST_AUTO_TEST_SUITE_END()
