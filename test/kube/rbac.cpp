#include <algorithm>
#include <csignal>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "clients/http/boot_time.hpp"
#include "test/kube/trials.hpp"

// Each right of the service account is taken away in turn: the controller says
// what it may not do, keeps what it has, and goes on when the right is back.

using namespace natgw;
using namespace natgw::test;

namespace {

constexpr const char* api_group = "/apis/rbac.authorization.k8s.io/v1/";
constexpr const char* cluster_role = "clusterroles/natgw-controller";
constexpr const char* lease_role
  = "namespaces/kube-system/roles/natgw-controller";

struct right {
  std::string verb;
  /// As in a role.
  std::string resource;
  /// What is refused without it, where that is something else.
  std::string refused_verb{};
  std::string refused_resource{};

  /// The metric that counts its refusals.
  std::string metric() const {
    return fmt::format(
      R"(natgw_kube_refusals_total{{resource="{}",verb="{}"}})",
      refused_resource.empty() ? resource : refused_resource,
      refused_verb.empty() ? verb : refused_verb);
  }
};

/// What a birth needs, watches aside.
const std::vector<right>& birth_rights() {
  static const std::vector<right> all{
    {"patch", "pods"},
    {"create", "events"},
    {"create", "poddnats"},
    {"patch", "poddnats"},
    {"patch", "poddnats/status"},
    // An ownerReference that blocks the owner's deletion asks for it.
    {"update", "pods/finalizers", "create", "poddnats"}};
  return all;
}

/// What a mapping that is taken away from a living pod needs. (Records of pods
/// that go are deleted by the garbage collector as a rule.)
const std::vector<right>& release_rights() {
  static const std::vector<right> all{{"delete", "poddnats"},
                                      {"patch", "pods"}};
  return all;
}

/// What a start needs.
const std::vector<right>& start_rights() {
  static const std::vector<right> all{
    {"list", "pods"},   {"watch", "pods"},    {"list", "nodes"},
    {"watch", "nodes"}, {"list", "poddnats"}, {"watch", "poddnats"}};
  return all;
}

/// Takes rights away and gives them back.
class warden {
public:
  explicit warden(world& x, const char* role = cluster_role)
    : api_{x.api},
      role_{std::string{api_group} + role},
      before_(kube_api::must(api_.get(role_))["rules"]) {
  }

  ~warden() {
    restore();
  }

  warden(const warden&) = delete;
  warden& operator=(const warden&) = delete;

  void take(const right& x) {
    kube_api::must(api_.merge(role_, {{"rules", rules_without(x)}}));
  }

