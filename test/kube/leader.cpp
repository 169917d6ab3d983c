#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "clients/http/boot_time.hpp"
#include "test/kube/churning_fleet.hpp"
#include "test/kube/eventually.hpp"
#include "test/kube/scenario.hpp"

// Three replicas and one lease: the leader is killed, told to end, and frozen
// for longer than its lease, at random points of a churning fleet.

using namespace natgw;
using namespace std::chrono_literals;
using test::audited;
using test::controller_process;
using test::world;

namespace {

/// As short as a lease may be with this write deadline.
constexpr const char* quick_lease
  = "  writeDeadline: 2s\n"
    "  lease: {duration: 6s, renewDeadline: 4s, retryPeriod: 500ms}\n";

/// NATGW_LONG=1: the full size; else what fits into every run of the tests.
bool is_long() {
  const auto* text = std::getenv("NATGW_LONG");
  return text != nullptr && *text == '1';
}

/// What each kind of write begins with, as libcurl sends it.
std::vector<const char*> worst_points() {
  if (!is_long())
    return {"x-acs-action: CreateForwardEntry", "PATCH /apis/alibabacloud.com"};
  return {
    "x-acs-action: CreateForwardEntry", "x-acs-action: ModifyForwardEntry",
    "x-acs-action: DeleteForwardEntry", "POST /apis/alibabacloud.com",
    "PATCH /apis/alibabacloud.com",     "DELETE /apis/alibabacloud.com",
    "PATCH /api/v1/namespaces"};
}

/// A write that one side accepted.
struct accepted_write {
  instant at;
  std::string what;
};

/// The leader and its stand-bys.
class replicas {
public:
  replicas(world& around, size_t count)
    : world_{around},
      // Its address sanitizer wants to come first, else.
      environment_{std::string{"LD_PRELOAD="} + NATGW_FREEZE,
                   "NATGW_FREEZE_FILE=" + freeze_file(),
                   "ASAN_OPTIONS=verify_asan_link_order=0"} {
    for (size_t i = 0; i < count; ++i)
      add();
  }

  void add() {
    members_.push_back(&world_.run({}, {}, environment_));
  }

  /// The first request with this text stops its process before it leaves.
  void freeze_before(const std::string& text) const {
    std::ofstream{freeze_file()} << text;
  }

  void drop(controller_process* x) {
    std::erase(members_, x);
  }

  std::string holder() const {
    auto lease = world_.seen.find("leases", "kube-system/natgw-controller");
    return lease ? test::text_at(*lease, {"spec", "holderIdentity"}) : "";
  }

  /// The one who holds the lease; null while nobody does.
  controller_process* leader() const {
    auto name = holder();
    if (name.empty())
      return nullptr;
    for (auto* x : members_)
      if (x->identity() == name)
        return x;
    return nullptr;
  }

  /// Waits until another one than `former` leads.
  bool wait_leader(const std::string& former = {}) const {
    return world_.wait([&] {
      auto* x = leader();
      return x != nullptr && x->identity() != former;
    });
  }

private:
  std::string freeze_file() const {
    return folder_ / "freeze";
  }

