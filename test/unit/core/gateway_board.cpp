#include "core/gateway_board.hpp"

#include <boost/test/unit_test.hpp>

using namespace natgw;
using namespace natgw::core;

namespace {

constexpr auto any = [](gateway_index) { return true; };

pool_capacity room(uint32_t tcp, uint32_t udp, uint32_t entries,
                   uint32_t depth = 0) {
  pool_capacity x;
  x.open = true;
  x.free_tcp = tcp;
  x.free_udp = udp;
  x.free_entries = entries;
  x.queue_depth = depth;
  return x;
}

struct fixture {
  gateway_board aut;
  gateway_index first = aut.add("ngw-1", "a", true);
  gateway_index second = aut.add("ngw-2", "a", true);
  gateway_index third = aut.add("ngw-3", "b", true);
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(gateway_board_, fixture)

BOOST_AUTO_TEST_CASE(need_counts_ports_and_entries) {
  dnat_request x;
  x.items
    = {{protocol::tcp, 80}, {protocol::tcp, 81}, {protocol::udp, 7000, 4}};
  const auto need = need_of(x);
  BOOST_TEST(need.tcp == 2u);
  BOOST_TEST(need.udp == 4u);
  BOOST_TEST(need.entries == 2u);
}

BOOST_AUTO_TEST_CASE(silent_gateway_is_never_chosen) {
  BOOST_TEST(aut.best("", {1, 0, 1}, any) == no_gateway);
}

BOOST_AUTO_TEST_CASE(shortest_queue_goes_before_the_most_room) {
  aut.tell(first, room(100, 100, 100, 2));
  aut.tell(second, room(10, 10, 10, 1));
  BOOST_TEST(aut.best("a", {1, 0, 1}, any) == second);
  aut.tell(second, room(10, 10, 10, 2));
  BOOST_TEST(aut.best("a", {1, 0, 1}, any) == first);
}

BOOST_AUTO_TEST_CASE(spent_room_spreads_a_burst) {
  aut.tell(first, room(100, 100, 100));
  aut.tell(second, room(100, 100, 100));
  int count[2] = {0, 0};
  for (int i = 0; i < 10; ++i) {
    const auto x = aut.best("a", {1, 0, 1}, any);
    ++count[x == first ? 0 : 1];
    aut.spend(x, {1, 0, 1});
  }
  BOOST_TEST(count[0] == 5);
  BOOST_TEST(count[1] == 5);
}

BOOST_AUTO_TEST_CASE(each_kind_of_room_is_needed) {
  aut.tell(third, room(4, 2, 3));
  BOOST_TEST(aut.fits(third, {4, 2, 3}));
  BOOST_TEST(!aut.fits(third, {5, 2, 3}));
  BOOST_TEST(!aut.fits(third, {4, 3, 3}));
  BOOST_TEST(!aut.fits(third, {4, 2, 4}));
  aut.spend(third, {4, 2, 3});
  BOOST_TEST(aut.best("b", {0, 0, 0}, any) == no_gateway);
  aut.refund(third, {4, 2, 3});
  BOOST_TEST(aut.fits(third, {4, 2, 3}));
  aut.refund(third, {4, 2, 3});
  BOOST_TEST(!aut.fits(third, {5, 2, 3}));
}

BOOST_AUTO_TEST_CASE(unlimited_entries_stay_unlimited) {
  aut.tell(third, room(4, 4, UINT32_MAX));
  aut.spend(third, {1, 0, 1});
  BOOST_TEST(aut[third].room.free_entries == UINT32_MAX);
}

BOOST_AUTO_TEST_CASE(growth_counts_only_more_than_was_told_before) {
  aut.tell(first, room(4, 4, 4));
  const auto growth = aut[first].growth;
  aut.tell(first, room(4, 4, 4, 9));
  aut.tell(first, room(3, 4, 4));
  BOOST_TEST(aut[first].growth == growth);
  aut.tell(first, room(4, 4, 4));
  BOOST_TEST(aut[first].growth == growth + 1);
}

BOOST_AUTO_TEST_CASE(restarted_gateway_is_closed_until_it_tells) {
  aut.tell(third, room(4, 4, 4));
  aut.start(third);
  BOOST_TEST(aut.best("b", {1, 0, 1}, any) == no_gateway);
}

BOOST_AUTO_TEST_CASE(gateway_that_is_not_configured_is_never_chosen) {
  const auto x = aut.add("ngw-9", "", false);
  aut.tell(x, room(4, 4, 4));
  BOOST_TEST(aut.best("", {1, 0, 1}, any) == no_gateway);
  BOOST_TEST(!aut.fits(x, {1, 0, 1}));
}

BOOST_AUTO_TEST_CASE(zone_may_be_learned_from_the_pool) {
  const auto x = aut.add("ngw-9", "", true);
  auto told = room(4, 4, 4);
  told.zone = "c";
  aut.tell(x, told);
  BOOST_TEST(aut.best("c", {1, 0, 1}, any) == x);
  BOOST_TEST(aut.serves("c"));
  aut.spend(x, {4, 4, 4});
  BOOST_TEST(aut.best("c", {1, 0, 1}, any) == no_gateway);
}

BOOST_AUTO_TEST_SUITE_END()
