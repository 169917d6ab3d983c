#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "test/kube/scenario.hpp"

// What OpenKruiseGame's AlibabaCloud-NATGW plug-in relies on.

using namespace natgw;
using test::at;
using test::json;
using test::sighting;
using test::text_at;
using test::world;

namespace {

constexpr const char* status_annotation = "k8s.aliyun.com/pod-dnat-status";
constexpr const char* okg_annotation = "game.kruise.io/network-status";
constexpr const char* gate = "k8s.aliyun.com/pod-dnat";

json entries_of(const json& record) {
  auto result = at(record, {"status", "entries"});
  return result.is_null() ? json::array() : result;
}

std::string told(const json& pod) {
  return text_at(pod, {"metadata", "annotations", status_annotation});
}

/// The first revision of which `holds` is true; 0 if there is none.
template <class Holds>
uint64_t first_revision(const std::vector<sighting>& all, Holds holds) {
  auto found = std::ranges::find_if(all, [&](const sighting& x) {
    return holds(x.object);
  });
  return found == all.end() ? 0 : found->revision;
}

/// The external ports as status.entries shows them, with their protocol.
std::vector<std::string> shown_items(const json& record) {
  std::vector<std::string> result;
  for (const auto& x : entries_of(record))
    result.push_back(text_at(x, {"internalPort"}) + "/"
                     + text_at(x, {"ipProtocol"}));
  return result;
}

std::string condition(const json& pod, const std::string& type) {
  for (const auto& x : at(pod, {"status", "conditions"}))
    if (text_at(x, {"type"}) == type)
      return text_at(x, {"status"});
  return {};
}

} // namespace

BOOST_AUTO_TEST_SUITE(kube_okg)

NATGW_SCENARIO(writes_come_in_the_order_that_it_needs) {
  world x{where};
  x.run();
  x.create(x.pod("game", "7000-7003/udp,8080,9000/udp"));
  BOOST_TEST_REQUIRE(x.wait_ready("game"));
  auto records = x.seen.seen("poddnats", x.key("game"));
  auto promised = first_revision(records, [](const json& r) {
    return !text_at(r, {"metadata", "annotations",
                        "k8s.aliyun.com/pod-dnat-intent"})
              .empty()
           && !text_at(r, {"spec", "externalIP"}).empty();
  });
  auto shown = first_revision(records, [](const json& r) {
    return !entries_of(r).empty();
  });
  auto pod_told
    = first_revision(x.seen.seen("pods", x.key("game")),
                     [](const json& p) { return !told(p).empty(); });
  BOOST_TEST(promised == records.front().revision);
  BOOST_TEST(promised < shown);
  BOOST_TEST(shown < pod_told);
  // All entries in one write: there was never another number of them.
  for (const auto& r : records)
    BOOST_TEST(
      (entries_of(r.object).empty() || entries_of(r.object).size() == 3U));
  BOOST_TEST(x.leave_nothing());
  // Nothing was shown before it forwarded.
  BOOST_TEST((x.harm() == cli::harm{}));
}

NATGW_SCENARIO(each_item_is_one_entry) {
  world x{where};
  x.run();
  x.create(x.pod("single", "80,443"));
  x.create(x.pod("neighbours", "7000/udp,7001/udp,7002/udp"));
  x.create(x.pod("range", "7000-7015/udp"));
  x.create(x.pod("mixed", "7000/udp,7000/tcp,8080"));
  for (const auto* name : {"single", "neighbours", "range", "mixed"})
    BOOST_TEST_REQUIRE(x.wait_ready(name));
  auto shows = [&x](const char* name, const std::vector<std::string>& items) {
    return x.wait([&] { return shown_items(*x.record(name)) == items; });
  };
  BOOST_TEST(shows("single", {"80/tcp", "443/tcp"}));
  BOOST_TEST(shows("neighbours", {"7000/udp", "7001/udp", "7002/udp"}));
  BOOST_TEST(shows("range", {"7000-7015/udp"}));
  BOOST_TEST(shows("mixed", {"7000/udp", "7000/tcp", "8080/tcp"}));
  // Neighbours share one forward entry of the cloud.
  std::set<std::string> ids;
  for (const auto& entry : entries_of(*x.record("neighbours")))
    ids.insert(text_at(entry, {"forwardEntryId"}));
  BOOST_TEST(ids.size() == 1U);
  BOOST_TEST(x.leave_nothing());
  BOOST_TEST((x.harm() == cli::harm{}));
}

