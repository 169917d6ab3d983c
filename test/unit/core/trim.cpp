#include "core/trim.hpp"

#include <boost/test/unit_test.hpp>

using natgw::core::trim;

BOOST_AUTO_TEST_SUITE(trim_suite)

BOOST_AUTO_TEST_CASE(blanks_go_at_both_ends_only) {
  BOOST_TEST(trim(" \r\n a b\t\n") == "a b");
  BOOST_TEST(trim("a") == "a");
  BOOST_TEST(trim(" \n").empty());
  BOOST_TEST(trim("").empty());
}

BOOST_AUTO_TEST_CASE(what_counts_as_blank_can_be_said) {
  BOOST_TEST(trim(" \ta\n ", " \t") == "a\n");
}

BOOST_AUTO_TEST_SUITE_END()
