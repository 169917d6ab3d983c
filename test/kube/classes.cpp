#include <csignal>
#include <string>

#include "test/kube/scenario.hpp"

// Two controllers of different class in one cluster share nothing.

using namespace natgw;
using test::json;
using test::world;

namespace {

constexpr const char* class_annotation = "k8s.aliyun.com/pod-dnat-class";

/// The role of deploy/ names the lease of the controller without a class; who
/// installs another one gives it its own.
void allow_lease(world& x) {
  constexpr const char* roles
    = "/apis/rbac.authorization.k8s.io/v1/namespaces/kube-system";
  if (!x.where.is_real())
    return;
  json rule{{"apiGroups", {"coordination.k8s.io"}},
            {"resources", {"leases"}},
            {"resourceNames", {"natgw-controller-blue"}},
            {"verbs", {"get", "update"}}};
  x.api.post(std::string{roles} + "/roles",
             {{"metadata", {{"name", "natgw-blue"}}},
              {"rules", json::array({rule})}});
  json account{{"kind", "ServiceAccount"},
               {"name", "natgw-controller"},
               {"namespace", "kube-system"}};
  x.api.post(std::string{roles} + "/rolebindings",
             {{"metadata", {{"name", "natgw-blue"}}},
              {"roleRef",
               {{"apiGroup", "rbac.authorization.k8s.io"},
                {"kind", "Role"},
                {"name", "natgw-blue"}}},
              {"subjects", json::array({account})}});
}

/// The gateway of a pod's mapping.
std::string gateway_of(const world& x, const std::string& pod) {
  auto record = x.record(pod);
  return record ? test::text_at(*record, {"spec", "tableId"}) : "";
}

} // namespace

BOOST_AUTO_TEST_SUITE(kube_classes)

NATGW_SCENARIO(controllers_of_two_classes_share_nothing) {
  world x{where};
  allow_lease(x);
  const auto& first = x.cloud_options.gateways[0].id;
  const auto& second = x.cloud_options.gateways[1].id;
  auto& plain = x.run({}, {first});
  auto& blue = x.run("  class: blue\n", {second});
  x.create(x.pod("plain"));
  x.create(x.pod("blue", "7000/udp", {{class_annotation, "blue"}}));
  x.create(x.pod("green", "7000/udp", {{class_annotation, "green"}}));
  BOOST_TEST(x.wait_ready("plain"));
  BOOST_TEST(x.wait_ready("blue"));
  BOOST_TEST(gateway_of(x, "plain") == first);
  BOOST_TEST(gateway_of(x, "blue") == second);
  BOOST_TEST(x.seen.find("leases", "kube-system/natgw-controller").has_value());
  BOOST_TEST(
    x.seen.find("leases", "kube-system/natgw-controller-blue").has_value());

  // Each takes away its own and nothing else.
  plain.of().signal(SIGTERM);
  BOOST_TEST(plain.of().wait() == 0);
  x.remove("blue");
  BOOST_TEST(x.wait([&x] { return !x.record("blue"); }));
  BOOST_TEST(x.is_ready("plain"));
  BOOST_TEST(x.entries().size() == 1U);
  BOOST_TEST(!x.record("green"));

  // A pod that changes its class changes hands.
  x.annotate("plain", {{class_annotation, "blue"}});
  x.run({}, {first});
  BOOST_TEST(x.wait([&] { return gateway_of(x, "plain") == second; }));
  BOOST_TEST(x.wait_ready("plain"));
  BOOST_TEST(x.leave_nothing());
  BOOST_TEST((x.harm() == cli::harm{}));
  blue.of().signal(SIGTERM);
  BOOST_TEST(blue.of().wait() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
