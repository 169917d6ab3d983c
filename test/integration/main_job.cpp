#include <csignal>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "cli/harm.hpp"
#include "test/integration/emulated_world.hpp"
#include "test/integration/process.hpp"

// The main job, end to end: the real program in a process of its own against
// the emulated cluster and cloud. Harm is counted from the emulators' history.

using namespace natgw;
using namespace std::chrono_literals;
using test::emulated_world;
using test::process;
using test::temporary_folder;

namespace {

constexpr auto patience = 180s;

nlohmann::json demo(std::vector<std::string> flags) {
  temporary_folder folder;
  auto report = folder / "report.json";
  std::vector<std::string> command{NATGW_CONTROLLER, "demo", "--json", report};
  command.insert(command.end(), flags.begin(), flags.end());
  process running{command};
  auto output = running.read_all();
  BOOST_TEST(running.wait() == 0, output);
  std::ifstream file{report};
  BOOST_REQUIRE(file);
  return nlohmann::json::parse(file);
}

void check_harmless(const nlohmann::json& report) {
  for (auto* count : {"duplicate_mappings", "stranger_ms", "published_unready",
                      "double_entries", "leaked_entries", "leaked_ports",
                      "leaked_poddnats", "unsigned_or_badly_signed"})
    BOOST_TEST(report.at(count) == 0, count << " is " << report.at(count));
  for (const auto& [kind, count] : report.at("tokens").items())
    BOOST_TEST(count == 0, "tokens " << kind << ": " << count);
  BOOST_TEST(report.at("pods_ready") == report.at("pods_requested"));
}

} // namespace

BOOST_AUTO_TEST_SUITE(main_job)

BOOST_AUTO_TEST_CASE(churning_fleet_is_served_without_harm) {
  auto report = demo({"--pods", "200", "--gateways", "4", "--zones", "2",
                      "--churn", "50", "--fixed", "10"});
  check_harmless(report);
  BOOST_TEST(report.at("zone_misses") == 0);
  BOOST_TEST(report.at("pods_created") > 250);
}

BOOST_AUTO_TEST_CASE(bad_cloud_makes_no_entry_twice_and_no_token_wrong) {
  // A tenth of the answers is lost after the deed, a tenth is 5xx, a tenth is
  // throttled, some say nothing, and the cloud forgets its tokens.
  std::vector<std::string> fleet{"--gateways", "4",
                                 "--zones",    "2",
                                 "--fixed",    "10",
                                 "--fault",    "reset_after=0.1",
                                 "--fault",    "error_before=0.05",
                                 "--fault",    "error_after=0.05",
                                 "--fault",    "throttle=0.1",
                                 "--fault",    "truncated=0.02",
                                 "--fault",    "wrong_type=0.02",
                                 "--fault",    "delay=0.02"};
  auto forgetful = fleet;
  forgetful.insert(forgetful.end(), {"--pods", "150", "--churn", "30",
                                     "--token-retention", "1s"});
  check_harmless(demo(forgetful));
}

BOOST_AUTO_TEST_CASE(fleet_of_500_gets_through_a_bad_cloud_with_a_barrier) {
  check_harmless(demo({"--pods",
                       "500",
                       "--gateways",
                       "4",
                       "--zones",
                       "2",
                       "--fixed",
                       "10",
                       "--churn",
                       "10",
                       "--strict-pending",
                       "--pending",
                       "10ms-50ms",
                       "--token-retention",
                       "1h",
                       "--fault",
                       "reset_after=0.1",
                       "--fault",
                       "error_before=0.05",
                       "--fault",
                       "error_after=0.05",
                       "--fault",
                       "throttle=0.1"}));
}

BOOST_AUTO_TEST_CASE(full_zone_spills_over_and_everything_is_ready) {
  // Two zones, the second with one gateway: half of the pods are too many.
  auto report = demo({"--pods", "60", "--gateways", "3", "--zones", "2",
                      "--churn", "0", "--fixed", "0", "--quota", "25"});
  check_harmless(report);
  BOOST_TEST(report.at("zone_misses") >= 5);
  BOOST_TEST(report.at("zone_misses") <= 8);
}

BOOST_AUTO_TEST_CASE(fm16_killed_in_a_burst_nothing_is_lost) {
  emulated_world x{{.gateways = 4}, {.pods = 500, .churn = 0, .fixed = 10}};
  x.fleet->create();
  auto first = x.run();
  auto in_flight = [&x] {
    return x.fleet->ready() < 400 && x.births_in_flight() >= 50;
  };
  BOOST_TEST_REQUIRE(x.watch->wait(in_flight, patience));
  first->signal(SIGKILL);
  first->wait();
  BOOST_TEST(x.fleet->ready() < 500U);
  auto second = x.run();
  BOOST_TEST(x.watch->wait([&x] { return x.fleet->ready() == 500; }, patience));
  BOOST_TEST(x.leaves_nothing(patience));
  BOOST_TEST((x.harm() == cli::harm{}));
  second->signal(SIGTERM);
  BOOST_TEST(second->wait() == 0);
}

BOOST_AUTO_TEST_CASE(fm11_sick_gateway_slows_no_other) {
  emulated_world x{{.gateways = 3}, {.pods = 90, .churn = 0, .fixed = 0}};
  std::string sick;
  x.servers->vpc().with_core([&](emulator::vpc_core& core) {
    sick = core.resources().gateways().begin()->first;
    core.resources().find_gateway(sick)->only_errors = true;
  });
  auto controller = x.run();
  x.fleet->create();
  // Two thirds of them are at gateways that work.
  BOOST_TEST(x.watch->wait([&x] { return x.fleet->ready() >= 60; }, patience));
  x.servers->vpc().with_core([&](emulator::vpc_core& core) {
    core.resources().find_gateway(sick)->only_errors = false;
  });
  BOOST_TEST(x.watch->wait([&x] { return x.fleet->ready() == 90; }, patience));
  BOOST_TEST(x.leaves_nothing(patience));
  BOOST_TEST((x.harm() == cli::harm{}));
  controller->signal(SIGTERM);
  BOOST_TEST(controller->wait() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
