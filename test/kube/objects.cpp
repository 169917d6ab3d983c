#include <algorithm>
#include <csignal>
#include <set>
#include <string>

#include "test/kube/scenario.hpp"

// PodDNATs as objects of the cluster: their form, who else writes to them, and
// every way in which they end.

using namespace natgw;
using test::at;
using test::json;
using test::text_at;
using test::world;

namespace {

constexpr const char* promise = "k8s.aliyun.com/pod-dnat-intent";
constexpr const char* fixed = "k8s.aliyun.com/pod-dnat-fixed";

/// Every value in it that is neither an object nor a list is a text.
bool has_only_texts(const json& x) {
  if (x.is_object() || x.is_array())
    return std::ranges::all_of(x, has_only_texts);
  return x.is_string();
}

std::set<std::string> ids_of(const world& x) {
  std::set<std::string> result;
  for (const auto& entry : x.entries())
    result.insert(entry.id);
  return result;
}

} // namespace

BOOST_AUTO_TEST_SUITE(kube_objects)

NATGW_SCENARIO(poddnat_has_the_form_that_was_agreed) {
  world x{where};
  x.run();
  x.create(x.pod("plain", "80/tcp"));
  x.create(x.pod("fixed", "80", {{fixed, "true"}}));
  BOOST_TEST_REQUIRE(x.wait_ready("plain"));
  BOOST_TEST_REQUIRE(x.wait_ready("fixed"));
  auto record = *x.record("plain");
  BOOST_TEST(has_only_texts(record["spec"]));
  BOOST_TEST(has_only_texts(record["status"]));
  BOOST_TEST((at(record, {"metadata", "finalizers"})
              == json::array({"natgw-controller"})));
  BOOST_TEST(!text_at(record, {"metadata", "annotations", promise}).empty());
  auto pod = *x.find_pod("plain");
  auto owner = json{{"apiVersion", "v1"},
                    {"kind", "Pod"},
                    {"name", "plain"},
                    {"uid", text_at(pod, {"metadata", "uid"})},
                    {"blockOwnerDeletion", true}};
  BOOST_TEST(
    (at(record, {"metadata", "ownerReferences"}) == json::array({owner})));
  BOOST_TEST(text_at(record, {"spec", "internalIP"})
             == text_at(pod, {"status", "podIP"}));
  auto entry = record["status"]["entries"][0];
  BOOST_TEST(text_at(entry, {"externalIP"})
             == text_at(record, {"spec", "externalIP"}));
  BOOST_TEST(text_at(entry, {"externalPort"})
             == text_at(record["spec"]["portMapping"][0], {"externalPort"}));
  BOOST_TEST(text_at(entry, {"forwardEntryId"}).starts_with("fwd-"));
  BOOST_TEST(at(*x.record("fixed"), {"metadata", "ownerReferences"}).is_null());
  BOOST_TEST(x.leave_nothing());
}

NATGW_SCENARIO(what_others_write_stays) {
  world x{where};
  x.run();
  x.create(x.pod("game"));
  BOOST_TEST_REQUIRE(x.wait_ready("game"));
  test::kube_api::must(x.api.merge(
    x.records_target("game"),
    {{"metadata",
      {{"labels", {{"team", "red"}}},
       {"annotations", {{"note", "mine"}}},
       {"finalizers", {"natgw-controller", "example.com/mine"}}}}}));
  x.annotate("game", {{"k8s.aliyun.com/pod-dnat-expose-port", "7000/udp,80"}});
  BOOST_TEST_REQUIRE(x.wait([&x] {
    auto record = x.record("game");
    return record && at(*record, {"status", "entries"}).size() == 2;
  }));
  auto record = *x.record("game");
  BOOST_TEST(text_at(record, {"metadata", "labels", "team"}) == "red");
  BOOST_TEST(text_at(record, {"metadata", "annotations", "note"}) == "mine");
  // Ours comes off; theirs keeps the object until they are done.
  x.remove("game");
  BOOST_TEST(x.wait([&x] {
    auto rest = x.record("game");
    return rest
           && at(*rest, {"metadata", "finalizers"})
                == json::array({"example.com/mine"})
           && x.entries().empty();
  }));
  x.api.merge(x.records_target("game"),
              {{"metadata", {{"finalizers", nullptr}}}});
  BOOST_TEST(x.leave_nothing());
  BOOST_TEST((x.harm() == cli::harm{}));
}

