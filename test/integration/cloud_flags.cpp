#include "cli/cloud_flags.hpp"

#include <initializer_list>
#include <set>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "config/load.hpp"

using namespace natgw;
using namespace natgw::cli;
using namespace std::chrono_literals;

namespace {

struct outcome {
  cloud_flags asked;
  exit_code status = exit_code::success;
};

/// What a command line asks for.
outcome run(std::vector<std::string> arguments) {
  outcome result;
  command_line line{"", "", ""};
  auto to = line.add("x", "", [] { return exit_code::success; });
  add_cloud_flags(to, result.asked);
  arguments.insert(arguments.begin(), "x");
  result.status = line.run(std::move(arguments));
  return result;
}

cloud_flags parsed(std::vector<std::string> arguments) {
  auto result = run(std::move(arguments));
  BOOST_REQUIRE((result.status == exit_code::success));
  return result.asked;
}

bool refused(std::vector<std::string> arguments) {
  return run(std::move(arguments)).status == exit_code::usage;
}

} // namespace

BOOST_AUTO_TEST_SUITE(cli_cloud_flags)

BOOST_AUTO_TEST_CASE(the_defaults_are_the_documented_cloud) {
  auto x = parsed({});
  BOOST_TEST(x.behaviour.quota == 100U);
  BOOST_TEST(x.behaviour.conflict);
  BOOST_TEST(!x.behaviour.strict_pending);
}

BOOST_AUTO_TEST_CASE(each_behaviour_has_its_flag) {
  auto x = parsed({"--pending",
                   "1s-2s",
                   "--strict-pending",
                   "--no-conflict",
                   "--rate",
                   "600/60",
                   "--rate-of",
                   "DeleteForwardEntry=60/60/5",
                   "--quota",
                   "50",
                   "--fault",
                   "error_after=0.5",
                   "--fault",
                   "drip=0.25",
                   "--gone",
                   "mixed",
                   "--token-retention",
                   "10s",
                   "--retry-after",
                   "--gateways",
                   "3",
                   "--eips",
                   "2",
                   "--snat"});
  const auto& b = x.behaviour;
  BOOST_TEST((b.pending == emulator::time_range{1000ms, 2000ms}));
  BOOST_TEST(b.strict_pending);
  BOOST_TEST(!b.conflict);
  BOOST_TEST(b.rate.per_second == 10);
  BOOST_TEST(b.rates.at("DeleteForwardEntry").burst == 5);
  BOOST_TEST(b.quota == 50U);
  BOOST_TEST(x.behaviour.rate_of(emulator::fault_kind::error_after) == 0.5);
  BOOST_TEST(x.behaviour.rate_of(emulator::fault_kind::drip) == 0.25);
  BOOST_TEST((b.gone == emulator::gone_spelling::mixed));
  BOOST_TEST((b.token_retention == 10s));
  BOOST_TEST(b.retry_after);
  auto cloud = make_cloud(x);
  BOOST_TEST(cloud.gateways.size() == 3U);
  BOOST_TEST(cloud.gateways[2].eips.size() == 2U);
  BOOST_TEST(cloud.gateways[2].eips[1].snat);
}

BOOST_AUTO_TEST_CASE(a_preset_comes_before_the_flags_that_refine_it) {
  auto x = parsed({"--quota", "7", "--quick-cloud"});
  BOOST_TEST(x.behaviour.quota == 7U);
  BOOST_TEST(!x.behaviour.conflict);
}

BOOST_AUTO_TEST_CASE(a_wrong_text_is_refused) {
  BOOST_TEST(refused({"--pending", "soon"}));
  BOOST_TEST(refused({"--rate", "fast"}));
  BOOST_TEST(refused({"--gateways", "0"}));
}

BOOST_AUTO_TEST_CASE(every_cloud_has_an_access_key_of_its_own) {
  auto a = make_cloud({}).keys.front();
  auto b = make_cloud({}).keys.front();
  BOOST_TEST(a.id != b.id);
  BOOST_TEST(a.secret != b.secret);
}

BOOST_AUTO_TEST_CASE(the_configuration_for_run_is_valid) {
  auto flags = parsed({"--quick-cloud", "--gateways", "3", "--zones", "2"});
  auto cloud = make_cloud(flags);
  auto text = make_run_config(cloud, flags.ports, "http://127.0.0.1:1234");
  auto read = config::parse(text, "generated");
  BOOST_REQUIRE(read.has_value());
  BOOST_TEST(read->warnings.empty());
  const auto& x = read->values;
  BOOST_TEST(x.gateways.size() == 3U);
  BOOST_TEST(x.gateways[0].id == cloud.gateways[0].id);
  BOOST_TEST(x.gateways[0].zone == cloud.gateways[0].zone);
  BOOST_TEST((x.gateways[0].ports == config::port_range{512, 65535}));
  BOOST_TEST(x.natgw.endpoint == "http://127.0.0.1:1234");
  BOOST_TEST(x.natgw.rates.of(api_action::create_entry) == 18'000U);
  BOOST_TEST(x.natgw.rates.burst == 270U);
  BOOST_TEST(x.keys.access_key.reveal() == cloud.keys.front().id);
  BOOST_TEST(x.keys.access_secret.reveal() == cloud.keys.front().secret);
}

BOOST_AUTO_TEST_SUITE_END()
