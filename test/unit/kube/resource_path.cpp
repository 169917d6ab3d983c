#include "clients/kube/resource_path.hpp"

#include <string>

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

using namespace natgw::kube;

BOOST_AUTO_TEST_SUITE(resource_path_suite)

BOOST_AUTO_TEST_CASE(core_and_named_groups_have_their_roots) {
  BOOST_TEST(collection_path(pods, "") == "/api/v1/pods");
  BOOST_TEST(collection_path(pods, "x") == "/api/v1/namespaces/x/pods");
  BOOST_TEST(object_path(nodes, "", "n") == "/api/v1/nodes/n");
  BOOST_TEST(
    object_path(poddnats, "x", "p", "status")
    == "/apis/alibabacloud.com/v1beta1/namespaces/x/poddnats/p/status");
  BOOST_TEST(object_path(leases, "s", "l")
             == "/apis/coordination.k8s.io/v1/namespaces/s/leases/l");
}

BOOST_AUTO_TEST_CASE(no_name_leaves_its_segment) {
  BOOST_TEST(object_path(pods, "a/../b", "x?y#z%2f")
             == "/api/v1/namespaces/a%2F..%2Fb/pods/x%3Fy%23z%252f");
  BOOST_TEST(rc::check([](const std::string& name) {
    auto path = object_path(nodes, "", name);
    auto text = path.substr(std::string_view{"/api/v1/nodes/"}.size());
    for (auto c : text)
      RC_ASSERT(std::isalnum(static_cast<unsigned char>(c)) != 0
                || std::string{"-._~%"}.find(c) != std::string::npos);
  }));
}

BOOST_AUTO_TEST_CASE(segments_that_mean_a_place_are_refused) {
  for (auto* text : {"", ".", "..", "a/b", "a%b"})
    BOOST_TEST(!is_path_segment(text));
  BOOST_TEST(!is_path_segment(std::string(254, 'a')));
  BOOST_TEST(is_path_segment(std::string(253, 'a')));
  BOOST_TEST(is_path_segment("a..b"));
}

BOOST_AUTO_TEST_SUITE_END()