  void restore() {
    api_.merge(role_, {{"rules", before_}});
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

  kube_api& api_;
  std::string role_;
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

/// How often the log speaks of it. Once is enough, however often it fails.
size_t lines_with(const std::string& log, const std::string& text) {
  size_t result = 0;
  for (auto at = log.find(text); at != std::string::npos;
       at = log.find(text, at + 1))
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
    = x.entries_at(text_at(*x.find_pod("steady"), {"status", "podIP"}));
  warden keeper{x};
  auto number = 0;
  for (const auto& what : birth_rights()) {
    BOOST_TEST_CONTEXT(what.verb << ' ' << what.resource) {
      auto before = controller.metric(what.metric());
      auto former = number == 0 ? "moving" : "pod-" + std::to_string(number);
      auto name = "pod-" + std::to_string(++number);
      keeper.take(what);
      x.remove(former);
      x.create(x.pod(name));
      BOOST_TEST(
        x.wait([&] { return controller.metric(what.metric()) > before; }));
      BOOST_TEST(x.is_ready("steady"));
      keeper.restore();
      BOOST_TEST(x.wait_ready(name));
      BOOST_TEST(x.wait([&] { return !x.record(former); }));
    }
  }
  BOOST_TEST(lines_with(controller.log(), R"(cannot patch resource \"pods\")")
             == 1U);
  // It was never let down.
  BOOST_TEST(x.entries_at(entry.front().internal_ip).front().id
             == entry.front().id);
  BOOST_TEST(x.leave_nothing());
  BOOST_TEST((x.harm() == cli::harm{}));
}

NATGW_REAL_SCENARIO(release_is_finished_when_its_right_is_back) {
  world x{where};
  auto& controller = x.run();
  warden keeper{x};
  for (const auto& what : release_rights()) {
    BOOST_TEST_CONTEXT(what.verb << ' ' << what.resource) {
      auto name = "without-" + what.verb;
      x.create(x.pod(name));
      BOOST_TEST_REQUIRE(x.wait_ready(name));
      auto ip = text_at(*x.find_pod(name), {"status", "podIP"});
      keeper.take(what);
      x.annotate(name, {{"k8s.aliyun.com/pod-dnat", nullptr}});
      BOOST_TEST(x.wait([&] { return controller.metric(what.metric()) > 0; }));
      BOOST_TEST((x.record(name) || x.is_ready(name)));
      keeper.restore();
      BOOST_TEST(x.wait([&] {
        return !x.record(name) && !x.is_ready(name) && x.entries_at(ip).empty();
      }));
      BOOST_TEST(x.wait_event(name, "DNATReleased"));
      BOOST_TEST(x.events(name, "DNATReleased").size() == 1U);
    }
  }
  BOOST_TEST(x.leave_nothing());
  BOOST_TEST((x.harm() == cli::harm{}));
}

NATGW_REAL_SCENARIO(start_waits_for_the_right_to_look) {
  world x{where};
  x.run();
  x.create(x.pod("steady"));
  BOOST_TEST_REQUIRE(x.wait_ready("steady"));
  auto ip = text_at(*x.find_pod("steady"), {"status", "podIP"});
  auto entry = x.entries_at(ip).front().id;
  warden keeper{x};
  for (const auto& what : start_rights()) {
    BOOST_TEST_CONTEXT(what.verb << ' ' << what.resource) {
      auto& former = x.controllers.back()->of();
      former.signal(SIGTERM);
      BOOST_TEST(former.wait() == 0);
      keeper.take(what);
      auto& next = x.run();
      BOOST_TEST(x.wait([&] { return next.metric(what.metric()) > 0; }));
      auto name = what.verb + "-" + what.resource;
      x.create(x.pod(name));
      BOOST_TEST(x.entries_at(ip).front().id == entry);
      keeper.restore();
      BOOST_TEST(x.wait_ready(name));
      BOOST_TEST(x.is_ready("steady"));
      BOOST_TEST(x.entries_at(ip).front().id == entry);
    }
  }
  BOOST_TEST(x.leave_nothing());
  BOOST_TEST((x.harm() == cli::harm{}));
}

// Who may not renew its lease must not write any more.
NATGW_REAL_SCENARIO(leader_without_the_right_to_its_lease_ends) {
  world x{where,
          {.settings = "  writeDeadline: 2s\n  lease: {duration: 6s, "
                       "renewDeadline: 4s, retryPeriod: 500ms}\n"}};
  auto& first = x.run();
  x.create(x.pod("steady"));
  BOOST_TEST_REQUIRE(x.wait_ready("steady"));
  auto ip = text_at(*x.find_pod("steady"), {"status", "podIP"});
  auto entry = x.entries_at(ip).front().id;
  warden keeper{x, lease_role};
  keeper.take({"update", "leases"});
  BOOST_TEST(first.of().wait() == 1);
  BOOST_TEST(first.log().find(R"(cannot update resource \"leases\")")
             != std::string::npos);
  x.run();
  x.create(x.pod("next"));
  keeper.restore();
  BOOST_TEST(x.wait_ready("next"));
  BOOST_TEST(x.is_ready("steady"));
  BOOST_TEST(x.entries_at(ip).front().id == entry);
  BOOST_TEST(x.leave_nothing());
  BOOST_TEST((x.harm() == cli::harm{}));
}

BOOST_AUTO_TEST_SUITE_END()
