#include <boost/test/unit_test.hpp>

#include "forward_table_world.hpp"

using namespace std::chrono_literals;
using namespace natgw;
using namespace natgw::core;
using namespace natgw::core::test;

namespace {

entry_spec moved(int n, std::string ip) {
  auto result = world::spec(n);
  result.internal_ip = std::move(ip);
  return result;
}

} // namespace

BOOST_AUTO_TEST_SUITE(forward_table_births)

BOOST_AUTO_TEST_CASE(a_wish_becomes_an_available_entry) {
  world w;
  w.begin();
  w.wish(world::want(world::spec(1)));
  w.run(1s);
  BOOST_TEST(w.told(entry_fact::available) == 1U);
  BOOST_TEST(w.cloud.count(api_action::create_entry) == 1U);
  BOOST_TEST(w.news.back().id == w.cloud.entries.begin()->first);
  BOOST_TEST((w.news.back().spec == world::spec(1)));
}

BOOST_AUTO_TEST_CASE(available_is_told_only_once_describe_shows_it) {
  world w;
  w.cloud.pending = 3s;
  w.begin();
  w.wish(world::want(world::spec(1)));
  w.run(2900ms);
  BOOST_TEST(w.news.empty());
  w.run(3s);
  BOOST_TEST(w.told(entry_fact::available) == 1U);
}

BOOST_AUTO_TEST_CASE(a_repeated_wish_is_told_again_and_writes_nothing) {
  world w;
  w.begin();
  for (int i = 0; i < 5; ++i)
    w.wish(world::want(world::spec(1)));
  w.run(1s);
  BOOST_TEST(w.told(entry_fact::available) == 1U);
  w.wish(world::want(world::spec(1)));
  BOOST_TEST(w.told(entry_fact::available) == 2U);
  BOOST_TEST(w.cloud.count(api_action::create_entry) == 1U);
}

BOOST_AUTO_TEST_CASE(a_changed_wish_is_one_modify) {
  world w;
  w.begin();
  w.wish(world::want(world::spec(1)));
  w.run(1s);
  w.wish(world::want(moved(1, "10.7.0.1")));
  w.run(1s);
  BOOST_TEST(w.told(entry_fact::available) == 2U);
  BOOST_TEST(w.told(entry_fact::lost) == 0U);
  BOOST_TEST(w.cloud.count(api_action::modify_entry) == 1U);
  BOOST_TEST(w.cloud.named(world::name(1))->spec.internal_ip == "10.7.0.1");
}

BOOST_AUTO_TEST_CASE(a_wish_that_changes_back_and_forth_takes_new_tokens) {
  world w;
  w.begin();
  uint32_t attempt = 0;
  w.on_news = [&](const entry_news& x) {
    if (x.fact == entry_fact::absent)
      w.at(w.now, [&w, &attempt, spec = x.spec] {
        w.wish(world::want(spec, ++attempt));
      });
  };
  for (const auto* ip :
       {"10.7.0.1", "10.7.0.2", "10.7.0.1", "10.7.0.2", "10.7.0.1"}) {
    w.wish(world::want(moved(1, ip), attempt));
    w.run(1s);
    BOOST_TEST(w.cloud.named(world::name(1))->spec.internal_ip == ip);
    BOOST_TEST((w.last(world::name(1))->fact == entry_fact::available));
  }
  std::map<std::string, int> tokens;
  for (auto& x : w.cloud.log)
    if (is_write(x.action))
      BOOST_TEST(++tokens[x.client_token] == 1);
}

BOOST_AUTO_TEST_CASE(a_drop_is_told_gone_once_it_is) {
  world w;
  w.begin();
  w.wish(world::want(world::spec(1)));
  w.run(1s);
  w.wish(entry_drop{world::spec(1)});
  w.run(50ms);
  BOOST_TEST(w.told(entry_fact::gone) == 0U);
  w.run(1s);
  BOOST_TEST(w.told(entry_fact::gone) == 1U);
  BOOST_TEST(w.cloud.entries.empty());
}

BOOST_AUTO_TEST_CASE(a_drop_during_the_birth_waits_for_the_birth) {
  world w;
  w.begin();
  w.wish(world::want(world::spec(1)));
  w.run(50ms);
  w.wish(entry_drop{world::spec(1)});
  w.run(2s);
  BOOST_TEST(w.told(entry_fact::available) == 0U);
  BOOST_TEST(w.told(entry_fact::gone) == 1U);
  BOOST_TEST(w.cloud.entries.empty());
}

BOOST_AUTO_TEST_CASE(a_drop_before_the_create_leaves_is_one_look) {
  world w;
  w.begin();
  w.cloud.barrier = true;
  w.wish(world::want(world::spec(1)));
  w.run(50ms);
  w.wish(world::want(world::spec(2)));
  w.run(50ms);
  w.wish(entry_drop{world::spec(2)});
  w.run(1s);
  BOOST_TEST(w.told(entry_fact::gone, world::name(2)) == 1U);
  BOOST_TEST(w.cloud.entries.size() == 1U);
}

