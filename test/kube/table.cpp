#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "test/kube/scenario.hpp"
#include "test/kube/workloads.hpp"

// What a gateway's table teaches: who else writes into it, how much fits, and
// what was there before us.

using namespace natgw;
using emulator::vpc_core;
using test::at;
using test::json;
using test::text_at;
using test::wait_served;
using test::world;

namespace {

/// Sweeps as often as may be.
constexpr const char* sweeping = "  sweepInterval: 10s\n";

emulator::ipv4 address(const std::string& text) {
  return emulator::parse_ipv4(text).value();
}

std::string first_gateway(world& x) {
  return x.cloud_options.gateways.front().id;
}

std::string first_eip(world& x) {
  return x.cloud_options.gateways.front().eips.front().address;
}

/// An entry as somebody else makes one: without a name.
emulator::entry nameless(const std::string& eip, uint16_t external,
                         const std::string& ip, uint16_t internal) {
  using enum emulator::entry_protocol;
  emulator::entry result;
  result.external = {address(eip), external, 1, udp};
  result.internal = {address(ip), internal, 1, udp};
  return result;
}

/// Puts an entry into the first gateway's table by another hand; its id.
std::string plant(world& x, const emulator::entry& what) {
  std::string id;
  x.cloud->with_core([&](vpc_core& core) {
    id = core.resources().foreign_create(first_gateway(x), what).value();
  });
  return id;
}

/// Calls of the cloud that changed a table, or tried to.
size_t cloud_writes(world& x) {
  size_t result = 0;
  x.cloud->with_core([&](vpc_core& core) {
    for (const auto& seen : core.log().calls())
      result += seen.action.ends_with("ForwardEntry") ? 1 : 0;
  });
  return result;
}

/// Whether an event about the controller's Lease has this reason.
bool was_said(world& x, const std::string& reason) {
  auto all = x.api.get("/api/v1/namespaces/kube-system/events").body;
  return std::ranges::any_of(at(all, {"items"}), [&](const json& event) {
    return text_at(event, {"reason"}) == reason
           && text_at(event, {"involvedObject", "kind"}) == "Lease"
           && text_at(event, {"message"}).contains(first_gateway(x));
  });
}

/// A PodDNAT as the product that we replace leaves it: no intent, another
/// finalizer, and an entry without a name. Its entry's id.
std::string plant_mapping(world& x, const std::string& pod, uint16_t external,
                          bool fixed) {
  auto object = *x.find_pod(pod);
  auto ip = text_at(object, {"status", "podIP"});
  auto id = plant(x, nameless(first_eip(x), external, ip, 7000));
  auto port = std::to_string(external);
  json record{{"apiVersion", "alibabacloud.com/v1beta1"},
              {"kind", "PodDNAT"},
              {"metadata", {{"name", pod}, {"namespace", x.ns}}},
              {"spec",
               {{"externalIP", first_eip(x)},
                {"internalIP", ip},
                {"portMapping", json::array({{{"externalPort", port},
                                              {"internalPort", "7000"}}})},
                {"protocol", "udp"},
                {"tableId", first_gateway(x)},
                {"zoneID", x.cloud_options.gateways.front().zone}}}};
  if (!fixed)
    record["metadata"]["ownerReferences"]
      = json::array({{{"apiVersion", "v1"},
                      {"kind", "Pod"},
                      {"name", pod},
                      {"uid", text_at(object, {"metadata", "uid"})}}});
  test::kube_api::must(x.api.post(x.records_target(), record));
  json status{{"status",
               {{"entries", json::array({{{"externalIP", first_eip(x)},
                                          {"externalPort", port},
                                          {"forwardEntryId", id},
                                          {"internalIP", ip},
                                          {"internalPort", "7000"},
                                          {"ipProtocol", "udp"}}})}}}};
  test::kube_api::must(x.api.merge(x.records_target(pod) + "/status", status));
  return id;
}

std::string shown_id(const world& x, const std::string& pod) {
  auto record = x.record(pod);
  auto all = record ? at(*record, {"status", "entries"}) : json{};
  return all.empty() ? std::string{} : text_at(all.front(), {"forwardEntryId"});
}

/// Deletes every pod; then nothing is left but these, as they were made.
bool leave_only(world& x, const std::set<std::string>& foreign) {
  for (const auto& pod : x.seen.all("pods", x.ns))
    x.remove(text_at(pod, {"metadata", "name"}));
  auto over = x.wait([&] {
    std::set<std::string> left;
    for (const auto& entry : x.entries())
      left.insert(entry.id);
    return x.seen.all("poddnats", x.ns).empty() && left == foreign;
  });
  x.cloud->with_core([&](vpc_core& core) {
    for (const auto& change : core.log().changes())
      over = over && (change.foreign || !foreign.contains(change.id));
  });
  return over;
}

} // namespace

