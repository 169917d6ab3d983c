#include "emulator/kube/fleet.hpp"

#include <set>

#include <boost/test/unit_test.hpp>

#include "fixture.hpp"

namespace natgw::emulator::kube {

namespace {

struct played : cluster {
  explicit played(fleet_options cfg = {}) : kubelets(api, std::move(cfg), now) {
    // nop
  }

  void play(std::chrono::milliseconds time) {
    for (auto end = now + time; now < end;) {
      now += std::chrono::milliseconds{10};
      api.advance(now);
      kubelets.advance(now);
    }
  }

  std::string address(const std::string& name) {
    return get(pods + "/" + name).text("/status/podIP");
  }

  fleet kubelets;
};

fleet_options small_network() {
  fleet_options cfg;
  cfg.pod_cidr = "10.0.0.0/30";
  return cfg;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(emulator_kube_fleet, played)

BOOST_AUTO_TEST_CASE(nodes_are_spread_over_zones) {
  auto nodes = get("/api/v1/nodes").body["items"];
  BOOST_TEST(nodes.size() == 6U);
  std::map<std::string, int> zones;
  for (const auto& x : nodes)
    ++zones[x["metadata"]["labels"]["topology.kubernetes.io/zone"]];
  BOOST_TEST(zones["cn-hangzhou-j"] == 3);
  BOOST_TEST(zones["cn-hangzhou-k"] == 3);
}

BOOST_AUTO_TEST_CASE(pod_is_scheduled_and_runs) {
  add_pod("a");
  add_pod("b");
  BOOST_TEST(get(pods + "/a").text("/status/phase") == "Pending");
  play(std::chrono::milliseconds{300});
  auto x = get(pods + "/a");
  BOOST_TEST(x.text("/status/phase") == "Running");
  BOOST_TEST(x.text("/status/podIPs/0/ip") == address("a"));
  BOOST_TEST(address("a") != address("b"));
  BOOST_TEST(x.text("/spec/nodeName")
             != get(pods + "/b").text("/spec/nodeName"));
  auto conditions = x.body["status"]["conditions"];
  BOOST_TEST(std::ranges::any_of(conditions, [](const json& y) {
    return y["type"] == "Ready" && y["status"] == "True";
  }));
}

BOOST_AUTO_TEST_CASE(deleted_pod_ends_before_its_grace_period) {
  add_pod("a");
  play(std::chrono::milliseconds{300});
  del(pods + "/a");
  BOOST_TEST(get(pods + "/a").code == 200);
  play(std::chrono::milliseconds{400});
  BOOST_TEST(get(pods + "/a").code == 404);
}

BOOST_AUTO_TEST_CASE(readiness_gate_holds_ready_back) {
  auto x = pod("a");
  x["spec"]["readinessGates"]
    = json::array({{{"conditionType", "k8s.aliyun.com/pod-dnat"}}});
  post(pods, x);
  auto ready = [this] {
    auto whole = get(pods + "/a");
    for (const auto& y : whole.body["status"]["conditions"])
      if (y["type"] == "Ready")
        return y["status"].get<std::string>();
    return std::string{};
  };
  play(std::chrono::milliseconds{300});
  BOOST_TEST(ready() == "False");
  patch(pods + "/a/status",
        {{"status",
          {{"conditions", json::array({{{"type", "k8s.aliyun.com/pod-dnat"},
                                        {"status", "True"}}})}}}},
        "strategic-merge-patch");
  play(std::chrono::milliseconds{50});
  BOOST_TEST(ready() == "True");
}

BOOST_AUTO_TEST_CASE(address_rests_before_it_is_used_again) {
  played narrow{small_network()};
  narrow.add_pod("a");
  narrow.add_pod("b");
  narrow.play(std::chrono::milliseconds{300});
  std::set<std::string> both{narrow.address("a"), narrow.address("b")};
  BOOST_TEST(both == (std::set<std::string>{"10.0.0.1", "10.0.0.2"}),
             boost::test_tools::per_element());
  BOOST_TEST(narrow.kubelets.free_addresses() == 0U);
  auto freed = narrow.address("b");
  narrow.del(narrow.pods + "/b");
  narrow.play(std::chrono::milliseconds{400});
  narrow.add_pod("c");
  narrow.play(std::chrono::milliseconds{4000});
  BOOST_TEST(narrow.address("c") == "null");
  narrow.play(std::chrono::milliseconds{2000});
  BOOST_TEST(narrow.address("c") == freed);
}

BOOST_AUTO_TEST_CASE(finished_pod_gives_its_address_away) {
  played narrow{small_network()};
  narrow.add_pod("a");
  narrow.play(std::chrono::milliseconds{300});
  narrow.patch(narrow.pods + "/a/status", {{"status", {{"phase", "Failed"}}}});
  BOOST_TEST(narrow.kubelets.free_addresses() == 2U);
}

BOOST_AUTO_TEST_CASE(host_network_pod_has_its_nodes_address) {
  auto x = pod("a");
  x["spec"]["hostNetwork"] = true;
  post(pods, x);
  play(std::chrono::milliseconds{300});
  BOOST_TEST(address("a").starts_with("192.168."));
}

BOOST_AUTO_TEST_CASE(node_selector_is_obeyed) {
  auto x = pod("a");
  x["spec"]["nodeSelector"]["topology.kubernetes.io/zone"] = "cn-hangzhou-k";
  post(pods, x);
  play(std::chrono::milliseconds{300});
  auto node = get(pods + "/a").text("/spec/nodeName");
  BOOST_TEST(get("/api/v1/nodes/" + node)
               .body["metadata"]["labels"]["topology.kubernetes.io/zone"]
             == "cn-hangzhou-k");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace natgw::emulator::kube