  test::temporary_folder folder_;
  world& world_;
  std::vector<std::string> environment_;
  std::vector<controller_process*> members_;
};

/// What a replica wrote since `since`, on both sides, the lease aside.
std::vector<accepted_write> writes_of(world& x, const std::string& identity,
                                      instant since) {
  std::vector<accepted_write> result;
  for (const auto& seen : x.where.audit(since))
    if (seen.is_write() && seen.accepted() && seen.resource != "leases"
        && seen.user_agent.find(identity) != std::string::npos)
      result.push_back(
        {seen.at, seen.verb + " " + seen.resource + " " + seen.name});
  x.cloud->with_core([&](emulator::vpc_core& core) {
    for (const auto& seen : core.log().calls())
      if (seen.at >= since && seen.committed
          && seen.user_agent.find(identity) != std::string::npos)
        result.push_back({seen.at, seen.action + " " + seen.entry_id});
  });
  std::ranges::sort(result, {}, &accepted_write::at);
  return result;
}

/// Lets the fleet go on for a random number of calls of the cloud.
void go_on(world& x, std::mt19937_64& rng) {
  auto count = [&x] {
    uint64_t result = 0;
    x.cloud->with_core(
      [&](emulator::vpc_core& core) { result = core.log().counters().calls; });
    return result;
  };
  auto until = count() + 20 + rng() % 200;
  BOOST_TEST(
    test::eventually([&] { return count() >= until; }, test::patience));
}

/// The first write of somebody else than `former` since `since`.
instant first_write(world& x, const std::string& identity, instant since) {
  instant result{};
  BOOST_TEST(x.wait([&] {
    auto all = writes_of(x, identity, since);
    if (all.empty())
      return false;
    result = all.front().at;
    return true;
  }));
  return result;
}

struct disruption {
  const char* name;
  int signal;
};

constexpr std::array disruptions{
  disruption{"SIGTERM", SIGTERM},
  disruption{"SIGKILL", SIGKILL},
  disruption{"SIGSTOP", SIGSTOP},
};

/// Ends or freezes the leader and sees the next one work. Returns how long
/// nobody did.
std::chrono::milliseconds disrupt(world& x, replicas& all, int signal) {
  BOOST_TEST_REQUIRE(all.wait_leader());
  auto* old = all.leader();
  auto name = old->identity();
  auto from = http::boot_now();
  old->of().signal(signal);
  BOOST_TEST_REQUIRE(all.wait_leader(name));
  auto next = all.leader()->identity();
  auto works = first_write(x, next, from);
  // Too late: it must not go on after its lease.
  if (signal == SIGSTOP)
    old->of().signal(SIGCONT);
  BOOST_TEST(old->of().wait() == (signal == SIGTERM ? 0 : 128 + SIGKILL));
  for (const auto& late : writes_of(x, name, works))
    BOOST_ERROR(name << " still wrote: " << late.what);
  all.drop(old);
  all.add();
  return std::chrono::floor<std::chrono::milliseconds>(works - from);
}

} // namespace

BOOST_AUTO_TEST_SUITE(kube_leader)

NATGW_SCENARIO(no_end_of_a_leader_does_harm) {
  world x{
    where,
    {.gateways = is_long() ? 12U : 4U, .zones = 3, .settings = quick_lease}};
  replicas all{x, 3};
  std::mt19937_64 rng{1};
  test::churning_fleet fleet{x, is_long() ? 600U : 100U,
                             is_long() ? 15.0 : 10.0, 1};
  BOOST_TEST_REQUIRE(x.wait([&] { return all.leader() != nullptr; }));
  std::map<std::string, std::vector<int64_t>> gaps;
  for (auto round = 0; round < (is_long() ? 50 : 1); ++round)
    for (const auto& how : disruptions) {
      go_on(x, rng);
      gaps[how.name].push_back(disrupt(x, all, how.signal).count());
    }
  fleet.settle();
  BOOST_TEST(x.wait([&] { return fleet.is_ready(); }, 3 * test::patience));
  for (auto& [how, times] : gaps) {
    std::ranges::sort(times);
    BOOST_TEST_MESSAGE(how << ": without a working leader for " << times.front()
                           << " to " << times.back() << " ms, median "
                           << times[times.size() / 2]);
  }
  BOOST_TEST_MESSAGE(fleet.made() << " pods in all");
  BOOST_TEST((x.harm() == cli::harm{}));
  BOOST_TEST(x.leave_nothing());
}

NATGW_SCENARIO(fm01_frozen_between_the_check_and_the_send) {
  // What has passed the last check would leave when the process wakes up, so
  // it must not.
  world x{where, {.settings = quick_lease}};
  replicas all{x, 2};
  test::churning_fleet fleet{x, 40, 8, 1};
  BOOST_TEST_REQUIRE(x.wait([&] { return all.leader() != nullptr; }));
  for (const auto* request : worst_points()) {
    all.freeze_before(request);
    auto* old = all.leader();
    auto name = old->identity();
    BOOST_TEST_REQUIRE(
      test::eventually([&] { return old->of().is_stopped(); }, test::patience));
    auto from = http::boot_now();
    BOOST_TEST_REQUIRE(all.wait_leader(name));
    auto works = first_write(x, all.leader()->identity(), from);
    old->of().signal(SIGCONT);
    BOOST_TEST(old->of().wait() == 128 + SIGKILL);
    BOOST_TEST(writes_of(x, name, works).empty(), request);
    all.drop(old);
    all.add();
  }
  fleet.settle();
  BOOST_TEST(x.wait([&] { return fleet.is_ready(); }, 2 * test::patience));
  BOOST_TEST((x.harm() == cli::harm{}));
  BOOST_TEST(x.leave_nothing());
}

BOOST_AUTO_TEST_SUITE_END()