NATGW_SCENARIO(record_that_a_person_deletes_comes_back) {
  world x{where};
  x.run();
  x.create(x.pod("game"));
  BOOST_TEST_REQUIRE(x.wait_ready("game"));
  auto before = *x.record("game");
  auto ids = ids_of(x);
  x.api.remove(x.records_target("game"));
  BOOST_TEST(x.wait([&] {
    auto now = x.record("game");
    return now
           && text_at(*now, {"metadata", "uid"})
                != text_at(before, {"metadata", "uid"})
           && at(*now, {"status"}) == at(before, {"status"});
  }));
  // It went on forwarding all the while.
  BOOST_TEST((ids_of(x) == ids));
  BOOST_TEST(x.leave_nothing());
  BOOST_TEST((x.harm() == cli::harm{}));
}

NATGW_SCENARIO(pod_deleted_in_the_foreground_really_goes) {
  world x{where};
  x.run();
  x.create(x.pod("game"));
  BOOST_TEST_REQUIRE(x.wait_ready("game"));
  test::kube_api::must(
    x.api.remove(x.pods_target("game"), {{"kind", "DeleteOptions"},
                                         {"apiVersion", "v1"},
                                         {"propagationPolicy", "Foreground"}}));
  BOOST_TEST(x.wait([&x] { return !x.find_pod("game"); }));
  BOOST_TEST(x.wait_empty());
  BOOST_TEST((x.harm() == cli::harm{}));
}

NATGW_SCENARIO(what_ended_while_nobody_looked_is_cleaned_up) {
  world x{where};
  auto& first = x.run();
  x.create(x.pod("goes"));
  x.create(x.pod("stays"));
  x.create(x.pod("fixed", "80", {{fixed, "true"}}));
  for (const auto* name : {"goes", "stays", "fixed"})
    BOOST_TEST_REQUIRE(x.wait_ready(name));
  first.of().signal(SIGKILL);
  first.of().wait();
  x.remove("goes");
  x.remove("fixed");
  // The garbage collector deletes the plain record; our finalizer holds it.
  BOOST_TEST(x.wait([&x] {
    auto record = x.record("goes");
    return record && !at(*record, {"metadata", "deletionTimestamp"}).is_null();
  }));
  x.run();
  BOOST_TEST(x.wait([&x] { return !x.record("goes"); }));
  BOOST_TEST(x.wait([&x] {
    auto record = x.record("fixed");
    return record && at(*record, {"status", "entries"}).empty();
  }));
  BOOST_TEST(x.is_ready("stays"));
  BOOST_TEST(x.leave_nothing());
  BOOST_TEST((x.harm() == cli::harm{}));
}

NATGW_SCENARIO(gateway_out_of_the_configuration_is_drained) {
  world x{where};
  auto& first = x.run();
  x.create(x.pod("game"));
  BOOST_TEST_REQUIRE(x.wait_ready("game"));
  auto gateway = text_at(*x.record("game"), {"spec", "tableId"});
  auto other = x.cloud_options.gateways[0].id == gateway
                 ? x.cloud_options.gateways[1].id
                 : x.cloud_options.gateways[0].id;
  first.of().signal(SIGTERM);
  BOOST_TEST(first.of().wait() == 0);
  x.run({}, {other});
  x.remove("game");
  BOOST_TEST(x.wait_empty());
  BOOST_TEST((x.harm() == cli::harm{}));
}

NATGW_REAL_SCENARIO(kubectl_shows_what_people_ask_for) {
  world x{where};
  x.run();
  x.create(x.pod("game", "7000-7001/udp"));
  BOOST_TEST_REQUIRE(x.wait_ready("game"));
  auto table = test::kubectl(where.admin(),
                             {"get", "pdnat", "-n", x.ns, "game"});
  for (const auto* column : {"GATEWAY", "EXTERNAL IP", "PORTS", "AGE"})
    BOOST_TEST(table.find(column) != std::string::npos, table);
  BOOST_TEST(table.find(text_at(*x.record("game"), {"spec", "tableId"}))
             != std::string::npos);
  // The schema refuses a number, and the status is out of reach from here.
  auto refused = x.api.merge(x.records_target("game"),
                             {{"spec", {{"externalIP", 5}}}});
  BOOST_TEST(refused.status == 422);
  x.api.merge(x.records_target("game"), {{"status", {{"entries", nullptr}}}});
  BOOST_TEST(
    x.api.get(x.records_target("game")).body["status"]["entries"].size() == 1U);
  BOOST_TEST(x.leave_nothing());
}

NATGW_REAL_SCENARIO(manifests_may_be_applied_again) {
  auto folder = std::string{NATGW_SOURCE_DIR} + "/deploy/base";
  auto again = test::kubectl(where.admin(), {"apply", "-k", folder});
  BOOST_TEST(again.find("created") == std::string::npos, again);
  BOOST_TEST(again.find("configured") == std::string::npos, again);
  test::kubectl(where.admin(),
                {"apply", "--server-side", "--force-conflicts", "-k", folder});
}

BOOST_AUTO_TEST_SUITE_END()
