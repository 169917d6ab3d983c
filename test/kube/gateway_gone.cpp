#include <algorithm>
#include <string>
#include <vector>

#include "test/kube/scenario.hpp"
#include "test/kube/workloads.hpp"

// A gateway is deleted in the cloud while pods are reachable through it.

using namespace natgw;
using test::at;
using test::json;
using test::text_at;
using test::wait_served;
using test::world;

namespace {

constexpr const char* soon_gone = "  writeDeadline: 2s\n"
                                  "  sweepInterval: 10s\n"
                                  "  gatewayGoneAfter: 2s\n";

std::string gateway_of(const world& x, const std::string& pod) {
  auto record = x.record(pod);
  return record ? text_at(*record, {"spec", "tableId"}) : std::string{};
}

/// Whether an event about the controller's Lease says this of the gateway.
bool was_said(world& x, const std::string& gateway, const std::string& what) {
  auto all = x.api.get("/api/v1/namespaces/kube-system/events").body;
  return std::ranges::any_of(at(all, {"items"}), [&](const json& event) {
    auto text = text_at(event, {"message"});
    return text_at(event, {"involvedObject", "kind"}) == "Lease"
           && text.contains(gateway) && text.contains(what);
  });
}

bool is_at(const world& x, const std::string& pod, const std::string& gateway) {
  return gateway_of(x, pod) == gateway && x.is_ready(pod);
}

} // namespace

BOOST_AUTO_TEST_SUITE(kube_gateway_gone)

NATGW_SCENARIO(deleted_gateway_lets_go_of_its_pods) {
  world x{where, {.gateways = 2, .zones = 1, .settings = soon_gone}};
  x.run();
  std::vector<std::string> names;
  for (auto i = 0; i < 6; ++i)
    names.push_back("game-" + std::to_string(i));
  for (const auto& name : names)
    x.create(x.pod(name));
  for (const auto& name : names)
    BOOST_TEST_REQUIRE(wait_served(x, name));
  const auto gone = gateway_of(x, names.front());
  const auto& gateways = x.cloud_options.gateways;
  const auto stays = gateways[gone == gateways[0].id ? 1 : 0].id;
  json pin{{"k8s.aliyun.com/pod-dnat-gateway", gone}};
  x.create(x.pod("pinned", "7000/udp", pin));
  x.create(x.pod("ended", "7000/udp", pin));
  BOOST_TEST_REQUIRE(wait_served(x, "pinned"));
  BOOST_TEST_REQUIRE(wait_served(x, "ended"));
  std::vector<std::string> moved;
  std::ranges::copy_if(names, std::back_inserter(moved),
                       [&](auto& name) { return gateway_of(x, name) == gone; });

  x.cloud->with_core([&](emulator::vpc_core& core) {
    BOOST_TEST(core.resources().remove_gateway(gone).has_value());
  });
  // Its entry cannot be deleted any more; the finalizer comes off all the same.
  x.remove("ended");
  BOOST_TEST(x.wait([&x] { return !x.record("ended"); }));
  BOOST_TEST(x.wait([&] { return was_said(x, gone, "is gone"); }));
  // Its pods are told, and reachable elsewhere.
  for (const auto& name : moved) {
    BOOST_TEST(x.wait([&] { return is_at(x, name, stays); }), name);
    BOOST_TEST(x.wait_event(name, "DNATFailed", "gone"), name);
  }
  BOOST_TEST(x.wait_event("pinned", "DNATFailed", "gone"));
  BOOST_TEST(x.wait([&x] { return !x.is_ready("pinned"); }));
  // So are new ones.
  x.create(x.pod("new"));
  BOOST_TEST(wait_served(x, "new"));
  BOOST_TEST(gateway_of(x, "new") == stays);
  BOOST_TEST(x.leave_nothing());
}

BOOST_AUTO_TEST_SUITE_END()
