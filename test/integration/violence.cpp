#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <sys/resource.h>

#include <boost/test/unit_test.hpp>

#include "test/integration/emulated_world.hpp"
#include "test/unit/serving/http_client.hpp"

// What machines and networks do to a process: the program itself, in a
// churning fleet. NATGW_LONG=1 gives the full size.

using namespace natgw;
using namespace std::chrono_literals;
using test::emulated_world;
using test::process;
using test::relay_mode;

namespace {

bool is_long() {
  return std::getenv("NATGW_LONG") != nullptr;
}

/// After a long outage a watch may rest for a minute.
std::chrono::seconds patience() {
  return is_long() ? 300s : 120s;
}

/// As short as a lease may be with this write deadline.
constexpr const char* quick_lease
  = "  writeDeadline: 2s\n"
    "  lease: {duration: 5s, renewDeadline: 3s, retryPeriod: 500ms}\n"
    "  fixedLinger: 2s\n  workloadProbeInterval: 5s\n";

/// Entries become Available so late that births pile up.
emulator::vpc_behaviour slow_birth() {
  auto result = cli::quick_cloud();
  result.pending = {400ms, 800ms};
  return result;
}

struct battle_options {
  size_t gateways = 4;
  /// See emulated_world::run.
  std::vector<std::string> prefix = {};
  std::string program = {};
  std::string log = {};
};

/// A program that cannot even start would be started for ever.
constexpr size_t too_many_starts = 60;

/// A fleet under a controller that is started again when it ends, as
/// Kubernetes does.
class battle {
public:
  explicit battle(cli::fleet_wishes wishes, battle_options options = {})
    : world{{.gateways = options.gateways,
             .cloud = slow_birth(),
             // Nobody can take back what nobody hears of: who is cut off for
             // longer would expose the next owner of an address.
             .address_quarantine = 10min,
             .settings = quick_lease},
            wishes},
      pods_{wishes.pods},
      options_{std::move(options)} {
    start();
    world.fleet->create();
  }

  void start() {
    controller = world.run({.prefix = options_.prefix,
                            .program = options_.program,
                            .log = options_.log});
    ++starts;
  }

  /// Waits, while the fleet and the controller go on.
  bool wait(const std::function<bool()>& done) {
    auto look = [&] {
      keep_going();
      return starts > too_many_starts || done();
    };
    return world.wait(look, patience()) && starts <= too_many_starts;
  }

  /// Lets so much time pass in which the fleet churns.
  void churn_for(std::chrono::seconds time) {
    auto ends = std::chrono::steady_clock::now() + time;
    auto next = std::chrono::steady_clock::now();
    auto is_over = [&] {
      keep_going();
      if (auto now = std::chrono::steady_clock::now(); now >= next) {
        next = now + 2s;
        world.fleet->churn();
      }
      return std::chrono::steady_clock::now() >= ends;
    };
    world.wait(is_over, time + 10s);
  }

  /// Churns until at least 50 births are under way.
  bool have_births() {
    world.fleet->churn();
    return wait([this] { return world.births_in_flight() >= 50; });
  }

  bool all_served() {
    auto result = wait([this] {
      return world.fleet->replace_gone() && world.fleet->ready() == pods_;
    });
    if (!result)
      BOOST_TEST_MESSAGE("ready: " << world.fleet->ready() << " of " << pods_);
    return result;
  }

  /// Everything is served, nothing is left at the end, nobody came to harm.
  void check_end() {
    BOOST_TEST(all_served());
    world.fleet->tear_down();
    auto is_over = wait([this] { return world.is_empty(); });
    BOOST_TEST(is_over, world.records() << " records and " << world.entries()
                                        << " entries are left");
    BOOST_TEST((world.harm() == cli::harm{}));
    if (controller->is_running())
      controller->signal(SIGTERM);
    BOOST_TEST(controller->wait() == 0);
  }

private:
  void keep_going() {
    world.fleet->replace_gone();
    if (!controller->is_running())
      start();
  }

public:
  emulated_world world;
  std::unique_ptr<process> controller;
  /// How often one has been started.
  size_t starts = 0;

private:
  uint32_t pods_;
  battle_options options_;
};

constexpr uint64_t memory_limit = uint64_t{96} << 20U;

/// The program without sanitizers; empty if there is none.
std::string program_as_it_ships() {
  if (const auto* path = std::getenv("NATGW_SHIPPED"))
    return path;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return {};
#else
  return NATGW_CONTROLLER;
#endif
}

/// The peak of what a process holds in memory, in bytes.
uint64_t peak_memory(const process& x) {
  std::ifstream in{"/proc/" + std::to_string(x.id()) + "/status"};
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("VmHWM:"))
      return std::stoull(line.substr(6)) * 1024;
  return 0;
}

/// No file can be opened, no connection made or taken, until this goes.
class exhausted_files {
public:
  explicit exhausted_files(const process& x) : pid_{x.id()} {
    prlimit(pid_, RLIMIT_NOFILE, nullptr, &before_);
    rlimit none{.rlim_cur = 3, .rlim_max = before_.rlim_max};
    BOOST_TEST(prlimit(pid_, RLIMIT_NOFILE, &none, nullptr) == 0);
  }
  ~exhausted_files() {
    prlimit(pid_, RLIMIT_NOFILE, &before_, nullptr);
  }
  exhausted_files(const exhausted_files&) = delete;
  exhausted_files& operator=(const exhausted_files&) = delete;

private:
  pid_t pid_;
  rlimit before_{};
};

