#include <algorithm>

#include "test/kube/scenario.hpp"
#include "test/kube/workloads.hpp"

// Single pods, as they come, move and go.

using namespace natgw;
using namespace natgw::test;

namespace {

const json fixed_pod{{"k8s.aliyun.com/pod-dnat-fixed", "true"}};

bool is_ending(const world& x, const std::string& name) {
  auto pod = x.find_pod(name);
  return pod && !at(*pod, {"metadata", "deletionTimestamp"}).is_null();
}

/// Whatever the controller has to say about what came before is said.
bool let_another_pod_pass(world& x, const std::string& name) {
  x.create(x.pod(name, "9999"));
  return wait_served(x, name);
}

} // namespace

BOOST_AUTO_TEST_SUITE(kube_pods)

NATGW_SCENARIO(bare_pods_come_back_fixed_or_not) {
  world x{where};
  x.run();
  x.create(x.pod("plain"));
  x.create(x.pod("fixed", "7000-7003/udp,80", fixed_pod));
  BOOST_TEST(wait_served(x, "plain"));
  BOOST_TEST(wait_served(x, "fixed"));
  auto promised = promise_of(x, "fixed");
  x.remove("plain");
  x.remove("fixed");
  BOOST_TEST(x.wait([&] { return x.seen.all("pods", x.ns).empty(); }));
  BOOST_TEST(x.wait([&] { return !x.record("plain"); }));
  BOOST_TEST(promise_of(x, "fixed") == promised);
  x.create(x.pod("plain"));
  x.create(x.pod("fixed", "7000-7003/udp,80", fixed_pod));
  BOOST_TEST(wait_served(x, "plain"));
  BOOST_TEST(wait_served(x, "fixed"));
  BOOST_TEST(promise_of(x, "fixed") == promised);
  // Nobody but a person can say that a bare pod will not come back.
  x.remove("fixed");
  BOOST_TEST(x.wait([&] { return !x.find_pod("fixed"); }));
  kube_api::must(x.api.remove(x.records_target("fixed")));
  BOOST_TEST(x.leave_nothing());
  BOOST_TEST((x.harm() == cli::harm{}));
}

// fm03
NATGW_SCENARIO(fm03_a_forced_deletion_releases) {
  world x{where};
  x.run();
  for (const auto* name : {"a", "b", "c"})
    x.create(x.pod(name, "7000/udp,7001/udp,80"));
  for (const auto* name : {"a", "b", "c"})
    BOOST_TEST(wait_served(x, name));
  for (const auto* name : {"a", "b", "c"})
    force_remove(x, name);
  BOOST_TEST(x.wait_empty());
  BOOST_TEST(x.leave_nothing());
  BOOST_TEST((x.harm() == cli::harm{}));
}

// fm06, fm02
NATGW_SCENARIO(fm06_a_name_comes_again_within_milliseconds) {
  world x{where};
  x.run();
  x.create(x.pod("plain"));
  x.create(x.pod("fixed", "7000/udp", fixed_pod));
  BOOST_TEST(wait_served(x, "plain"));
  BOOST_TEST(wait_served(x, "fixed"));
  auto promised = promise_of(x, "fixed");
  std::string last;
  for (auto i = 0; i < 5; ++i) {
    force_remove(x, "plain");
    last = text_at(x.create(x.pod("plain")), {"metadata", "uid"});
    force_remove(x, "fixed");
    x.create(x.pod("fixed", "7000/udp", fixed_pod));
  }
  BOOST_TEST(x.wait([&] { return x.is_ready("plain", last); }));
  BOOST_TEST(wait_served(x, "plain"));
  BOOST_TEST(wait_served(x, "fixed"));
  BOOST_TEST(promise_of(x, "fixed") == promised);
  force_remove(x, "fixed");
  BOOST_TEST(x.wait([&] { return !x.find_pod("fixed"); }));
  kube_api::must(x.api.remove(x.records_target("fixed")));
  BOOST_TEST(x.leave_nothing());
  BOOST_TEST((x.harm() == cli::harm{}));
}

