#include <chrono>

#include "clients/http/boot_time.hpp"
#include "test/kube/trials.hpp"

// What API servers and the way to them do to clients, one thing at a time:
// under each, pods are born and die.

using namespace natgw;
using namespace natgw::test;

namespace {

constexpr const char* account
  = "system:serviceaccount:kube-system:natgw-controller";

/// A fault that strikes the controller alone.
json fault(const char* kind, const char* verb, json more = json::object()) {
  json result{{"kind", kind}, {"user", account}, {"verb", verb}};
  result.update(more);
  return result;
}

void set_faults(world& x, const json& faults) {
  kube_api::must(x.api.post("/emulator/faults", faults));
}

/// The faults end with it, also when a scenario fails.
class faulty {
public:
  faulty(world& x, const json& faults) : world_{x} {
    set_faults(world_, faults);
  }
  ~faulty() {
    world_.api.post("/emulator/faults", json::array());
  }
  faulty(const faulty&) = delete;
  faulty& operator=(const faulty&) = delete;

private:
  world& world_;
};

void live_and_die(world& x, const std::string& name) {
  x.create(x.pod(name, "7000-7003/udp,80"));
  BOOST_TEST(wait_served(x, name));
  x.annotate(name, {{"k8s.aliyun.com/pod-dnat-expose-port", "7000-7003/udp"}});
  BOOST_TEST(x.wait([&] { return x.entries().size() == 1; }));
  x.remove(name);
  BOOST_TEST(x.wait_empty());
}

void check_end(world& x) {
  set_faults(x, json::array());
  BOOST_TEST(x.leave_nothing());
  BOOST_TEST((x.harm() == cli::harm{}));
}

constexpr const char* write_verbs[] = {"create", "patch", "delete"};

} // namespace

BOOST_AUTO_TEST_SUITE(kube_faults)

// In the time that the server asks for it hears nothing of that kind.
NATGW_EMBEDDED_SCENARIO(retry_after_is_honoured) {
  world x{where};
  x.run();
  live_and_die(x, "first");
  for (const auto* verb : {"create", "patch"}) {
    faulty now{
      x, json::array({fault(
           "throttle", verb,
           {{"resource", "poddnats"}, {"times", 1}, {"retryAfter", 2}})})};
    auto began = http::boot_now();
    live_and_die(x, "game");
    std::optional<instant> refused;
    for (const auto& y : where.audit(began)) {
      if (y.user != account || y.resource != "poddnats" || y.verb != verb)
        continue;
      if (refused && y.at < *refused + std::chrono::seconds{2})
        BOOST_TEST_ERROR("asked again too early: " << y.verb);
      if (y.code == 429)
        refused = y.at;
    }
    BOOST_TEST(refused.has_value());
  }
  check_end(x);
}

NATGW_EMBEDDED_SCENARIO(writes_are_refused_for_a_while) {
  world x{where};
  x.run();
  live_and_die(x, "first");
  auto all = json::array();
  for (const auto* verb : write_verbs)
    for (auto status : {500, 503, 504})
      all.push_back(fault("refuse", verb, {{"times", 1}, {"status", status}}));
  for (const auto* verb : write_verbs)
    all.push_back(fault("conflict", verb, {{"times", 2}}));
  faulty now{x, all};
  live_and_die(x, "game");
  check_end(x);
}

// fm16: the answer is lost, whether or not the write was done.
NATGW_EMBEDDED_SCENARIO(fm16_connections_break_on_every_verb) {
  world x{where};
  x.run();
  live_and_die(x, "first");
  auto all = json::array();
  for (const auto* kind : {"reset_after", "reset_before", "malformed"})
    for (const auto* verb : write_verbs)
      all.push_back(fault(kind, verb, {{"times", 2}}));
  faulty now{x, all};
  live_and_die(x, "game");
  set_faults(x, all);
  x.create(x.pod("fixed", "80", {{"k8s.aliyun.com/pod-dnat-fixed", "true"}}));
  BOOST_TEST(wait_served(x, "fixed"));
  kube_api::must(x.api.remove(x.pods_target("fixed")));
  BOOST_TEST(x.wait([&] { return !x.find_pod("fixed"); }));
  kube_api::must(x.api.remove(x.records_target("fixed")));
  check_end(x);
}

