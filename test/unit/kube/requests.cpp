#include "clients/kube/requests.hpp"

#include <string>

#include <boost/test/unit_test.hpp>

namespace {

using namespace natgw;
using namespace natgw::kube;

const std::string base = "https://api:6443";

std::string header(const http::request& x, std::string_view name) {
  for (auto& h : x.headers)
    if (h.name == name)
      return h.value;
  return "-";
}

} // namespace

BOOST_AUTO_TEST_SUITE(requests_suite)

BOOST_AUTO_TEST_CASE(a_list_names_page_selectors_and_version) {
  list_query query;
  query.label_selector = "a in (b,c)";
  query.field_selector = "status.phase!=Failed";
  query.limit = 20;
  query.resource_version = "0";
  auto x = list(base, pods, query);
  BOOST_TEST(x.url
             == base
                  + "/api/v1/pods?labelSelector=a%20in%20%28b%2Cc%29"
                    "&fieldSelector=status.phase%21%3DFailed&limit=20"
                    "&resourceVersion=0");
  BOOST_TEST(header(x, "Accept") == "application/json");
  BOOST_TEST((x.verb == http::method::get));
  BOOST_TEST(x.body.empty());
}

BOOST_AUTO_TEST_CASE(a_continue_token_stands_instead_of_a_version) {
  list_query query;
  query.resource_version = "7";
  query.continue_token = "a/b=";
  query.limit = 0;
  BOOST_TEST(list(base, nodes, query).url
             == base + "/api/v1/nodes?continue=a%2Fb%3D");
}

BOOST_AUTO_TEST_CASE(a_fresh_list_names_no_version) {
  BOOST_TEST(list(base, poddnats, {}).url
             == base + "/apis/alibabacloud.com/v1beta1/poddnats?limit=500");
}

BOOST_AUTO_TEST_CASE(metadata_alone_can_be_asked_for) {
  BOOST_TEST(header(list(base, nodes, {}, true), "Accept")
             == "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;"
                "v=v1,application/json");
  BOOST_TEST(header(watch(base, nodes, {}, true), "Accept")
             == "application/json;as=PartialObjectMetadata;g=meta.k8s.io;"
                "v=v1,application/json");
}

BOOST_AUTO_TEST_CASE(a_watch_has_bookmarks_and_an_end) {
  watch_query query;
  query.ns = "x";
  query.resource_version = "12";
  query.timeout = std::chrono::seconds{30};
  BOOST_TEST(watch(base, pods, query).url
             == base
                  + "/api/v1/namespaces/x/pods?watch=true"
                    "&allowWatchBookmarks=true&resourceVersion=12"
                    "&timeoutSeconds=30");
}

BOOST_AUTO_TEST_CASE(patches_name_their_type) {
  auto merge = patch(base, "/p", patch_type::merge, "{}");
  BOOST_TEST(header(merge, "Content-Type") == "application/merge-patch+json");
  BOOST_TEST((merge.verb == http::method::patch));
  BOOST_TEST(merge.body == "{}");
  auto strategic = patch(base, "/p", patch_type::strategic_merge, "{}");
  BOOST_TEST(header(strategic, "Content-Type")
             == "application/strategic-merge-patch+json");
}

BOOST_AUTO_TEST_CASE(a_create_posts_to_the_collection) {
  auto x = create(base, events, "x", "{}");
  BOOST_TEST((x.verb == http::method::post));
  BOOST_TEST(x.url == base + "/api/v1/namespaces/x/events");
  BOOST_TEST(header(x, "Content-Type") == "application/json");
}

BOOST_AUTO_TEST_CASE(a_delete_carries_its_preconditions) {
  auto x = remove(base, "/p", "u-1", "42");
  BOOST_TEST((x.verb == http::method::del));
  BOOST_TEST(x.body
             == R"({"kind":"DeleteOptions","apiVersion":"v1",)"
                R"("preconditions":{"uid":"u-1","resourceVersion":"42"}})");
  BOOST_TEST(remove(base, "/p", "", "").body
             == R"({"kind":"DeleteOptions","apiVersion":"v1"})");
}

BOOST_AUTO_TEST_SUITE_END()
