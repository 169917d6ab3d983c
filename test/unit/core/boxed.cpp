#include "messages/boxed.hpp"

#include <string>

#include <boost/test/unit_test.hpp>

using natgw::boxed;

BOOST_AUTO_TEST_SUITE(boxed_suite)

BOOST_AUTO_TEST_CASE(empty_box_is_the_default_value) {
  boxed<std::string> aut;
  BOOST_TEST(aut->empty());
  BOOST_TEST((aut == std::string{}));
  BOOST_TEST((aut == boxed<std::string>{std::string{}}));
  BOOST_TEST(!(aut == boxed<std::string>{std::string{"x"}}));
}

BOOST_AUTO_TEST_CASE(copy_has_a_value_of_its_own) {
  boxed<std::string> aut{std::string{"a"}};
  auto copy = aut;
  copy.edit() += 'b';
  BOOST_TEST(*aut == "a");
  BOOST_TEST(*copy == "ab");
  aut = copy;
  BOOST_TEST(*aut == "ab");
  copy.reset();
  BOOST_TEST(copy->empty());
  aut = copy;
  BOOST_TEST(aut->empty());
}

BOOST_AUTO_TEST_SUITE_END()
