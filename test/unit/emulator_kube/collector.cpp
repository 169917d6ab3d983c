#include "emulator/kube/collector.hpp"

#include <boost/test/unit_test.hpp>

#include "fixture.hpp"

namespace natgw::emulator::kube {

namespace {

struct owned : cluster {
  static json owner(const std::string& name, const std::string& uid,
                    bool block = true) {
    return {{"apiVersion", "v1"},
            {"kind", "Pod"},
            {"name", name},
            {"uid", uid},
            {"blockOwnerDeletion", block}};
  }

  void add_owned(const std::string& name, const json& owners) {
    auto body = record(name);
    body["metadata"]["ownerReferences"] = owners;
    BOOST_REQUIRE(post(records, body).code == 201);
  }

  bool exists(const std::string& name) {
    return get(records + "/" + name).code == 200;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(emulator_kube_collector, owned)

BOOST_AUTO_TEST_CASE(dependent_goes_after_its_owner) {
  auto uid = add_pod("p");
  add_owned("p", json::array({owner("p", uid)}));
  pass(std::chrono::seconds{1});
  BOOST_TEST(exists("p"));
  del(pods + "/p");
  BOOST_TEST(exists("p"));
  pass(std::chrono::milliseconds{200});
  BOOST_TEST(!exists("p"));
}

BOOST_AUTO_TEST_CASE(dependent_of_nobody_goes) {
  add_owned("a", json::array({owner("ghost", "no-such-uid")}));
  pass(std::chrono::milliseconds{200});
  BOOST_TEST(!exists("a"));
}

BOOST_AUTO_TEST_CASE(one_living_owner_is_enough) {
  auto uid = add_pod("p");
  auto other = add_pod("q");
  add_owned("a", json::array({owner("p", uid), owner("q", other)}));
  del(pods + "/p");
  pass(std::chrono::milliseconds{200});
  auto x = get(records + "/a");
  BOOST_TEST(x.body["metadata"]["ownerReferences"].size() == 1U);
  BOOST_TEST(x.text("/metadata/ownerReferences/0/uid") == other);
}

BOOST_AUTO_TEST_CASE(successor_of_the_same_name_is_no_owner) {
  auto uid = add_pod("p");
  add_owned("p", json::array({owner("p", uid)}));
  del(pods + "/p");
  add_pod("p");
  pass(std::chrono::milliseconds{200});
  BOOST_TEST(!exists("p"));
}

BOOST_AUTO_TEST_CASE(orphans_are_let_go) {
  auto uid = add_pod("p");
  add_owned("p", json::array({owner("p", uid)}));
  del(pods + "/p", {{"propagationPolicy", "Orphan"}});
  pass(std::chrono::milliseconds{500});
  BOOST_TEST(get(pods + "/p").code == 404);
  auto x = get(records + "/p");
  BOOST_TEST(x.code == 200);
  BOOST_TEST(!x.body["metadata"].contains("ownerReferences"));
}

BOOST_AUTO_TEST_CASE(foreground_owner_waits_for_what_blocks_it) {
  auto uid = add_pod("p");
  auto body = record("p");
  body["metadata"]["ownerReferences"] = json::array({owner("p", uid)});
  body["metadata"]["finalizers"] = {"natgw-controller"};
  post(records, body);
  add_owned("q", json::array({owner("p", uid, false)}));
  auto x = del(pods + "/p", {{"propagationPolicy", "Foreground"}});
  BOOST_TEST(x.text("/metadata/finalizers/0") == "foregroundDeletion");
  pass(std::chrono::milliseconds{500});
  BOOST_TEST(!exists("q"));
  BOOST_TEST(
    get(records + "/p").body["metadata"].contains("deletionTimestamp"));
  BOOST_TEST(get(pods + "/p").code == 200);
  patch(records + "/p", {{"metadata", {{"finalizers", nullptr}}}});
  pass(std::chrono::milliseconds{500});
  BOOST_TEST(!exists("p"));
  BOOST_TEST(get(pods + "/p").code == 404);
}

BOOST_AUTO_TEST_CASE(namespace_takes_its_content_along) {
  post("/api/v1/namespaces", {{"metadata", {{"name", "game"}}}});
  const std::string inside = "/api/v1/namespaces/game/pods";
  post(inside, pod("a"));
  post(inside, pod("b"));
  post(inside + "/b/binding", {{"target", {{"name", "n1"}}}});
  auto x = del("/api/v1/namespaces/game");
  BOOST_TEST(x.text("/status/phase") == "Terminating");
  auto refused = post(inside, pod("c"));
  BOOST_TEST(refused.code == 403);
  BOOST_TEST(refused.text("/message")
             == "pods \"c\" is forbidden: unable to create new content in "
                "namespace game because it is being terminated");
  pass(std::chrono::seconds{1});
  BOOST_TEST(get(inside + "/a").code == 404);
  // A bound pod waits for its kubelet.
  BOOST_TEST(get("/api/v1/namespaces/game").code == 200);
  del(inside + "/b", {{"gracePeriodSeconds", 0}});
  pass(std::chrono::seconds{1});
  BOOST_TEST(get("/api/v1/namespaces/game").code == 404);
}

BOOST_AUTO_TEST_CASE(definition_takes_its_objects_along) {
  const std::string crds
    = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  auto body = record("a");
  body["metadata"]["finalizers"] = {"natgw-controller"};
  post(records, body);
  add_record("b");
  del(crds + "/poddnats.alibabacloud.com");
  pass(std::chrono::seconds{1});
  BOOST_TEST(!exists("b"));
  BOOST_TEST(exists("a"));
  patch(records + "/a", {{"metadata", {{"finalizers", nullptr}}}});
  pass(std::chrono::seconds{1});
  BOOST_TEST(get(records).code == 404);
  BOOST_TEST(get("/apis/alibabacloud.com/v1beta1").code == 404);
  BOOST_TEST(post(crds, poddnat_crd()).code == 201);
  BOOST_TEST(get(records).body["items"].empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace natgw::emulator::kube
