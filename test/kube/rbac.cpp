#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "clients/http/boot_time.hpp"
#include "test/kube/scenario.hpp"

// Each right of the service account is taken away in turn: the controller says
// what it may not do, keeps what it has, and goes on when the right is back.

using namespace natgw;
using test::json;
using test::world;

namespace {

constexpr const char* role = "/apis/rbac.authorization.k8s.io/v1/"
                             "clusterroles/natgw-controller";

struct right {
  std::string verb;
  /// As in a role.
  std::string resource;
};

/// What a birth and a death need, watches aside. (Plain records are deleted by
/// the garbage collector as a rule, before the controller does it.)
const std::vector<right>& rights() {
  static const std::vector<right> all{{"patch", "pods"},
                                      {"create", "events"},
                                      {"create", "poddnats"},
                                      {"patch", "poddnats"},
                                      {"patch", "poddnats/status"},
                                      {"update", "pods/finalizers"}};
  return all;
}

/// Takes rights away and gives them back.
class warden {
public:
  explicit warden(world& x) : world_{x} {
    before_ = test::kube_api::must(x.api.get(role))["rules"];
  }

  ~warden() {
    restore();
  }

  warden(const warden&) = delete;
  warden& operator=(const warden&) = delete;

  void take(const right& x) {
    test::kube_api::must(world_.api.merge(role, {{"rules", rules_without(x)}}));
  }

  void restore() {
    world_.api.merge(role, {{"rules", before_}});
  }

private:
  json rules_without(const right& x) const {
    auto result = before_;
    for (auto& rule : result) {
      auto& resources = rule["resources"];
      auto& verbs = rule["verbs"];
      if (std::find(resources.begin(), resources.end(), x.resource)
          == resources.end())
        continue;
      verbs.erase(std::remove(verbs.begin(), verbs.end(), x.verb), verbs.end());
      // A rule without a verb is refused.
      if (verbs.empty())
        verbs.push_back("none");
    }
    return result;
  }

  world& world_;
  json before_;
};

/// How often the account was refused since then.
size_t refusals(world& x, instant since) {
  size_t result = 0;
  for (const auto& seen : x.where.audit(since))
    if (seen.code == 403 && seen.user.ends_with(":natgw-controller"))
      ++result;
  return result;
}

} // namespace

BOOST_AUTO_TEST_SUITE(kube_rbac)

NATGW_REAL_SCENARIO(no_right_is_missed_and_each_that_is_taken_comes_back) {
  world x{where};
  auto& controller = x.run();
  x.create(x.pod("steady"));
  x.create(x.pod("moving"));
  BOOST_TEST_REQUIRE(x.wait_ready("steady"));
  BOOST_TEST_REQUIRE(x.wait_ready("moving"));
  BOOST_TEST(refusals(x, x.began) == 0U);
  auto entry
    = x.entries_at(test::text_at(*x.find_pod("steady"), {"status", "podIP"}));
  warden keeper{x};
  auto number = 0;
  for (const auto& what : rights()) {
    BOOST_TEST_CONTEXT(what.verb << ' ' << what.resource) {
      auto since = http::boot_now();
      auto former = number == 0 ? "moving" : "pod-" + std::to_string(number);
      auto name = "pod-" + std::to_string(++number);
      keeper.take(what);
      x.remove(former);
      x.create(x.pod(name));
      BOOST_TEST(x.wait([&] { return refusals(x, since) > 0; }));
      BOOST_TEST(x.wait([&] {
        auto text = controller.log();
        return text.find("cannot " + what.verb + " resource")
                 != std::string::npos
               || text.find("cannot set blockOwnerDeletion")
                    != std::string::npos;
      }));
      BOOST_TEST(x.is_ready("steady"));
      keeper.restore();
      BOOST_TEST(x.wait_ready(name));
      BOOST_TEST(x.wait([&] { return !x.record(former); }));
    }
  }
  // It was never let down.
  BOOST_TEST(x.entries_at(entry.front().internal_ip).front().id
             == entry.front().id);
  BOOST_TEST(x.leave_nothing());
  BOOST_TEST((x.harm() == cli::harm{}));
}

BOOST_AUTO_TEST_SUITE_END()
