#include "config/capacity.hpp"

#include <vector>

#include <boost/test/unit_test.hpp>

using namespace natgw::config;

namespace {

const std::vector<uint16_t> carrier{42, 593, 1025};

settings with_gateway(port_range ports, std::vector<std::string> eips) {
  settings x;
  x.gateways.push_back({"ngw-1", "z", ports, std::move(eips)});
  return x;
}

gateway_capacity capacity(const settings& x) {
  return capacity_of(x, x.gateways[0], blocked_ports(x.natgw, carrier));
}

} // namespace

BOOST_AUTO_TEST_SUITE(config_capacity)

BOOST_AUTO_TEST_CASE(blocked_ports_are_taken_off) {
  auto x = capacity(with_gateway({512, 1024}, {"1.1.1.1", "1.1.1.2"}));
  BOOST_TEST(x.blocked == 1U);
  BOOST_TEST(x.ports_per_eip == 512U);
  BOOST_TEST(x.ports() == 1024U);
}

BOOST_AUTO_TEST_CASE(blocked_ports_at_both_ends_of_the_range_count) {
  BOOST_TEST(capacity(with_gateway({593, 1025}, {})).blocked == 2U);
  BOOST_TEST(capacity(with_gateway({594, 1024}, {})).blocked == 0U);
}

BOOST_AUTO_TEST_CASE(an_own_list_replaces_that_of_the_carriers) {
  own_settings x;
  x.blocked_ports = {{10, 12}, {12, 13}};
  BOOST_TEST(
    (blocked_ports(x, carrier) == std::vector<uint16_t>{10, 11, 12, 13}));
  x.blocked_ports->clear();
  BOOST_TEST(blocked_ports(x, carrier).empty());
}

BOOST_AUTO_TEST_CASE(the_whole_range_may_be_blocked) {
  own_settings x;
  x.blocked_ports = {{1, 65535}};
  BOOST_TEST(blocked_ports(x, carrier).size() == 65535U);
}

BOOST_AUTO_TEST_CASE(pods_are_bound_by_ports_and_by_entries) {
  auto x = with_gateway({1, 30}, {"1.1.1.1", "1.1.1.2"});
  BOOST_TEST(capacity(x).pods(1) == 60U);
  // Seven ports each: four pods on an EIP, and two ports are left over.
  BOOST_TEST(capacity(x).pods(7) == 8U);
  x.natgw.entries_per_gateway = 20;
  BOOST_TEST(capacity(x).pods(1) == 20U);
  BOOST_TEST(capacity(x).pods(7) == 2U);
}

BOOST_AUTO_TEST_CASE(unknown_eips_count_as_one) {
  BOOST_TEST(capacity(with_gateway({1, 30}, {})).ports() == 30U);
}

BOOST_AUTO_TEST_SUITE_END()
