#include <boost/test/unit_test.hpp>

#include "forward_table_world.hpp"

using namespace natgw;
using namespace natgw::core;
using namespace natgw::core::test;

BOOST_AUTO_TEST_SUITE(forward_table_births)

BOOST_AUTO_TEST_CASE(a_wish_becomes_an_available_entry) {
  world w;
  w.begin();
  w.wish(world::want(world::spec(1)));
  w.run(1s);
  BOOST_TEST(w.told(entry_fact::available) == 1U);
  BOOST_TEST(w.cloud.count(api_action::create_entry) == 1U);
  BOOST_TEST(w.news.back().id == w.cloud.entries.begin()->first);
}

BOOST_AUTO_TEST_CASE(a_drop_is_told_gone_once_it_is) {
  world w;
  w.begin();
  w.wish(world::want(world::spec(1)));
  w.run(1s);
  w.wish(entry_drop{world::spec(1)});
  w.run(1s);
  BOOST_TEST(w.told(entry_fact::gone) == 1U);
  BOOST_TEST(w.cloud.entries.empty());
}

BOOST_AUTO_TEST_SUITE_END()