BOOST_AUTO_TEST_SUITE(kube_table)

NATGW_SCENARIO(mappings_of_the_product_are_taken_over_without_a_cloud_write) {
  world x{where, {.gateways = 1, .zones = 1}};
  json fixed{{"k8s.aliyun.com/pod-dnat-fixed", "true"}};
  x.create(x.pod("plain"));
  x.create(x.pod("kept", "7000/udp", fixed));
  BOOST_TEST_REQUIRE(x.wait([&x] {
    auto has_ip = [&x](const char* name) {
      auto pod = x.find_pod(name);
      return pod && !text_at(*pod, {"status", "podIP"}).empty();
    };
    return has_ip("plain") && has_ip("kept");
  }));
  auto plain = plant_mapping(x, "plain", 700, false);
  auto kept = plant_mapping(x, "kept", 701, true);
  x.run();
  BOOST_TEST(x.wait_ready("plain"));
  BOOST_TEST(x.wait_ready("kept"));
  BOOST_TEST(cloud_writes(x) == 0U);
  for (const auto* name : {"plain", "kept"}) {
    auto record = *x.record(name);
    BOOST_TEST((at(record, {"metadata", "finalizers"})
                == json::array({"natgw-controller"})));
    BOOST_TEST(!text_at(record, {"metadata", "annotations",
                                 "k8s.aliyun.com/pod-dnat-intent"})
                  .empty());
  }
  BOOST_TEST(shown_id(x, "plain") == plain);
  BOOST_TEST(shown_id(x, "kept") == kept);
  // From now on they are like our own.
  x.remove("plain");
  x.remove("kept");
  BOOST_TEST(x.wait([&x] { return !x.find_pod("kept"); }));
  x.create(x.pod("kept", "7000/udp", fixed));
  BOOST_TEST(wait_served(x, "kept"));
  BOOST_TEST(
    at(*x.record("kept"), {"spec", "portMapping"}).front().at("externalPort")
    == "701");
  BOOST_TEST(x.leave_nothing());
}

NATGW_EMBEDDED_SCENARIO(fm20_full_gateway_lets_pods_wait_and_says_so) {
  auto cloud = cli::quick_cloud();
  cloud.quota = 3;
  world x{where, {.gateways = 1, .zones = 1, .cloud = cloud}};
  x.run();
  std::vector<std::string> names;
  for (auto i = 0; i < 5; ++i)
    names.push_back("game-" + std::to_string(i));
  for (const auto& name : names)
    x.create(x.pod(name));
  auto ready = [&] {
    return std::ranges::count_if(names,
                                 [&](auto& name) { return x.is_ready(name); });
  };
  BOOST_TEST(x.wait([&] { return ready() == 3; }));
  BOOST_TEST(x.wait([&] { return was_said(x, "QuotaReached"); }));
  std::vector<std::string> waiting;
  std::ranges::copy_if(names, std::back_inserter(waiting),
                       [&](auto& name) { return !x.is_ready(name); });
  for (const auto& name : waiting)
    BOOST_TEST(x.wait_event(name, "DNATWaiting"));
  // No storm against a table that is full.
  BOOST_TEST(cloud_writes(x) <= 8U);
  for (const auto& name : names)
    if (x.is_ready(name))
      x.remove(name);
  for (const auto& name : waiting)
    BOOST_TEST(x.wait_ready(name));
  BOOST_TEST(x.leave_nothing());
  BOOST_TEST((x.harm() == cli::harm{}));
}

