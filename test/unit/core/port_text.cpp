#include "core/port_text.hpp"

#include <boost/test/unit_test.hpp>

using namespace natgw::core;

BOOST_AUTO_TEST_SUITE(port_text)

BOOST_AUTO_TEST_CASE(ports_from_1_to_65535_are_read) {
  BOOST_TEST((parse_port("1") == 1));
  BOOST_TEST((parse_port("65535") == 65535));
}

BOOST_AUTO_TEST_CASE(everything_else_is_refused) {
  for (const auto* text :
       {"", "0", "65536", "70000", "99999", "100000", "080", "-1", "+1", " 1",
        "1 ", "1a", "a", "0x10", "1.0", "18446744073709551617"})
    BOOST_TEST(!parse_port(text).has_value(), text);
  BOOST_TEST(!parse_port(std::string_view{"8\0", 2}).has_value());
}

BOOST_AUTO_TEST_CASE(range_is_inclusive) {
  BOOST_TEST((parse_ports("7000-7015") == port_span{7000, 16}));
  BOOST_TEST((parse_ports("7000-7000") == port_span{7000, 1}));
  BOOST_TEST((parse_ports("1-65535") == port_span{1, 65535}));
  BOOST_TEST((parse_ports("512/527", '/') == port_span{512, 16}));
  BOOST_TEST((parse_ports("80") == port_span{80, 1}));
}

BOOST_AUTO_TEST_CASE(odd_ranges_are_refused) {
  for (const auto* text : {"7015-7000", "7000-", "-7000", "1-2-3", "7000/7015",
                           "7000 - 7015", "0-5", "65535-65536", "-"})
    BOOST_TEST(!parse_ports(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(written_ports_can_be_read_back) {
  BOOST_TEST(format_ports({512, 1}) == "512");
  BOOST_TEST(format_ports({512, 16}) == "512-527");
  BOOST_TEST(format_ports({65520, 16}, '/') == "65520/65535");
  BOOST_TEST(format_ports({1, 65535}) == "1-65535");
}

BOOST_AUTO_TEST_SUITE_END()
