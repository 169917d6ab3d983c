#include <algorithm>

#include "test/kube/scenario.hpp"
#include "test/kube/workloads.hpp"

// fm19: annotations that change on a live pod.

using namespace natgw;
using namespace natgw::test;

namespace {

constexpr const char* ports = "k8s.aliyun.com/pod-dnat-expose-port";
constexpr const char* fixed = "k8s.aliyun.com/pod-dnat-fixed";
constexpr const char* switch_on = "k8s.aliyun.com/pod-dnat";
constexpr const char* status = "k8s.aliyun.com/pod-dnat-status";

/// What the record's spec says about an internal port; empty: nothing.
std::string public_port(const world& x, const std::string& pod,
                        const std::string& internal) {
  if (auto record = x.record(pod))
    for (const auto& port : at(*record, {"spec", "portMapping"}))
      if (text_at(port, {"internalPort"}) == internal)
        return text_at(port, {"externalPort"});
  return {};
}

bool shows(const json& record, const std::string& internal) {
  return std::ranges::any_of(at(record, {"status", "entries"}), [&](auto& x) {
    return text_at(x, {"internalPort"}) == internal;
  });
}

bool wait_shown(const world& x, const std::string& pod,
                const std::string& internal, bool on) {
  return x.wait([&] {
    auto record = x.record(pod);
    return record && shows(*record, internal) == on;
  });
}

bool has_owner(const world& x, const std::string& pod) {
  auto record = x.record(pod);
  return record && !at(*record, {"metadata", "ownerReferences"}).empty();
}

/// True if no revision of the record since the first that showed the port has
/// been without it.
bool always_shown(const world& x, const std::string& pod,
                  const std::string& internal) {
  auto seen = x.seen.seen("poddnats", x.key(pod));
  auto first = std::ranges::find_if(seen, [&](auto& y) {
    return shows(y.object, internal);
  });
  return first != seen.end() && std::all_of(first, seen.end(), [&](auto& y) {
           return shows(y.object, internal);
         });
}

/// True if an entry for the port `made` was Available before the one for
/// `broken` began to go.
bool was_made_before_it_broke(world& x, uint16_t made, uint16_t broken) {
  using emulator::entry_state;
  bool stands = false;
  std::optional<bool> result;
  x.cloud->with_core([&](emulator::vpc_core& core) {
    for (const auto& y : core.log().changes()) {
      if (y.internal_port == made && y.state == entry_state::available)
        stands = true;
      if (y.internal_port == broken
          && (y.state == entry_state::deleting || y.state == entry_state::gone))
        result = result.value_or(stands);
    }
  });
  return result.value_or(false);
}

} // namespace

BOOST_AUTO_TEST_SUITE(kube_live_changes)

NATGW_SCENARIO(fm19_annotations_come_and_go) {
  world x{where};
  x.run();
  auto bare = x.pod("game");
  bare["metadata"].erase("annotations");
  x.create(bare);
  x.annotate("game", {{switch_on, ""}, {ports, "7000/udp"}});
  BOOST_TEST(wait_served(x, "game"));
  x.annotate("game", {{switch_on, "false"}});
  BOOST_TEST(x.wait_empty());
  BOOST_TEST(x.wait([&] {
    return text_at(*x.find_pod("game"), {"metadata", "annotations", status})
      .empty();
  }));
  x.annotate("game", {{switch_on, "true"}});
  BOOST_TEST(wait_served(x, "game"));
  x.annotate("game", {{switch_on, nullptr}, {ports, nullptr}});
  BOOST_TEST(x.wait_empty());
  BOOST_TEST(x.find_pod("game").has_value());
  BOOST_TEST(x.leave_nothing());
  BOOST_TEST((x.harm() == cli::harm{}));
}

NATGW_SCENARIO(fm19_a_new_port_list_makes_before_it_breaks) {
  world x{where};
  x.run();
  x.create(x.pod("game", "7000/udp,80"));
  BOOST_TEST(wait_served(x, "game"));
  auto kept = public_port(x, "game", "7000");
  x.annotate("game", {{ports, "7000/udp,90,91"}});
  BOOST_TEST(wait_shown(x, "game", "91", true));
  BOOST_TEST(wait_shown(x, "game", "80", false));
  BOOST_TEST(wait_served(x, "game"));
  BOOST_TEST(public_port(x, "game", "7000") == kept);
  BOOST_TEST(always_shown(x, "game", "7000"));
  x.annotate("game", {{ports, "7000/udp"}});
  BOOST_TEST(x.wait([&] { return x.entries().size() == 1; }));
  BOOST_TEST(was_made_before_it_broke(x, 90, 80));
  BOOST_TEST(wait_shown(x, "game", "91", false));
  BOOST_TEST(public_port(x, "game", "7000") == kept);
  BOOST_TEST(always_shown(x, "game", "7000"));
  BOOST_TEST(x.leave_nothing());
  BOOST_TEST((x.harm() == cli::harm{}));
}

NATGW_SCENARIO(fm19_a_bad_annotation_is_corrected) {
  world x{where};
  x.run();
  x.create(x.pod("game", "80,abc"));
  BOOST_TEST(x.wait_event("game", "DNATInvalid", "abc"));
  BOOST_TEST(!x.record("game"));
  x.annotate("game", {{ports, "80"}});
  BOOST_TEST(wait_served(x, "game"));
  auto promised = promise_of(x, "game");
  // What forwards goes on forwarding.
  x.annotate("game", {{ports, "80,70000"}});
  BOOST_TEST(x.wait_event("game", "DNATInvalid", "70000"));
  BOOST_TEST(is_served(x, "game"));
  x.annotate("game", {{ports, "80,7000"}});
  BOOST_TEST(wait_shown(x, "game", "7000", true));
  BOOST_TEST(promise_of(x, "game").starts_with(promised));
  BOOST_TEST(always_shown(x, "game", "80"));
  BOOST_TEST(x.leave_nothing());
  BOOST_TEST((x.harm() == cli::harm{}));
}

NATGW_SCENARIO(fm19_fixed_is_switched_on_a_live_pod) {
  world x{where};
  x.run();
  x.create(x.pod("game", "7000/udp,80"));
  BOOST_TEST(wait_served(x, "game"));
  BOOST_TEST(has_owner(x, "game"));
  auto promised = promise_of(x, "game");
  for (auto on : {true, false, true, false}) {
    x.annotate("game", {{fixed, on ? "true" : "false"}});
    BOOST_TEST(x.wait([&] { return has_owner(x, "game") == !on; }));
    BOOST_TEST(promise_of(x, "game") == promised);
  }
  BOOST_TEST(wait_served(x, "game"));
  BOOST_TEST(x.leave_nothing());
  BOOST_TEST((x.harm() == cli::harm{}));
}

// fm17: the finalizers must not hold it up, and no event can be written there.
NATGW_SCENARIO(fm17_a_namespace_with_mappings_ends) {
  world x{where};
  x.run();
  x.create(x.pod("plain", "7000/udp,80"));
  x.create(x.pod("fixed", "80", {{fixed, "true"}}));
  BOOST_TEST(wait_served(x, "plain"));
  BOOST_TEST(wait_served(x, "fixed"));
  auto target = "/api/v1/namespaces/" + x.ns;
  kube_api::must(x.api.remove(target));
  BOOST_TEST(x.wait([&] { return x.api.get(target).status == 404; }));
  BOOST_TEST(x.leave_nothing());
  BOOST_TEST((x.harm() == cli::harm{}));
}

BOOST_AUTO_TEST_SUITE_END()