NATGW_EMBEDDED_SCENARIO(lists_and_watches_fail_from_the_start) {
  world x{where};
  x.create(x.pod("early"));
  faulty now{
    x, json::array({fault("malformed", "list", {{"times", 2}}),
                    fault("reset_after", "list", {{"times", 1}}),
                    fault("refuse", "get", {{"times", 1}, {"status", 500}}),
                    fault("reset_after", "get", {{"times", 1}}),
                    fault("malformed", "watch", {{"times", 2}}),
                    fault("refuse", "watch", {{"times", 1}}),
                    fault("throttle", "watch", {{"times", 1}})})};
  x.run();
  BOOST_TEST(wait_served(x, "early"));
  x.remove("early");
  BOOST_TEST(x.wait_empty());
  check_end(x);
}

// With memory bounded, whatever a broken server sends.
NATGW_EMBEDDED_SCENARIO(a_watch_sends_a_line_without_an_end) {
  world x{where};
  auto& controller = x.run();
  live_and_die(x, "first");
  set_faults(x, json::array({fault("endless_line", "watch",
                                   {{"resource", "pods"}, {"times", 1}})}));
  kube_api::must(x.api.post("/emulator/break-watches?resource=pods", {}));
  live_and_die(x, "game");
  BOOST_TEST(controller.metric("process_resident_memory_bytes") < 200e6);
  check_end(x);
}

NATGW_EMBEDDED_SCENARIO(watches_break_again_and_again) {
  world x{where};
  x.run();
  live_and_die(x, "first");
  for (auto i = 0; i < 3; ++i) {
    auto name = "game-" + std::to_string(i);
    x.create(x.pod(name, "7000-7003/udp,80"));
    kube_api::must(x.api.post("/emulator/break-watches", {}));
    if (i % 2 == 1)
      force_remove(x, "game-" + std::to_string(i - 1));
    BOOST_TEST(wait_served(x, name));
  }
  check_end(x);
}

// 410 Gone, as an event of the watch.
NATGW_EMBEDDED_SCENARIO(changes_are_compacted_while_watches_are_broken) {
  world x{where};
  x.run();
  live_and_die(x, "first");
  auto began = http::boot_now();
  x.create(x.pod("stays"));
  BOOST_TEST(wait_served(x, "stays"));
  for (auto i = 0; i < 2; ++i) {
    auto name = "new-" + std::to_string(i);
    kube_api::must(x.api.post("/emulator/break-watches", {}));
    x.create(x.pod(name));
    if (i > 0)
      force_remove(x, "new-" + std::to_string(i - 1));
    // The test itself must have seen it all; the controller backs off first.
    BOOST_TEST(x.wait([&] { return x.find_pod(name).has_value(); }));
    kube_api::must(x.api.post("/emulator/compact", {}));
    BOOST_TEST(wait_served(x, name));
  }
  // Each one costs a list of each, and none of them more.
  for (const auto* resource : {"pods", "poddnats", "nodes"})
    BOOST_TEST(requests(where, began, "list", resource) <= 4);
  check_end(x);
}

// The rest of a list is no longer to be had: it begins anew.
NATGW_EMBEDDED_SCENARIO(continue_tokens_expire) {
  world x{where, {.settings = "  writeDeadline: 2s\n  pageSize: 10\n"}};
  for (auto i = 0; i < 35; ++i)
    x.create(x.pod("game-" + std::to_string(i)));
  BOOST_TEST(x.wait([&] { return x.find_pod("game-34").has_value(); }));
  // Slow enough for something to happen between two pages.
  set_faults(
    x, json::array({fault("slow", "list", {{"delayMs", 100}, {"times", 20}})}));
  x.run();
  for (auto i = 0; i < 10; ++i) {
    let_pass(std::chrono::milliseconds{100});
    kube_api::must(x.api.post("/emulator/compact", {}));
  }
  for (auto i = 0; i < 35; ++i)
    BOOST_TEST(wait_served(x, "game-" + std::to_string(i)));
  check_end(x);
}

BOOST_AUTO_TEST_SUITE_END()