BOOST_AUTO_TEST_CASE(fm27_port_break_is_for_high_ports_of_a_shared_eip) {
  world w;
  w.begin();
  auto breaks = [&](const char* ip, uint16_t port, uint16_t count) {
    static int n = 10;
    auto spec = world::spec(++n);
    spec.external_ip = ip;
    spec.external_port = port;
    spec.count = count;
    w.wish(world::want(spec));
    w.run(1s);
    return !w.cloud.log.empty()
           && std::any_of(w.calls.begin(), w.calls.end(), [&](auto& x) {
                return x.spec == spec && x.port_break;
              });
  };
  BOOST_TEST(!breaks("1.0.0.1", 5000, 1));
  BOOST_TEST(!breaks("1.0.0.2", 1024, 1));
  BOOST_TEST(breaks("1.0.0.2", 1025, 1));
  BOOST_TEST(!breaks("1.0.0.2", 1018, 5));
  BOOST_TEST(breaks("1.0.0.2", 1030, 5));
}

BOOST_AUTO_TEST_CASE(a_leaver_becomes_an_arriver_by_one_modify) {
  world w;
  w.begin();
  w.wish(world::want(world::spec(1)));
  w.run(1s);
  auto arriver = world::want(world::spec(2));
  arriver.replaces = world::name(1);
  w.wish(entry_drop{world::spec(1)});
  w.wish(arriver);
  w.run(1s);
  BOOST_TEST(w.told(entry_fact::gone, world::name(1)) == 1U);
  BOOST_TEST(w.told(entry_fact::available, world::name(2)) == 1U);
  BOOST_TEST(w.cloud.entries.size() == 1U);
}

BOOST_AUTO_TEST_CASE(an_arriver_whose_leaver_is_unknown_is_created) {
  world w;
  w.begin();
  auto arriver = world::want(world::spec(2));
  arriver.replaces = world::name(1);
  w.wish(arriver);
  w.run(1s);
  BOOST_TEST(w.told(entry_fact::available, world::name(2)) == 1U);
  BOOST_TEST(w.cloud.count(api_action::create_entry) == 1U);
}

BOOST_AUTO_TEST_CASE(an_arriver_whose_leaver_was_deleted_by_hand_is_created) {
  world w;
  w.begin();
  w.wish(world::want(world::spec(1)));
  w.run(1s);
  w.cloud.entries.clear();
  auto arriver = world::want(world::spec(2));
  arriver.replaces = world::name(1);
  w.wish(arriver);
  w.run(5s);
  BOOST_TEST(w.told(entry_fact::available, world::name(2)) == 1U);
  BOOST_TEST(w.cloud.entries.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_successor_waits_for_what_leaves_its_address) {
  world w;
  w.begin();
  w.wish(world::want(world::spec(1)));
  w.run(1s);
  w.wish(entry_drop{world::spec(1)});
  auto next = world::spec(2);
  next.internal_ip = world::spec(1).internal_ip;
  w.wish(world::want(next));
  w.run(2s);
  BOOST_TEST(w.told(entry_fact::refused) == 0U);
  BOOST_TEST(w.told(entry_fact::available, world::name(2)) == 1U);
  BOOST_TEST(w.cloud.count(api_action::create_entry) == 2U);
}

BOOST_AUTO_TEST_CASE(a_second_entry_of_one_name_is_removed) {
  world w;
  auto copy = world::spec(1);
  copy.external_port = 4000;
  copy.internal_port = 4000;
  w.cloud.put(world::spec(1));
  w.cloud.put(copy);
  w.begin();
  w.wish(world::want(world::spec(1)));
  w.run(5s);
  BOOST_REQUIRE(w.cloud.entries.size() == 1U);
  BOOST_TEST((w.cloud.entries.begin()->second.spec == world::spec(1)));
  BOOST_TEST((w.last(world::name(1))->fact == entry_fact::available));
}

BOOST_AUTO_TEST_CASE(a_second_entry_of_one_name_gives_way) {
  // Whichever of the two is taken for the entry, the other one holds the
  // address, or the port, that it is to have.
  for (auto shares_address : {true, false}) {
    world w;
    auto former = moved(1, "10.0.9.9");
    former.external_port = 4000;
    auto present = world::spec(1);
    if (shares_address)
      present.external_port = 4001;
    else
      present.internal_port = 4001;
    w.cloud.put(former);
    w.cloud.put(present);
    w.begin();
    w.wish(world::want(world::spec(1)));
    w.run(5s);
    BOOST_TEST(w.told(entry_fact::refused) == 0U);
    BOOST_REQUIRE(w.cloud.entries.size() == 1U);
    BOOST_TEST((w.cloud.entries.begin()->second.spec == world::spec(1)));
  }
}

BOOST_AUTO_TEST_CASE(of_two_entries_of_one_name_the_right_one_stays) {
  world w;
  auto former = moved(1, "10.0.9.9");
  former.external_port = 4000;
  w.cloud.put(former);
  auto right = w.cloud.put(world::spec(1));
  w.begin();
  w.wish(world::want(world::spec(1)));
  w.run(5s);
  BOOST_REQUIRE(w.cloud.entries.size() == 1U);
  BOOST_TEST(w.cloud.entries.begin()->first == right);
  BOOST_TEST(w.cloud.count(api_action::modify_entry) == 0U);
  BOOST_TEST(w.last(world::name(1))->id == right);
}

BOOST_AUTO_TEST_CASE(a_wish_that_no_table_can_hold_is_refused) {
  world w;
  w.begin();
  auto bad = world::spec(1);
  bad.external_port = 65530;
  bad.count = 10;
  w.wish(world::want(bad));
  BOOST_TEST(w.told(entry_fact::refused) == 1U);
  bad = world::spec(2);
  bad.name = "natgw.someone.else.0";
  w.wish(world::want(bad));
  BOOST_TEST(w.told(entry_fact::refused) == 2U);
  w.run(1s);
  BOOST_TEST(w.sent(api_action::create_entry) == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
