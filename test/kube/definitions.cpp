#include <string>
#include <utility>

#include "clients/http/boot_time.hpp"
#include "test/kube/trials.hpp"

// The definition of PodDNATs: absent, or another than ours.

using namespace natgw;
using namespace natgw::test;

namespace {

constexpr const char* definitions
  = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/// Takes the definition away or changes it, and puts it back in the end.
class legislator {
public:
  explicit legislator(world& x)
    : api_{x.api},
      before_(kube_api::must(api_.get(target()))) {
  }

  ~legislator() {
    restore();
  }

  legislator(const legislator&) = delete;
  legislator& operator=(const legislator&) = delete;

  json& before() {
    return before_;
  }

  /// With it all PodDNATs go.
  void repeal() {
    kube_api::must(api_.remove(target()));
  }

  void replace(const json& spec) {
    auto next = api_.get(target());
    if (!next.good()) {
      kube_api::must(
        api_.post(definitions, {{"apiVersion", before_["apiVersion"]},
                                {"kind", before_["kind"]},
                                {"metadata", description()},
                                {"spec", spec}}));
      return;
    }
    next.body["spec"] = spec;
    kube_api::must(api_.call(http::method::put, target(), next.body));
  }

  void restore() {
    if (std::exchange(restored_, true))
      return;
    replace(before_["spec"]);
  }

private:
  /// Who made it, and what with, is kept: it may be applied again.
  json description() const {
    json result{{"name", name}};
    for (const auto* part : {"labels", "annotations"})
      if (auto x = at(before_, {"metadata", part}); !x.is_null())
        result[part] = std::move(x);
    return result;
  }

  static constexpr const char* name = "poddnats.alibabacloud.com";

  static std::string target() {
    return std::string{definitions} + '/' + name;
  }

  kube_api& api_;
  json before_;
  bool restored_ = false;
};

} // namespace

BOOST_AUTO_TEST_SUITE(kube_definitions)

NATGW_SCENARIO(definition_that_comes_late_is_waited_for) {
  world x{where};
  legislator law{x};
  law.repeal();
  BOOST_TEST(
    x.wait([&] { return x.api.get(x.records_target()).status == 404; }));
  auto since = http::boot_now();
  auto& controller = x.run();
  x.create(x.pod("early"));
  BOOST_TEST(x.wait([&] {
    auto text = controller.log();
    auto line = text.find(R"("event":"list_failed","resource":"poddnats")");
    return line != std::string::npos
           && text.find("not_found", line) != std::string::npos;
  }));
  let_pass(std::chrono::seconds{3});
  BOOST_TEST(requests(where, since, "list", "poddnats") <= 6U);
  BOOST_TEST(x.entries().empty());
  law.restore();
  BOOST_TEST(wait_served(x, "early"));
  BOOST_TEST(x.leave_nothing());
  BOOST_TEST((x.harm() == cli::harm{}));
}

// What was installed first is kept: it has no columns, no short name, and does
// not know all fields of the status.
NATGW_SCENARIO(fm22_older_definition_keeps_working) {
  world x{where};
  legislator law{x};
  auto spec = law.before()["spec"];
  spec["names"].erase("shortNames");
  auto& version = spec["versions"][0];
  version.erase("additionalPrinterColumns");
  version["schema"]["openAPIV3Schema"]["properties"]["status"]["properties"]
    .erase("state");
  law.replace(spec);
  x.run();
  x.create(x.pod("plain", "7000-7003/udp,80"));
  x.create(x.pod("fixed", "80", {{"k8s.aliyun.com/pod-dnat-fixed", "true"}}));
  BOOST_TEST(wait_served(x, "plain"));
  BOOST_TEST(wait_served(x, "fixed"));
  auto promised = promise_of(x, "fixed");
  x.remove("fixed");
  BOOST_TEST(x.wait([&] { return !x.find_pod("fixed"); }));
  x.create(x.pod("fixed", "80", {{"k8s.aliyun.com/pod-dnat-fixed", "true"}}));
  BOOST_TEST(wait_served(x, "fixed"));
  BOOST_TEST(promise_of(x, "fixed") == promised);
  x.remove("fixed");
  BOOST_TEST(x.wait([&] { return !x.find_pod("fixed"); }));
  // Nobody but a person can say that a bare pod will not come back.
  kube_api::must(x.api.remove(x.records_target("fixed")));
  BOOST_TEST(x.leave_nothing());
  BOOST_TEST((x.harm() == cli::harm{}));
}

BOOST_AUTO_TEST_SUITE_END()
