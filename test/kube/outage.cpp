#include <csignal>

#include <fmt/format.h>

#include "clients/http/boot_time.hpp"
#include "test/kube/trials.hpp"

// The API server goes away and comes back with its data.

using namespace natgw;
using namespace natgw::test;

namespace {

constexpr const char* resources[] = {"pods", "nodes", "poddnats"};

/// Beside the five seconds that the server takes to end, and as many to start.
std::chrono::seconds outage() {
  return std::chrono::seconds{is_long() ? 60 : 2};
}

world_options with_lease(std::chrono::seconds renew_deadline) {
  return {.settings = fmt::format(
            "  writeDeadline: 2s\n"
            "  lease: {{duration: {}s, renewDeadline: {}s, retryPeriod: 1s}}\n",
            renew_deadline.count() + 5, renew_deadline.count())};
}

double lists_begun(const controller_process& x, const char* resource) {
  return x.metric(
    fmt::format("natgw_relists_total{{resource=\"{}\"}}", resource));
}

/// Pods that are there before, one that begins and one that ends right before
/// the server goes, so that what is to be done about them falls into the
/// outage.
void populate(world& x) {
  for (const auto* name : {"a", "b", "c"})
    x.create(x.pod(name, "7000-7003/udp,80"));
  x.create(x.pod("fixed", "80", {{"k8s.aliyun.com/pod-dnat-fixed", "true"}}));
  for (const auto* name : {"a", "b", "c", "fixed"})
    BOOST_TEST(wait_served(x, name));
}

void stop(world& x) {
  x.create(x.pod("late"));
  force_remove(x, "a");
  as_real(x.where).stop_api();
}

/// Waits until the test sees again what happens, so that it misses no step of
/// a controller that starts now.
void catch_up(world& x) {
  auto pod = x.pod("marker");
  pod["metadata"].erase("annotations");
  x.create(pod);
  kube_api::must(
    x.api.post(x.records_target(), {{"apiVersion", "alibabacloud.com/v1beta1"},
                                    {"kind", "PodDNAT"},
                                    {"metadata", {{"name", "marker"}}}}));
  BOOST_TEST(
    x.wait([&] { return x.find_pod("marker") && x.record("marker"); }));
  kube_api::must(x.api.remove(x.records_target("marker")));
  force_remove(x, "marker");
  BOOST_TEST(x.wait([&] { return !x.record("marker"); }));
}

void check_all_is_well(world& x, const std::string& promised) {
  for (const auto* name : {"b", "c", "fixed", "late"})
    BOOST_TEST(wait_served(x, name));
  BOOST_TEST(x.wait([&] { return !x.record("a"); }));
  BOOST_TEST(promise_of(x, "fixed") == promised);
  x.create(x.pod("after"));
  BOOST_TEST(wait_served(x, "after"));
  force_remove(x, "fixed");
  BOOST_TEST(x.wait([&] { return !x.find_pod("fixed"); }));
  kube_api::must(x.api.remove(x.records_target("fixed")));
  BOOST_TEST(x.leave_nothing());
  BOOST_TEST((x.harm() == cli::harm{}));
}

/// A server that has just come back is not asked for everything again and
/// again. A process that starts lists the records for its stand-by, before the
/// first allocation and after the tables, each of the latter up to twice with
/// two gateways.
void check_lists(world& x, instant back) {
  for (const auto* resource : resources) {
    auto count = requests(x.where, back, "list", resource);
    BOOST_TEST_MESSAGE("lists of " << resource << ": " << count);
    BOOST_TEST(count <= 6);
  }
}

/// Fails if an outage is answered with more attempts than delays that double
/// from 0.8 s, each stretched by at most 2, allow.
void check_attempts(double attempts) {
  auto most = is_long() ? 8 : 5;
  BOOST_TEST(attempts <= most);
}

void survive(world& x, bool forgetful) {
  auto& controller = x.run();
  populate(x);
  auto promised = promise_of(x, "fixed");
  auto before = lists_begun(controller, "pods");
  stop(x);
  let_pass(outage());
  if (forgetful)
    as_real(x.where).compact();
  auto back = http::boot_now();
  as_real(x.where).start_api();
  check_all_is_well(x, promised);
  check_lists(x, back);
  auto attempts = lists_begun(controller, "pods") - before;
  BOOST_TEST_MESSAGE("attempts to list pods: " << attempts);
  check_attempts(attempts);
  controller.of().signal(SIGTERM);
  BOOST_TEST(controller.of().wait() == 0);
}

} // namespace

BOOST_AUTO_TEST_SUITE(kube_outage)

NATGW_REAL_SCENARIO(the_api_server_comes_back) {
  world x{where, with_lease(outage() + std::chrono::seconds{40})};
  survive(x, false);
}

NATGW_REAL_SCENARIO(the_api_server_comes_back_without_a_memory) {
  world x{where, with_lease(outage() + std::chrono::seconds{40})};
  survive(x, true);
}

// As client-go has it: who cannot renew its lease ends, and is started again
// by Kubernetes, which waits longer each time.
NATGW_REAL_SCENARIO(an_outage_longer_than_the_lease_ends_the_process) {
  world x{where, with_lease(std::chrono::seconds{2})};
  auto& first = x.run();
  populate(x);
  auto promised = promise_of(x, "fixed");
  stop(x);
  BOOST_TEST(first.of().wait() == 1);
  auto back = http::boot_now();
  as_real(x.where).start_api();
  catch_up(x);
  x.run();
  check_all_is_well(x, promised);
  check_lists(x, back);
}

BOOST_AUTO_TEST_SUITE_END()