NATGW_EMBEDDED_SCENARIO(fm18_what_others_do_to_our_entries_is_undone) {
  world x{where, {.gateways = 1, .zones = 1}};
  x.run(sweeping);
  x.create(x.pod("lost"));
  x.create(x.pod("bent"));
  BOOST_TEST_REQUIRE(wait_served(x, "lost"));
  BOOST_TEST_REQUIRE(wait_served(x, "bent"));
  auto lost = shown_id(x, "lost");
  auto bent = shown_id(x, "bent");
  auto ports = test::promise_of(x, "lost") + test::promise_of(x, "bent");
  x.cloud->with_core([&](vpc_core& core) {
    auto& cloud = core.resources();
    BOOST_TEST(cloud.foreign_delete(lost).has_value());
    auto edited = *cloud.find_gateway(first_gateway(x))->table.find(bent);
    edited.internal.address = address("172.16.255.254");
    BOOST_TEST(cloud.foreign_modify(edited).has_value());
  });
  BOOST_TEST(x.wait_event("lost", "DNATFailed", "it is restored"));
  BOOST_TEST(x.wait_event("bent", "DNATFailed", "it is restored"));
  BOOST_TEST(wait_served(x, "lost"));
  BOOST_TEST(wait_served(x, "bent"));
  BOOST_TEST(x.wait([&] { return x.entries_at("172.16.255.254").empty(); }));
  BOOST_TEST(test::promise_of(x, "lost") + test::promise_of(x, "bent")
             == ports);
  BOOST_TEST(x.leave_nothing());
  BOOST_TEST((x.harm().tokens == cli::token_harm{}));
}

NATGW_EMBEDDED_SCENARIO(fm15_entries_of_others_are_left_alone) {
  world x{where, {.gateways = 1, .zones = 1}};
  std::set<std::string> foreign;
  for (uint16_t i = 0; i < 40; ++i)
    foreign.insert(
      plant(x, nameless(first_eip(x), static_cast<uint16_t>(512 + 2 * i),
                        "172.31.0.9", static_cast<uint16_t>(9000 + i))));
  x.run();
  BOOST_TEST_REQUIRE(x.create(x.pod("first")).is_object());
  BOOST_TEST(wait_served(x, "first"));
  // Somebody takes ports that were free when the table was read.
  for (uint16_t i = 0; i < 40; ++i) {
    auto port = static_cast<uint16_t>(513 + 2 * i);
    x.cloud->with_core([&](vpc_core& core) {
      auto made = core.resources().foreign_create(
        first_gateway(x), nameless(first_eip(x), port, "172.31.0.10", port));
      if (made)
        foreign.insert(*made);
    });
  }
  for (auto i = 0; i < 10; ++i)
    x.create(x.pod("game-" + std::to_string(i)));
  for (auto i = 0; i < 10; ++i)
    BOOST_TEST(wait_served(x, "game-" + std::to_string(i)));
  BOOST_TEST(leave_only(x, foreign));
  // Each port that was taken meanwhile is refused once, and not again.
  uint64_t refused = 0;
  x.cloud->with_core([&](vpc_core& core) {
    for (const auto& [code, count] :
         core.log().counters().by_action.at("CreateForwardEntry"))
      refused += code == "ok" ? 0 : count;
  });
  BOOST_TEST(refused <= 40U);
  BOOST_TEST((x.harm() == cli::harm{}));
}

NATGW_EMBEDDED_SCENARIO(pods_are_told_of_an_eip_that_leaves_or_is_locked) {
  world x{where, {.gateways = 1, .zones = 1}};
  x.run(sweeping);
  x.create(x.pod("game"));
  BOOST_TEST_REQUIRE(wait_served(x, "game"));
  auto eip = text_at(*x.record("game"), {"spec", "externalIP"});
  x.cloud->with_core(
    [&](vpc_core& core) { core.resources().find_eip(eip)->locked = true; });
  BOOST_TEST(x.wait_event("game", "DNATFailed", "EIP " + eip + " is locked"));
  x.cloud->with_core([&](vpc_core& core) {
    core.resources().find_eip(eip)->locked = false;
    BOOST_TEST(core.resources().unbind_eip(eip).has_value());
  });
  BOOST_TEST(
    x.wait_event("game", "DNATFailed", "EIP " + eip + " is not bound"));
  // What is there stays for the time being.
  BOOST_TEST(shown_id(x, "game") != "");
  BOOST_TEST(x.leave_nothing());
  BOOST_TEST((x.harm() == cli::harm{}));
}

BOOST_AUTO_TEST_SUITE_END()
