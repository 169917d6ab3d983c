#include "cli/check.hpp"

#include <string>

#include <boost/test/unit_test.hpp>

#include "test/secrets.hpp"

using namespace natgw;
using namespace natgw::cli;

namespace {

config::loaded fleet() {
  config::loaded x;
  x.values.region = "cn-hangzhou";
  x.values.vpc = "vpc-1";
  x.values.gateways.push_back(
    {"ngw-1", "cn-hangzhou-j", {512, 1024}, {"1.1.1.1", "1.1.1.2"}});
  return x;
}

bool says(const std::string& text, const std::string& what) {
  return text.find(what) != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(cli_check)

BOOST_AUTO_TEST_CASE(it_tells_what_a_gateway_can_hold) {
  auto text = explain(fleet(), false);
  // 513 ports, of which 593 is blocked.
  BOOST_TEST(says(text, "ngw-1 in cn-hangzhou-j"), text);
  BOOST_TEST(says(text, "ports   512-1024 of 2 EIPs: 1024 each for tcp"), text);
  BOOST_TEST(says(text, "1 blocked per EIP"), text);
  BOOST_TEST(says(text, "pods    100 with one port, 50 with two"), text);
  BOOST_TEST(says(text, "the quota of 100 entries is what limits it"), text);
}

BOOST_AUTO_TEST_CASE(a_raised_quota_makes_ports_the_limit) {
  auto x = fleet();
  x.values.natgw.entries_per_gateway = 5000;
  auto text = explain(x, false);
  BOOST_TEST(says(text, "pods    1024 with one port, 512 with two"), text);
  BOOST_TEST(!says(text, "quota of"), text);
}

BOOST_AUTO_TEST_CASE(warnings_and_ignored_keys_are_shown) {
  auto x = fleet();
  x.warnings.emplace_back("f:1:1: odd");
  x.ignored.emplace_back("eipController");
  auto text = explain(x, false);
  BOOST_TEST(says(text, "warnings:\n  f:1:1: odd\n"), text);
  BOOST_TEST(says(text, "eipController"), text);
}

BOOST_AUTO_TEST_CASE(settings_are_shown_on_demand_without_secrets) {
  auto x = fleet();
  x.values.keys.access_secret = config::secret{test::marked_secret()};
  BOOST_TEST(!says(explain(x, false), "natgw.cooldown"));
  auto text = explain(x, true);
  BOOST_TEST(says(text, "natgw.cooldown: 1m"), text);
  BOOST_TEST(!says(text, test::marked_secret()), text);
}

BOOST_AUTO_TEST_CASE(dangerous_settings_are_pointed_out) {
  auto x = fleet();
  x.values.natgw.lease.enabled = false;
  x.values.natgw.accept_orphans = true;
  auto text = explain(x, false);
  BOOST_TEST(says(text, "the lease is off"), text);
  BOOST_TEST(says(text, "acceptOrphans is on"), text);
}

BOOST_AUTO_TEST_SUITE_END()
