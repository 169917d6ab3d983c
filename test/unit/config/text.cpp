#include "config/text.hpp"

#include <string>

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

using namespace natgw;
using namespace natgw::config;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(config_text)

BOOST_AUTO_TEST_CASE(numbers_keep_to_their_bounds) {
  BOOST_TEST(parse_number("1", 1, 65535).value() == 1U);
  BOOST_TEST(parse_number("65535", 1, 65535).value() == 65535U);
  for (const auto* bad : {"0", "65536", "-1", "+1", " 1", "1 ", "1.0", "0x10",
                          "", "abc", "99999999999999999999999"})
    BOOST_TEST(!parse_number(bad, 1, 65535).has_value(), bad);
  BOOST_TEST(parse_number("70000", 1, 65535).error().detail
             == "must be a whole number from 1 to 65535");
}

BOOST_AUTO_TEST_CASE(durations_are_read_as_in_go) {
  BOOST_TEST((parse_duration("200ms").value() == 200ms));
  BOOST_TEST((parse_duration("10s").value() == 10s));
  BOOST_TEST((parse_duration("5m").value() == 5min));
  BOOST_TEST((parse_duration("1h30m").value() == 90min));
  BOOST_TEST((parse_duration("0").value() == 0ms));
  for (const auto* bad : {"", "10", "s", "-5s", "1.5s", "10 s", "10S", "5d",
                          "99999999999h", "4294967295h"})
    BOOST_TEST(!parse_duration(bad).has_value(), bad);
}

BOOST_AUTO_TEST_CASE(a_formatted_duration_reads_back) {
  BOOST_TEST(format_duration(5400s) == "1h30m");
  BOOST_TEST(format_duration(0ms) == "0s");
  BOOST_TEST(format_duration(1500ms) == "1s500ms");
  BOOST_TEST(rc::check("format and parse are inverse", [] {
    auto x = std::chrono::milliseconds{*rc::gen::inRange(0, 1'000'000'000)};
    RC_ASSERT(parse_duration(format_duration(x)).value() == x);
  }));
}

BOOST_AUTO_TEST_CASE(port_ranges_include_both_ends) {
  BOOST_TEST((parse_ports("80").value() == port_range{80, 80}));
  BOOST_TEST((parse_ports("3127-3130").value() == port_range{3127, 3130}));
  BOOST_TEST((parse_ports("1-65535").value().count() == 65535U));
  for (const auto* bad : {"", "0", "-", "1-", "-1", "5-4", "1-65536", "1-2-3"})
    BOOST_TEST(!parse_ports(bad).has_value(), bad);
}

BOOST_AUTO_TEST_CASE(listen_addresses_are_numeric) {
  BOOST_TEST((parse_listen_address("127.0.0.1:9461").value()
              == listen_address{"127.0.0.1", 9461}));
  BOOST_TEST(
    (parse_listen_address("[::1]:0").value() == listen_address{"::1", 0}));
  for (const auto* bad : {"", ":80", "localhost:80", "127.0.0.1", "::1:80",
                          "127.0.0.1:", "127.0.0.1:70000", "[::1]"})
    BOOST_TEST(!parse_listen_address(bad).has_value(), bad);
}

BOOST_AUTO_TEST_CASE(addresses_and_ids_hold_nothing_else) {
  BOOST_TEST(parse_ipv4("114.55.0.10").value() == "114.55.0.10");
  for (const auto* bad : {"", "1.2.3", "1.2.3.256", "1.2.3.4/32", "01.2.3.4"})
    BOOST_TEST(!parse_ipv4(bad).has_value(), bad);
  BOOST_TEST(!parse_ipv4(std::string_view{"1.2.3.4\0x", 9}).has_value());
  BOOST_TEST(parse_id("ngw-bp1", "ngw-").value() == "ngw-bp1");
  for (const auto* bad : {"", "ngw-", "vpc-1", "ngw-A", "ngw-a&b", "ngw-a/b"})
    BOOST_TEST(!parse_id(bad, "ngw-").has_value(), bad);
  BOOST_TEST(!parse_id("ngw-" + std::string(61, 'a'), "ngw-").has_value());
}

BOOST_AUTO_TEST_CASE(a_region_cannot_become_another_host) {
  BOOST_TEST(parse_label("cn-hangzhou", 63).value() == "cn-hangzhou");
  for (const auto* bad :
       {"", "-a", "a-", "evil.example", "a/b", "a@b", "A", "a:1"})
    BOOST_TEST(!parse_label(bad, 63).has_value(), bad);
}

BOOST_AUTO_TEST_CASE(plain_http_is_for_loopback_only) {
  for (const auto* good :
       {"https://vpc.cn-hangzhou.example", "https://10.0.0.1:8443",
        "http://127.0.0.1:1234", "http://[::1]:80", "http://localhost"})
    BOOST_TEST(parse_endpoint(good).has_value(), good);
  for (const auto* bad :
       {"", "vpc.example", "ftp://a", "https://", "https://a b", "https://a/b",
        "https://a:0", "https://a:", "https://u@a", "http://10.0.0.1",
        "http://127.evil.example", "https://[::1", "https://[x]"})
    BOOST_TEST(!parse_endpoint(bad).has_value(), bad);
}

BOOST_AUTO_TEST_CASE(the_edit_distance_counts_the_usual_slips) {
  BOOST_TEST(edit_distance("cooldown", "cooldown") == 0U);
  BOOST_TEST(edit_distance("cooldown", "coldown") == 1U);
  BOOST_TEST(edit_distance("cooldown", "cooldwon") == 1U);
  BOOST_TEST(edit_distance("", "abc") == 3U);
  BOOST_TEST(edit_distance("kitten", "sitting") == 3U);
}

BOOST_AUTO_TEST_CASE(the_edit_distance_is_symmetric) {
  BOOST_TEST(rc::check("d(a, b) == d(b, a)",
                       [](const std::string& a, const std::string& b) {
                         RC_ASSERT(edit_distance(a, b) == edit_distance(b, a));
                       }));
}

BOOST_AUTO_TEST_SUITE_END()