NATGW_SCENARIO(annotations_are_read_as_it_writes_them) {
  world x{where};
  x.run();
  x.create(x.pod("empty", "80",
                 {{"k8s.aliyun.com/pod-dnat", ""},
                  {"k8s.aliyun.com/pod-dnat-expose-protocol", "TCP"}}));
  x.create(
    x.pod("upper", "80", {{"k8s.aliyun.com/pod-dnat-expose-protocol", "UDP"}}));
  x.create(x.pod("off", "80", {{"k8s.aliyun.com/pod-dnat", "yes"}}));
  x.create(x.pod("bad", "80,abc"));
  BOOST_TEST(x.wait_ready("empty"));
  BOOST_TEST(x.wait_ready("upper"));
  BOOST_TEST(text_at(*x.record("empty"), {"spec", "protocol"}) == "tcp");
  BOOST_TEST(text_at(*x.record("upper"), {"spec", "protocol"}) == "udp");
  BOOST_TEST(x.wait_event("bad", "DNATInvalid", "abc"));
  BOOST_TEST(x.wait_event("empty", "DNATReady"));
  BOOST_TEST(!x.record("off"));
  BOOST_TEST(!x.record("bad"));
  BOOST_TEST(x.leave_nothing());
}

NATGW_SCENARIO(pod_is_told_again_until_it_has_looked) {
  world x{where};
  x.run();
  x.create(x.pod("waits", "80",
                 {{okg_annotation, R"({"currentNetworkState":"NotReady"})"}}));
  x.create(x.pod("ready", "80",
                 {{okg_annotation, R"({"currentNetworkState":"Ready"})"}}));
  auto tellings = [&x](const std::string& name) {
    std::set<std::string> texts;
    for (const auto& p : x.seen.seen("pods", x.key(name)))
      texts.insert(told(p.object));
    texts.erase("");
    return texts.size();
  };
  BOOST_TEST(x.wait([&] { return tellings("waits") == 3; }));
  // It has looked: no more of it.
  x.annotate("waits", {{okg_annotation, R"({"currentNetworkState":"Ready"})"}});
  BOOST_TEST(x.wait_ready("ready"));
  BOOST_TEST(tellings("ready") == 1U);
  BOOST_TEST(x.leave_nothing());
  BOOST_TEST(tellings("waits") <= 4U);
  BOOST_TEST((x.harm() == cli::harm{}));
}

NATGW_SCENARIO(fm09_gate_opens_and_nothing_else_is_touched) {
  world x{where};
  x.run();
  auto pod = x.pod("game");
  pod["spec"]["readinessGates"]
    = json::array({json::object({{"conditionType", gate}})});
  x.create(pod);
  BOOST_TEST_REQUIRE(x.wait_ready("game"));
  BOOST_TEST(condition(*x.find_pod("game"), gate) == "True");
  BOOST_TEST(condition(*x.find_pod("game"), "Ready") == "True");
  // It does not flip while the mapping forwards, whatever else changes.
  x.annotate("game", {{"k8s.aliyun.com/pod-dnat-expose-port", "7000/udp,80"}});
  BOOST_TEST(x.wait([&x] {
    auto record = x.record("game");
    return record && entries_of(*record).size() == 2;
  }));
  for (const auto& p : x.seen.seen("pods", x.key("game")))
    BOOST_TEST(condition(p.object, gate) != "False");
  BOOST_TEST(x.leave_nothing());
}

NATGW_SCENARIO(early_address_is_told_before_the_pod_has_one) {
  world x{where};
  x.run();
  x.create(
    x.pod("early", "80",
          {{"k8s.aliyun.com/pod-dnat-early", "true"}, {"test/ip", "none"}}));
  BOOST_TEST(x.wait([&x] {
    auto pod = x.find_pod("early");
    return pod
           && told(*pod).find(R"("state":"allocated")") != std::string::npos;
  }));
  auto before = told(*x.find_pod("early"));
  x.annotate("early", {{"test/ip", nullptr}});
  BOOST_TEST(x.wait_ready("early"));
  // The address that it was told is the one that it has.
  auto after = told(*x.find_pod("early"));
  auto ports = [](const std::string& text) {
    auto all = json::parse(text, nullptr, false);
    return text_at(all, {"externalIP"}) + at(all, {"ports"}).dump();
  };
  BOOST_TEST(ports(before) == ports(after));
  BOOST_TEST(x.leave_nothing());
  BOOST_TEST((x.harm() == cli::harm{}));
}

BOOST_AUTO_TEST_SUITE_END()
