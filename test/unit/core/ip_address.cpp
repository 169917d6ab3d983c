#include "core/ip_address.hpp"

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

using namespace natgw::core;

BOOST_AUTO_TEST_SUITE(ip_address)

BOOST_AUTO_TEST_CASE(address_is_read_in_host_byte_order) {
  BOOST_TEST((parse_ipv4("172.16.0.8") == ipv4{0xac100008}));
  BOOST_TEST((parse_ipv4("0.0.0.0") == ipv4{0}));
  BOOST_TEST((parse_ipv4("255.255.255.255") == ipv4{0xffffffff}));
}

BOOST_AUTO_TEST_CASE(only_the_canonical_form_is_read) {
  for (const auto* text :
       {"", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.04",
        "1.2.3.4 ", " 1.2.3.4", "1.2.3.-4", "1.2.3.+4", "1..3.4", "1.2.3.",
        ".1.2.3", "a.b.c.d", "1.2.3.4/32", "fd00::1", "1.2.3.99999999999"})
    BOOST_TEST(!parse_ipv4(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(every_address_survives_a_round_trip) {
  BOOST_TEST(rc::check([](uint32_t value) {
    const ipv4 x{value};
    RC_ASSERT(parse_ipv4(to_string(x)) == x);
  }));
}

BOOST_AUTO_TEST_CASE(network_contains_its_own) {
  const auto net = parse_ipv4_network("172.16.5.9/12");
  BOOST_REQUIRE(net.has_value());
  BOOST_TEST((net->base == *parse_ipv4("172.16.0.0")));
  BOOST_TEST(net->contains(*parse_ipv4("172.31.255.255")));
  BOOST_TEST(!net->contains(*parse_ipv4("172.32.0.0")));
  BOOST_TEST(parse_ipv4_network("0.0.0.0/0")->contains(ipv4{0xffffffff}));
  BOOST_TEST(parse_ipv4_network("1.2.3.4/32")->contains(ipv4{0x01020304}));
  BOOST_TEST(!parse_ipv4_network("1.2.3.4/32")->contains(ipv4{0x01020305}));
}

BOOST_AUTO_TEST_CASE(odd_networks_are_refused) {
  for (const auto* text : {"", "1.2.3.4", "1.2.3.4/", "1.2.3.4/33",
                           "1.2.3.4/08", "1.2.3/8", "1.2.3.4/8/8", "/8"})
    BOOST_TEST(!parse_ipv4_network(text).has_value(), text);
}

BOOST_AUTO_TEST_SUITE_END()