/// `modes`: what the short form has.
void survive_cut(battle& x, const std::function<void(relay_mode)>& cut,
                 std::vector<relay_mode> modes) {
  if (is_long())
    modes = {relay_mode::refusing, relay_mode::silent};
  for (auto mode : modes) {
    BOOST_TEST(x.have_births());
    cut(mode);
    x.churn_for(is_long() ? 60s : 4s);
    cut(relay_mode::passing);
    BOOST_TEST(x.all_served());
  }
  x.check_end();
}

} // namespace

BOOST_AUTO_TEST_SUITE(violence)

BOOST_AUTO_TEST_CASE(killed_again_and_again_in_the_midst_of_births) {
  battle x{{.pods = 150, .churn = 60, .fixed = 10}};
  BOOST_TEST_REQUIRE(x.all_served());
  for (auto i = 0; i < (is_long() ? 20 : 2); ++i) {
    BOOST_TEST_REQUIRE(x.have_births());
    x.controller->signal(SIGKILL);
    BOOST_TEST(x.controller->wait() == 128 + SIGKILL);
    x.start();
  }
  x.check_end();
}

BOOST_AUTO_TEST_CASE(stopped_for_longer_than_its_lease) {
  battle x{{.pods = 150, .churn = 60, .fixed = 10}};
  BOOST_TEST_REQUIRE(x.all_served());
  for (auto i = 0; i < (is_long() ? 5 : 1); ++i) {
    BOOST_TEST_REQUIRE(x.have_births());
    auto stopped = std::move(x.controller);
    stopped->signal(SIGSTOP);
    x.start();
    BOOST_TEST(x.all_served());
    stopped->signal(SIGCONT);
    // A second before the end of its lease the kernel has ended it.
    BOOST_TEST(stopped->wait() == 128 + SIGKILL);
  }
  x.check_end();
}

BOOST_AUTO_TEST_CASE(api_server_is_gone_for_a_while) {
  battle x{{.pods = 150, .churn = 60, .fixed = 10}};
  BOOST_TEST_REQUIRE(x.all_served());
  auto cut = [&](relay_mode how) { x.world.way_to_cluster->set(how); };
  survive_cut(x, cut, {relay_mode::refusing});
}

BOOST_AUTO_TEST_CASE(cloud_is_gone_for_a_while) {
  battle x{{.pods = 150, .churn = 60, .fixed = 10}};
  BOOST_TEST_REQUIRE(x.all_served());
  auto cut = [&](relay_mode how) { x.world.cut_cloud(how); };
  survive_cut(x, cut, {relay_mode::silent});
  // Kubernetes was there, so the lease was.
  BOOST_TEST(x.starts == 1U);
}

BOOST_AUTO_TEST_CASE(disk_for_the_logs_is_full) {
  battle x{{.pods = 150, .churn = 60, .fixed = 10}, {.log = "/dev/full"}};
  BOOST_TEST_REQUIRE(x.all_served());
  BOOST_TEST(x.have_births());
  BOOST_TEST(x.all_served());
  BOOST_TEST(x.starts == 1U);
  x.check_end();
}

BOOST_AUTO_TEST_CASE(file_descriptors_are_exhausted) {
  // A sanitizer opens a pipe to look at memory, and takes what it cannot look
  // at for broken.
  auto program = program_as_it_ships();
  if (program.empty()) {
    BOOST_TEST_MESSAGE("skipped: no program without sanitizers");
    return;
  }
  battle x{{.pods = 150, .churn = 60, .fixed = 10}, {.program = program}};
  BOOST_TEST_REQUIRE(x.all_served());
  auto url = x.world.http_url();
  {
    exhausted_files now{*x.controller};
    BOOST_TEST(x.have_births());
    // Every connection that there is breaks, and none can be made.
    x.world.cut_cloud(relay_mode::passing);
    x.churn_for(is_long() ? 60s : 2s);
    // Those that keep the lease are there.
    BOOST_TEST(x.starts == 1U);
  }
  BOOST_TEST(test::http_client{}.get(url + "/healthz").status == 200);
  {
    exhausted_files now{*x.controller};
    BOOST_TEST(x.have_births());
    x.world.way_to_cluster->set(relay_mode::passing);
    x.churn_for(is_long() ? 60s : 5s);
  }
  x.check_end();
}

BOOST_AUTO_TEST_CASE(thousands_of_pods_fit_into_little_memory) {
  // What is freed comes back late there, and everything is larger.
  auto program = program_as_it_ships();
  if (program.empty()) {
    BOOST_TEST_MESSAGE("skipped: no program without sanitizers");
    return;
  }
  // Stacks of threads count as data in full.
  std::vector<std::string> limits{"prlimit", "--stack=1048576",
                                  "--data=" + std::to_string(memory_limit),
                                  "--"};
  battle x{{.pods = is_long() ? 5'000U : 500U, .churn = 20, .fixed = 10},
           {.gateways = 8, .prefix = std::move(limits), .program = program}};
  BOOST_TEST_REQUIRE(x.all_served());
  BOOST_TEST(x.have_births());
  BOOST_TEST(x.all_served());
  auto peak = peak_memory(*x.controller);
  BOOST_TEST_MESSAGE("FIGURE peak of memory: " << peak / 1'000'000 << " MB");
  BOOST_TEST(peak > 0U);
  BOOST_TEST(peak <= memory_limit);
  BOOST_TEST(x.starts == 1U);
  x.check_end();
}

BOOST_AUTO_TEST_SUITE_END()