NATGW_SCENARIO(pods_without_an_address_of_their_own_are_refused) {
  world x{where};
  x.run();
  auto host = x.pod("host");
  host["spec"]["hostNetwork"] = true;
  x.create(host);
  x.create(x.pod("virtual", "80", {{"test/node", "node-virtual"}}));
  BOOST_TEST(x.wait_event("host", "DNATInvalid", "host network"));
  BOOST_TEST(x.wait_event("virtual", "DNATInvalid", "virtual nodes"));
  BOOST_TEST(let_another_pod_pass(x, "other"));
  for (const auto* name : {"host", "virtual"}) {
    BOOST_TEST(!x.record(name));
    BOOST_TEST(x.seen.seen("poddnats", x.key(name)).empty());
    BOOST_TEST(x.events(name, "DNATInvalid").size() == 1);
  }
  BOOST_TEST(x.entries().size() == 1);
  BOOST_TEST(x.leave_nothing());
  BOOST_TEST((x.harm() == cli::harm{}));
}

NATGW_SCENARIO(what_a_pod_lacks_may_come_later) {
  world x{where};
  x.run();
  x.create(x.pod("pending", "80", {{"test/node", "none"}}));
  x.create(x.pod("addressless", "80", {{"test/ip", "none"}}));
  x.create(x.pod("zoneless", "80", {{"test/node", "node-bare"}}));
  BOOST_TEST(wait_served(x, "zoneless"));
  BOOST_TEST(let_another_pod_pass(x, "other"));
  // One that cannot be scheduled holds no ports.
  BOOST_TEST(!x.record("pending"));
  BOOST_TEST(!x.record("addressless"));
  BOOST_TEST(x.events("pending", "DNATAllocated").empty());
  x.annotate("addressless", {{"test/ip", nullptr}});
  x.annotate("pending", {{"test/node", "node-bare"}});
  BOOST_TEST(wait_served(x, "addressless"));
  BOOST_TEST(wait_served(x, "pending"));
  BOOST_TEST(x.leave_nothing());
  BOOST_TEST((x.harm() == cli::harm{}));
}

// Its players are still there.
NATGW_SCENARIO(a_terminating_pod_forwards_to_its_end) {
  world x{where};
  x.run();
  x.create(x.pod("slow", "7000/udp", {{"test/linger", "1"}}));
  BOOST_TEST(wait_served(x, "slow"));
  x.remove("slow");
  BOOST_TEST(x.wait([&] { return is_ending(x, "slow"); }));
  BOOST_TEST(let_another_pod_pass(x, "other"));
  BOOST_TEST(is_served(x, "slow"));
  // Terminal while it lingers: what is left of it is its object.
  x.create(x.pod("done", "7000/udp", {{"test/linger", "1"}}));
  BOOST_TEST(wait_served(x, "done"));
  x.remove("done");
  finish(x, "done", "Succeeded");
  BOOST_TEST(x.wait([&] { return !x.record("done"); }));
  BOOST_TEST(is_ending(x, "done"));
  BOOST_TEST(is_served(x, "slow"));
  force_remove(x, "slow");
  force_remove(x, "done");
  BOOST_TEST(x.leave_nothing());
  BOOST_TEST((x.harm() == cli::harm{}));
}

// fm05: how long the old entry leads to the new pod is up to the cloud; that
// it is the first thing to be done about either of them is up to us.
NATGW_SCENARIO(fm05_an_address_goes_to_another_pod) {
  world x{where};
  x.run();
  // Not before a write of a former leader can be under way any more.
  x.create(x.pod("zeroth"));
  BOOST_TEST(wait_served(x, "zeroth"));
  x.remove("zeroth");
  BOOST_TEST(x.wait_empty());
  auto ip = "172.16.251." + std::to_string(where.is_real() ? 1 : 2);
  x.create(x.pod("first", "7000-7009/udp,80", {{"test/ip", ip}}));
  BOOST_TEST(wait_served(x, "first"));
  force_remove(x, "first");
  x.create(x.pod("second", "7000-7009/udp,80", {{"test/ip", ip}}));
  BOOST_TEST(wait_served(x, "second"));
  BOOST_TEST(x.wait([&] { return !x.record("first"); }));
  BOOST_TEST(x.entries_at(ip).size() == 2);
  BOOST_TEST(x.leave_nothing());
  auto done = x.harm();
  BOOST_TEST_MESSAGE("a stranger for " << done.stranger_ms << " ms");
  // Two entries, each under way for 50 to 200 ms.
  BOOST_TEST(done.stranger_ms < 1000);
  done.stranger_ms = 0;
  BOOST_TEST((done == cli::harm{}));
}

BOOST_AUTO_TEST_SUITE_END()
