#include "emulator/kube/reader.hpp"

#include <boost/test/unit_test.hpp>

#include "fixture.hpp"

namespace natgw::emulator::kube {

namespace {

std::string names(const answer& x) {
  std::string result;
  for (const auto& item : x.body["items"])
    result += item["metadata"]["name"].get<std::string>();
  return result;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(emulator_kube_reader, cluster)

BOOST_AUTO_TEST_CASE(list_tells_its_revision) {
  add_pod("b");
  add_pod("a");
  auto x = get(pods);
  BOOST_TEST(x.text("/kind") == "PodList");
  BOOST_TEST(names(x) == "ab");
  BOOST_TEST(x.text("/metadata/resourceVersion")
             == std::to_string(api.objects().revision()));
  // As the real server: items of built-in types are without a type.
  BOOST_TEST(!x.body["items"][0].contains("kind"));
  add_record("r");
  BOOST_TEST(get(records).text("/items/0/kind") == "PodDNAT");
}

BOOST_AUTO_TEST_CASE(pages_show_one_moment) {
  for (const auto* name : {"a", "b", "c", "d", "e"})
    add_pod(name);
  auto first = get(pods + "?limit=2");
  BOOST_TEST(names(first) == "ab");
  BOOST_TEST(first.text("/metadata/remainingItemCount") == "3");
  // The world goes on between the pages.
  del(pods + "/c");
  add_pod("bb");
  patch(pods + "/d", {{"metadata", {{"labels", {{"x", "new"}}}}}});
  auto second
    = get(pods + "?limit=2&continue=" + first.text("/metadata/continue"));
  BOOST_TEST(names(second) == "cd");
  BOOST_TEST(!second.body["items"][1]["metadata"].contains("labels"));
  BOOST_TEST(second.text("/metadata/resourceVersion")
             == first.text("/metadata/resourceVersion"));
  auto third
    = get(pods + "?limit=2&continue=" + second.text("/metadata/continue"));
  BOOST_TEST(names(third) == "e");
  BOOST_TEST(!third.body["metadata"].contains("continue"));
}

BOOST_AUTO_TEST_CASE(expired_page_offers_a_fresh_token) {
  for (const auto* name : {"a", "b", "c"})
    add_pod(name);
  auto first = get(pods + "?limit=1");
  add_pod("bb");
  api.compact();
  auto gone
    = get(pods + "?limit=1&continue=" + first.text("/metadata/continue"));
  BOOST_TEST(gone.code == 410);
  BOOST_TEST(gone.text("/reason") == "Expired");
  auto rest = get(pods + "?continue=" + gone.text("/metadata/continue"));
  BOOST_TEST(names(rest) == "bbbc");
}

BOOST_AUTO_TEST_CASE(bad_tokens_and_versions_are_refused) {
  BOOST_TEST(get(pods + "?continue=%2A%2A").code == 400);
  BOOST_TEST(get(pods + "?continue=e30").code == 400);
  BOOST_TEST(get(pods + "?resourceVersion=x").code == 400);
  BOOST_TEST(get(pods + "?limit=x").code == 400);
  BOOST_TEST(get(pods + "?labelSelector=%3D").code == 400);
  BOOST_TEST(get(pods + "?resourceVersion=999999").code == 504);
}

BOOST_AUTO_TEST_CASE(exact_list_shows_the_past) {
  add_pod("a");
  auto then = std::to_string(api.objects().revision());
  add_pod("b");
  auto exact = "?resourceVersion=" + then + "&resourceVersionMatch=Exact";
  BOOST_TEST(names(get(pods + exact)) == "a");
  BOOST_TEST(names(get(pods + "?resourceVersion=" + then)) == "ab");
  api.compact();
  BOOST_TEST(get(pods + exact).code == 410);
}

BOOST_AUTO_TEST_CASE(cached_list_may_lag_and_ignores_pages) {
  auto cfg = test_options();
  cfg.list_lag = std::chrono::seconds{1};
  cluster slow{cfg};
  slow.add_pod("a");
  slow.add_pod("b");
  slow.pass(std::chrono::milliseconds{900});
  slow.add_pod("c");
  slow.pass(std::chrono::milliseconds{200});
  auto x = slow.get(slow.pods + "?resourceVersion=0&limit=1");
  BOOST_TEST(names(x) == "ab");
  BOOST_TEST(names(slow.get(slow.pods)) == "abc");
}

BOOST_AUTO_TEST_CASE(selectors_narrow_a_list) {
  auto x = pod("a");
  x["metadata"]["labels"] = {{"app", "x"}};
  post(pods, x);
  add_pod("b");
  bind("b");
  BOOST_TEST(names(get(pods + "?labelSelector=app%3Dx")) == "a");
  BOOST_TEST(names(get("/api/v1/pods?fieldSelector=spec.nodeName%3Dn1"))
             == "b");
  BOOST_TEST(names(get("/api/v1/namespaces/kube-system/pods")).empty());
}

BOOST_AUTO_TEST_CASE(table_is_made_on_demand) {
  add_record("a");
  auto x = make("GET", records);
  x.accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
  auto table = send(x);
  BOOST_TEST(table.text("/kind") == "Table");
  BOOST_TEST(table.text("/rows/0/cells/1") == "ngw-1");
  BOOST_TEST(table.text("/rows/0/cells/7") == "0s");
  x.accept = "application/json,application/json;as=Table;v=v1;g=meta.k8s.io";
  BOOST_TEST(send(x).text("/kind") == "PodDNATList");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace natgw::emulator::kube
