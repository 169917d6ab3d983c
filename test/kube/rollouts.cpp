#include <algorithm>

#include "test/kube/scenario.hpp"
#include "test/kube/workloads.hpp"

// Pods as workloads make, replace and end them.

using namespace natgw;
using namespace natgw::test;

namespace {

const json fixed_pods{{"k8s.aliyun.com/pod-dnat-fixed", "true"}};

/// The workload of a fixed mapping is asked for every five seconds, and its
/// entry waits for no successor.
world_options quick_probes() {
  return {.settings = "  writeDeadline: 2s\n"
                      "  workloadProbeInterval: 5s\n"
                      "  fixedLinger: 1s\n"};
}

std::vector<std::string> promises_of(const world& x,
                                     const std::vector<std::string>& pods) {
  std::vector<std::string> result;
  result.reserve(pods.size());
  for (const auto& pod : pods)
    result.push_back(promise_of(x, pod));
  return result;
}

bool have_no_records(const world& x, const std::vector<std::string>& pods) {
  return std::ranges::none_of(pods, [&](auto& pod) {
    return x.record(pod).has_value();
  });
}

} // namespace

BOOST_AUTO_TEST_SUITE(kube_rollouts)

NATGW_SCENARIO(a_deployment_rolls_out) {
  world x{where};
  workloads apps{x};
  x.run();
  apps.deployment({.name = "web", .replicas = 3, .annotations = fixed_pods});
  BOOST_TEST(apps.wait_served("web", 3));
  auto old = apps.pods_of("web");
  for (const auto& pod : names_of(old))
    BOOST_TEST(x.wait_event(pod, "DNATInvalid", "no lasting names"));
  apps.restart("deployments", "web");
  BOOST_TEST(apps.wait_served("web", 3, uids_of(old)));
  BOOST_TEST(x.wait([&] { return have_no_records(x, names_of(old)); }));
  BOOST_TEST(x.seen.all("poddnats", x.ns).size() == 3);
  apps.scale("deployments", "web", 1);
  BOOST_TEST(apps.wait_served("web", 1));
  BOOST_TEST(x.wait([&] { return x.seen.all("poddnats", x.ns).size() == 1; }));
  apps.remove("deployments", "web");
  BOOST_TEST(x.wait_empty());
  BOOST_TEST(x.leave_nothing());
  BOOST_TEST((x.harm() == cli::harm{}));
}

NATGW_SCENARIO(a_stateful_set_restarts) {
  world x{where};
  workloads apps{x};
  x.run();
  apps.stateful_set({.name = "game", .replicas = 3});
  BOOST_TEST(apps.wait_served("game", 3));
  auto old = uids_of(apps.pods_of("game"));
  apps.restart("statefulsets", "game");
  BOOST_TEST(apps.wait_served("game", 3, old));
  apps.scale("statefulsets", "game", 0);
  BOOST_TEST(x.wait_empty());
  apps.remove("statefulsets", "game");
  BOOST_TEST(x.leave_nothing());
  BOOST_TEST((x.harm() == cli::harm{}));
}

NATGW_SCENARIO(a_fixed_stateful_set_keeps_its_ports) {
  world x{where, quick_probes()};
  workloads apps{x};
  x.run();
  apps.stateful_set({.name = "game",
                     .replicas = 2,
                     .ports = "7000/udp,8080",
                     .annotations = fixed_pods});
  BOOST_TEST(apps.wait_served("game", 2));
  const std::vector<std::string> names{"game-0", "game-1"};
  auto promised = promises_of(x, names);
  auto address = text_at(*x.record("game-1"), {"spec", "internalIP"});
  auto old = uids_of(apps.pods_of("game"));
  apps.restart("statefulsets", "game");
  BOOST_TEST(apps.wait_served("game", 2, old));
  BOOST_TEST(promises_of(x, names) == promised);
  BOOST_TEST(text_at(*x.record("game-1"), {"spec", "internalIP"}) != address);
  apps.scale("statefulsets", "game", 0);
  BOOST_TEST(x.wait([&] { return x.entries().empty(); }));
  BOOST_TEST(promises_of(x, names) == promised);
  apps.scale("statefulsets", "game", 2);
  BOOST_TEST(apps.wait_served("game", 2));
  BOOST_TEST(promises_of(x, names) == promised);
  apps.remove("statefulsets", "game");
  BOOST_TEST(x.wait_empty());
  BOOST_TEST(x.leave_nothing());
  BOOST_TEST((x.harm() == cli::harm{}));
}

// fm30: the object stays, but its address is given away.
NATGW_SCENARIO(fm30_pods_of_a_job_release_when_they_complete) {
  world x{where};
  workloads apps{x};
  x.run();
  apps.job({.name = "bake", .replicas = 2});
  BOOST_TEST(apps.wait_served("bake", 2));
  auto pods = names_of(apps.pods_of("bake"));
  for (const auto& pod : pods)
    finish(x, pod, "Succeeded");
  BOOST_TEST(x.wait_empty());
  BOOST_TEST(names_of(apps.pods_of("bake")) == pods);
  apps.remove("jobs", "bake");
  BOOST_TEST(x.leave_nothing());
  BOOST_TEST((x.harm() == cli::harm{}));
}

NATGW_SCENARIO(fm30_failed_and_evicted_pods_release) {
  world x{where};
  x.run();
  x.create(x.pod("evicted"));
  x.create(x.pod("failed", "8080"));
  BOOST_TEST(wait_served(x, "evicted"));
  BOOST_TEST(wait_served(x, "failed"));
  finish(x, "evicted", "Failed", "Evicted");
  finish(x, "failed", "Failed");
  BOOST_TEST(x.wait_empty());
  BOOST_TEST(x.find_pod("evicted").has_value());
  BOOST_TEST(x.leave_nothing());
  BOOST_TEST((x.harm() == cli::harm{}));
}

NATGW_SCENARIO(an_evicted_pod_of_a_fixed_set_comes_back_with_its_ports) {
  world x{where, quick_probes()};
  workloads apps{x};
  x.run();
  apps.stateful_set({.name = "game", .annotations = fixed_pods});
  BOOST_TEST(apps.wait_served("game", 1));
  auto promised = promise_of(x, "game-0");
  auto old = uids_of(apps.pods_of("game"));
  finish(x, "game-0", "Failed", "Evicted");
  BOOST_TEST(apps.wait_served("game", 1, old));
  BOOST_TEST(promise_of(x, "game-0") == promised);
  apps.remove("statefulsets", "game");
  BOOST_TEST(x.wait_empty());
  BOOST_TEST(x.leave_nothing());
  BOOST_TEST((x.harm() == cli::harm{}));
}

BOOST_AUTO_TEST_SUITE_END()
