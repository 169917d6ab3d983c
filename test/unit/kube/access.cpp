#include "clients/kube/access.hpp"

#include <string>

#include <boost/test/unit_test.hpp>

#include "clients/kube/requests.hpp"

namespace {

using namespace natgw;
using namespace natgw::kube;

const std::string base = "https://kube:6443/prefix";

std::string of(const http::request& x) {
  auto what = access_of(x, base);
  return std::string{what.verb} + ' ' + std::string{what.resource};
}

} // namespace

BOOST_AUTO_TEST_SUITE(access_suite)

BOOST_AUTO_TEST_CASE(requests_are_named_as_a_role_names_them) {
  BOOST_TEST(of(list(base, pods, {})) == "list pods");
  BOOST_TEST(of(list(base, pods, {.ns = "games", .label_selector = "a=b"}))
             == "list pods");
  BOOST_TEST(of(watch(base, poddnats, {.ns = "games"})) == "watch poddnats");
  BOOST_TEST(of(watch(base, podenis, {})) == "watch podenis");
  BOOST_TEST(of(list(base, nodes, {})) == "list nodes");
  BOOST_TEST(of(create(base, poddnats, "games", "{}")) == "create poddnats");
  BOOST_TEST(of(create(base, events, "games", "{}")) == "create events");
  auto path = object_path(poddnats, "games", "a");
  BOOST_TEST(of(get(base, path)) == "get poddnats");
  BOOST_TEST(of(remove(base, path, "u", "1")) == "delete poddnats");
  BOOST_TEST(of(patch(base, path + "/status", patch_type::merge, "{}"))
             == "patch poddnats/status");
  path = object_path(pods, "games", "a", "status");
  BOOST_TEST(of(patch(base, path, patch_type::strategic_merge, "{}"))
             == "patch pods/status");
  BOOST_TEST(of(replace(base, object_path(leases, "kube-system", "l"), "{}"))
             == "update leases");
  BOOST_TEST(of(get(base, object_path(namespaces, "", "kube-system")))
             == "get namespaces");
}

BOOST_AUTO_TEST_CASE(other_types_share_one_name) {
  BOOST_TEST(of(get(base, "/apis/game.kruise.io/v1/namespaces/g/gss/a"))
             == "get other");
  BOOST_TEST(of(get(base, "/apis/game.kruise.io/v1")) == "get other");
  BOOST_TEST(of(get(base, "")) == "get other");
}

BOOST_AUTO_TEST_SUITE_END()
