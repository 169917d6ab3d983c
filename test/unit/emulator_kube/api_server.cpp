#include "emulator/kube/api_server.hpp"

#include <boost/test/unit_test.hpp>

#include "fixture.hpp"

namespace natgw::emulator::kube {

BOOST_FIXTURE_TEST_SUITE(emulator_kube_api_server, cluster)

BOOST_AUTO_TEST_CASE(discovery_names_every_resource) {
  BOOST_TEST(get("/api").text("/versions/0") == "v1");
  auto groups = get("/apis").body["groups"];
  auto has = [&groups](std::string_view name) {
    return std::ranges::any_of(groups, [name](const json& x) {
      return x["name"] == name;
    });
  };
  BOOST_TEST(has("alibabacloud.com"));
  BOOST_TEST(has("coordination.k8s.io"));
  BOOST_TEST(get("/apis/apps").text("/preferredVersion/groupVersion")
             == "apps/v1");
  auto resources = get("/apis/alibabacloud.com/v1beta1").body["resources"];
  BOOST_TEST(resources.size() == 2U);
  BOOST_TEST(resources[0]["shortNames"][0] == "pdnat");
  BOOST_TEST(resources[1]["name"] == "poddnats/status");
  BOOST_TEST(get("/apis/nope").code == 404);
  BOOST_TEST(get("/openapi/v2").code == 404);
  BOOST_TEST(get("/version").text("/minor") == "31");
}

BOOST_AUTO_TEST_CASE(definition_adds_a_resource) {
  auto crd = json::parse(R"({
    "apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition",
    "metadata":{"name":"things.example.com"},
    "spec":{"group":"example.com","scope":"Cluster",
            "names":{"plural":"things","kind":"Thing"},
            "versions":[{"name":"v1","served":true,"storage":true}]}})");
  const std::string crds
    = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  auto made = post(crds, crd);
  BOOST_TEST(made.code == 201);
  BOOST_TEST(made.text("/status/conditions/1/type") == "Established");
  BOOST_TEST(post("/apis/example.com/v1/things",
                  {{"metadata", {{"name", "a"}}}, {"status", 1}})
               .text("/status")
             == "1");
  BOOST_TEST(get("/apis/example.com/v1/things/a/status").code == 404);
  crd["metadata"]["name"] = "wrong.example.com";
  BOOST_TEST(post(crds, crd).code == 422);
}

BOOST_AUTO_TEST_CASE(paths_that_lead_nowhere_are_404) {
  for (const auto* path :
       {"/", "/api/v1/nothing", "/api/v2/pods", "/apis/apps/v1/pods",
        "/api/v1/namespaces/default/nodes", "/api/v1/pods/a",
        "/api/v1/namespaces/default/pods/a/log",
        "/api/v1/namespaces/default/pods/a/status/b"})
    BOOST_TEST(get(path).code == 404, path);
  BOOST_TEST(get("/api/v1/namespaces/a%ff/pods/%ff%fe").code == 404);
}

BOOST_AUTO_TEST_CASE(methods_that_make_no_sense_are_405) {
  BOOST_TEST(post("/api/v1/pods", pod("a")).code == 405);
  BOOST_TEST(post(pods + "/a", pod("a")).code == 405);
  BOOST_TEST(put(pods, pod("a")).code == 405);
  BOOST_TEST(del(pods + "/a/status").code == 405);
  BOOST_TEST(send(make("TRACE", pods)).code == 405);
}

BOOST_AUTO_TEST_CASE(large_body_is_refused) {
  auto x = make("POST", pods);
  x.body = std::string(4U << 20U, ' ');
  BOOST_TEST(send(x).code == 413);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace natgw::emulator::kube
