#include <algorithm>
#include <chrono>
#include <string>

#include "test/kube/scenario.hpp"
#include "test/kube/workloads.hpp"

// A ClientToken is never used for another need, however long the cloud
// remembers it: what it has once made is not what is needed now. All of it is
// read in the emulator's log.

using namespace natgw;
using namespace std::chrono_literals;
using emulator::vpc_core;
using test::at;
using test::json;
using test::text_at;
using test::wait_served;
using test::world;

namespace {

constexpr const char* switch_name = "k8s.aliyun.com/pod-dnat";
const json fixed_pod{{"k8s.aliyun.com/pod-dnat-fixed", "true"}};

test::world_options remembering(std::chrono::milliseconds retention) {
  auto cloud = cli::quick_cloud();
  cloud.token_retention = retention;
  return {.gateways = 1,
          .zones = 1,
          .settings = "  writeDeadline: 2s\n  sweepInterval: 10s\n",
          .cloud = cloud};
}

std::string shown_id(const world& x, const std::string& pod) {
  auto record = x.record(pod);
  auto all = record ? at(*record, {"status", "entries"}) : json{};
  return all.empty() ? std::string{} : text_at(all.front(), {"forwardEntryId"});
}

/// Writes that were accepted: another need each.
size_t accepted_writes(world& x) {
  size_t result = 0;
  x.cloud->with_core([&](vpc_core& core) {
    for (const auto& seen : core.log().calls())
      result += seen.committed ? 1 : 0;
  });
  return result;
}

/// Another hand deletes its entry; it comes back.
void let_it_drift(world& x, const std::string& pod) {
  auto lost = shown_id(x, pod);
  x.cloud->with_core([&](vpc_core& core) {
    BOOST_TEST(core.resources().foreign_delete(lost).has_value());
  });
  auto is_back = [&] {
    auto now = shown_id(x, pod);
    return !now.empty() && now != lost;
  };
  BOOST_TEST(x.wait(is_back));
  BOOST_TEST(wait_served(x, pod));
}

/// The fixed pod ends, and comes back with this address.
void come_back(world& x, const std::string& ip) {
  x.remove("fixed");
  BOOST_TEST(x.wait([&x] { return !x.find_pod("fixed"); }));
  auto pod = fixed_pod;
  pod["test/ip"] = ip;
  x.create(x.pod("fixed", "7000/udp", pod));
  BOOST_TEST(wait_served(x, "fixed"));
  BOOST_TEST(x.entries_at(ip).size() == 1U);
}

void switch_off_and_on(world& x, const std::string& pod) {
  x.annotate(pod, {{switch_name, "false"}});
  BOOST_TEST(x.wait([&] { return shown_id(x, pod).empty(); }));
  x.annotate(pod, {{switch_name, "true"}});
  BOOST_TEST(wait_served(x, pod));
}

void meet_every_need_anew(test::cluster& where,
                          std::chrono::milliseconds retention) {
  world x{where, remembering(retention)};
  x.run();
  x.create(x.pod("plain"));
  auto first = fixed_pod;
  first["test/ip"] = "172.16.250.1";
  x.create(x.pod("fixed", "7000/udp", first));
  BOOST_TEST_REQUIRE(wait_served(x, "plain"));
  BOOST_TEST_REQUIRE(wait_served(x, "fixed"));
  auto promised = test::promise_of(x, "fixed");
  for (auto i = 0; i < 2; ++i) {
    let_it_drift(x, "plain");
    come_back(x, "172.16.250.2");
    come_back(x, "172.16.250.1");
    switch_off_and_on(x, "plain");
    switch_off_and_on(x, "fixed");
  }
  BOOST_TEST(test::promise_of(x, "fixed") == promised);
  // Two births, then each time one for the drift, two moves, and a birth at
  // least for each switch.
  BOOST_TEST(accepted_writes(x) >= 2U + 2U * 5U);
  BOOST_TEST((x.harm().tokens == cli::token_harm{}));
  BOOST_TEST(x.leave_nothing());
  BOOST_TEST((x.harm().tokens == cli::token_harm{}));
}

} // namespace

BOOST_AUTO_TEST_SUITE(kube_token_needs)

NATGW_EMBEDDED_SCENARIO(cloud_that_remembers_answers_no_new_need) {
  meet_every_need_anew(where, 1h);
}

NATGW_EMBEDDED_SCENARIO(cloud_that_forgets_makes_nothing_twice) {
  meet_every_need_anew(where, 1s);
}

BOOST_AUTO_TEST_SUITE_END()
