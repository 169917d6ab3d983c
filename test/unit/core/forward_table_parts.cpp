#include <boost/test/unit_test.hpp>

#include "core/forward_table/edge_estimate.hpp"
#include "core/forward_table/flow.hpp"
#include "core/forward_table/gateway_watch.hpp"
#include "core/forward_table/mirror.hpp"
#include "core/forward_table/page_scan.hpp"
#include "core/forward_table/retry_delay.hpp"
#include "core/forward_table/triple_index.hpp"
#include "core/forward_table/write_line.hpp"
#include "core/forward_table/write_window.hpp"

using namespace natgw;
using namespace natgw::core;
using namespace natgw::core::table;
using namespace std::chrono_literals;

namespace {

instant at(std::chrono::nanoseconds x) {
  return instant{x};
}

triple_index::span ports(uint16_t first, uint16_t count = 1,
                         protocol proto = protocol::tcp) {
  return {ipv4{0x01000001}, proto, first, count};
}

/// Lets a window send one write that finds this and is accepted or not.
void try_one(write_window& x, instant now, uint32_t in_flight, uint32_t pending,
             bool accepted, bool doubtful = false) {
  auto left = x.leave(in_flight, pending, doubtful, now);
  if (accepted)
    x.accepted(left, now);
  else
    x.busy(left, now);
}

} // namespace

BOOST_AUTO_TEST_SUITE(forward_table_parts)

// -- flow --------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_spec_survives_packing) {
  entry_spec x{"n", "1.2.3.4", "10.0.0.255", 512, 80, 16, protocol::udp};
  BOOST_TEST((unpack("n", *pack(x)) == x));
}

BOOST_AUTO_TEST_CASE(what_is_no_entry_is_not_packed) {
  entry_spec good{"n", "1.2.3.4", "10.0.0.1", 512, 80, 1, protocol::tcp};
  auto broken = [&good](auto change) {
    auto x = good;
    change(x);
    return !pack(x);
  };
  BOOST_TEST(broken([](auto& x) { x.external_ip = "1.2.3"; }));
  BOOST_TEST(broken([](auto& x) { x.internal_ip = "fe80::1"; }));
  BOOST_TEST(broken([](auto& x) { x.external_port = 0; }));
  BOOST_TEST(broken([](auto& x) { x.count = 0; }));
  BOOST_TEST(broken([](auto& x) {
    x.external_port = 65535;
    x.count = 2;
  }));
  BOOST_TEST(pack(good).has_value());
}

BOOST_AUTO_TEST_CASE(a_range_is_written_for_people) {
  BOOST_TEST(external_text(
               *pack({"n", "1.2.3.4", "10.0.0.1", 512, 80, 16, protocol::udp}))
             == "1.2.3.4:512-527/udp");
}

// -- triple_index ------------------------------------------------------------

BOOST_AUTO_TEST_CASE(ranges_overlap_at_their_ends_only_if_they_touch) {
  triple_index x;
  x.insert(ports(100, 10), 1);
  BOOST_TEST(x.overlap(ports(109), 0, 0) == 1U);
  BOOST_TEST(x.overlap(ports(110), 0, 0) == 0U);
  BOOST_TEST(x.overlap(ports(90, 10), 0, 0) == 0U);
  BOOST_TEST(x.overlap(ports(90, 11), 0, 0) == 1U);
  BOOST_TEST(x.overlap(ports(100, 1, protocol::udp), 0, 0) == 0U);
  BOOST_TEST(x.overlap(ports(100), 1, 0) == 0U);
  x.erase(ports(100, 10), 1);
  BOOST_TEST(x.overlap(ports(105), 0, 0) == 0U);
}

BOOST_AUTO_TEST_CASE(the_last_port_is_no_port_of_the_other_protocol) {
  triple_index x;
  x.insert(ports(65535), 1);
  x.insert(ports(1, 65535, protocol::udp), 2);
  BOOST_TEST(x.overlap(ports(1), 0, 0) == 0U);
  BOOST_TEST(x.overlap(ports(65535), 0, 0) == 1U);
  BOOST_TEST(x.overlap(ports(65535, 1, protocol::udp), 0, 0) == 2U);
}

BOOST_AUTO_TEST_CASE(every_holder_of_a_moment_is_found) {
  triple_index x;
  x.insert(ports(100, 10), 1);
  x.insert(ports(105), 2);
  BOOST_TEST(x.overlap(ports(105), 1, 0) == 2U);
  BOOST_TEST(x.overlap(ports(105), 2, 0) == 1U);
  BOOST_TEST(x.overlap(ports(105), 1, 2) == 0U);
}

// -- write_line --------------------------------------------------------------

BOOST_AUTO_TEST_CASE(the_most_urgent_goes_first_then_the_oldest) {
  write_line x;
  line_place a;
  line_place b;
  line_place c;
  x.push(1, a, urgency::cleanup, at(1s));
  x.push(2, b, urgency::birth, at(2s));
  x.push(3, c, urgency::birth, at(3s));
  BOOST_TEST(*x.pop(at(4s)) == 2U);
  BOOST_TEST(*x.pop(at(4s)) == 3U);
  BOOST_TEST(*x.pop(at(4s)) == 1U);
  BOOST_TEST(!x.pop(at(4s)).has_value());
}

BOOST_AUTO_TEST_CASE(an_urgency_may_be_raised) {
  write_line x;
  line_place a;
  line_place b;
  x.push(1, a, urgency::birth, at(1s));
  x.push(2, b, urgency::cleanup, at(2s));
  x.push(2, b, urgency::harm, at(3s));
  BOOST_TEST(x.size() == 2U);
  BOOST_TEST(*x.pop(at(4s)) == 2U);
}

BOOST_AUTO_TEST_CASE(nothing_starves_and_nothing_new_waits_long) {
  write_line x;
  std::vector<line_place> places(6'000);
  for (uint32_t i = 0; i < 5'000; ++i)
    x.push(i, places[i], urgency::cleanup, at(0s));
  // Births keep coming; a delete still goes now and then.
  uint32_t deletes = 0;
  for (uint32_t i = 0; i < 800; ++i) {
    auto now = at(1min + i * 200ms);
    x.push(5'000 + i, places[5'000 + i], urgency::birth, now);
    if (*x.pop(now) < 5'000)
      ++deletes;
  }
  BOOST_TEST(deletes == 100U);
}

BOOST_AUTO_TEST_CASE(a_slot_that_comes_back_keeps_its_age) {
  write_line x;
  line_place a;
  line_place b;
  x.push(1, a, urgency::birth, at(1s));
  x.push(2, b, urgency::birth, at(2s));
  BOOST_TEST(*x.pop(at(3s)) == 1U);
  x.push(1, a, urgency::birth, at(3s));
  BOOST_TEST(*x.pop(at(3s)) == 1U);
  x.retire(a);
  x.push(1, a, urgency::birth, at(4s));
  BOOST_TEST(*x.pop(at(4s)) == 2U);
}

// -- write_window ------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_willing_table_opens_the_window_quickly) {
  write_window x{16};
  BOOST_TEST(x.size() == 1U);
  for (int i = 0; i < 15; ++i)
    try_one(x, at(1s), 0, 0, true);
  BOOST_TEST(x.size() == 16U);
  try_one(x, at(1s), 15, 0, true);
  BOOST_TEST(x.size() == 16U);
}

BOOST_AUTO_TEST_CASE(a_conflict_makes_it_serial_and_it_opens_slowly) {
  write_window x{16};
  for (int i = 0; i < 5; ++i)
    try_one(x, at(1s), 0, 0, true);
  try_one(x, at(1s), 3, 0, false);
  BOOST_TEST(x.size() == 1U);
  BOOST_TEST(!x.barrier());
  BOOST_TEST(!x.opens(1, 0, at(1s)).has_value());
  for (int i = 0; i < 63; ++i)
    try_one(x, at(1s), 0, 0, true);
  BOOST_TEST(x.size() == 1U);
  try_one(x, at(1s), 0, 0, true);
  BOOST_TEST(x.size() == 2U);
  // The probe fails: the next one costs twice as many.
  try_one(x, at(1s), 1, 0, false);
  for (int i = 0; i < 127; ++i)
    try_one(x, at(1s), 0, 0, true);
  BOOST_TEST(x.size() == 1U);
}

BOOST_AUTO_TEST_CASE(answers_from_before_a_shrink_teach_nothing) {
  write_window x{16};
  for (int i = 0; i < 5; ++i)
    try_one(x, at(1s), 0, 0, true);
  auto one = x.leave(0, 0, false, at(1s));
  auto two = x.leave(1, 0, false, at(1s));
  auto three = x.leave(2, 0, false, at(1s));
  x.busy(three, at(1s));
  x.busy(two, at(1s));
  x.accepted(one, at(1s));
  BOOST_TEST(x.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_barrier_is_told_from_a_conflict) {
  write_window x{16};
  try_one(x, at(1s), 0, 1, false);
  BOOST_TEST(x.barrier());
  BOOST_TEST((*x.opens(0, 1, at(2s)) > at(10s)));
  BOOST_TEST((*x.opens(0, 0, at(2s)) == at(2s)));
  // An entry that is stuck does not block the table for ever.
  BOOST_TEST((*x.opens(0, 1, at(1min)) == at(1min)));
}

BOOST_AUTO_TEST_CASE(a_barrier_that_fell_is_noticed) {
  write_window x{16};
  try_one(x, at(1s), 0, 1, false);
  for (int i = 0; i < 64; ++i)
    try_one(x, at(2s), 0, 0, true);
  BOOST_REQUIRE((*x.opens(0, 1, at(2s)) == at(2s)));
  try_one(x, at(2s), 0, 1, true);
  BOOST_TEST(!x.barrier());
}

BOOST_AUTO_TEST_CASE(a_lone_write_that_is_refused_pauses_longer_each_time) {
  write_window x{16};
  try_one(x, at(1s), 0, 0, false);
  BOOST_TEST((*x.opens(0, 0, at(1s)) == at(1s + 20ms)));
  try_one(x, at(1s + 20ms), 0, 0, false);
  BOOST_TEST((*x.opens(0, 0, at(1s + 20ms)) == at(1s + 60ms)));
}

BOOST_AUTO_TEST_CASE(refusals_without_a_reason_teach_a_gap) {
  write_window x{16};
  try_one(x, at(1s), 0, 0, true);
  try_one(x, at(1s + 1ms), 0, 0, false);
  try_one(x, at(1s + 200ms), 0, 0, true);
  x.leave(0, 0, false, at(1s + 200ms));
  BOOST_TEST((*x.opens(0, 0, at(1s + 200ms)) == at(1s + 400ms)));
}

BOOST_AUTO_TEST_CASE(refusals_beside_an_unanswered_write_teach_no_gap) {
  write_window x{16};
  try_one(x, at(1s), 0, 0, true);
  try_one(x, at(1s + 1ms), 0, 0, false, true);
  BOOST_TEST((*x.opens(0, 0, at(1s + 1ms)) == at(1s + 21ms)));
  try_one(x, at(1s + 200ms), 0, 0, true);
  x.leave(0, 0, false, at(1s + 200ms));
  BOOST_TEST((*x.opens(0, 0, at(1s + 200ms)) == at(1s + 200ms)));
}

// -- edge_estimate -----------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_fixed_time_is_found_by_bisection) {
  edge_estimate x;
  auto edge = 730ms;
  for (int i = 0; i < 14; ++i) {
    std::chrono::nanoseconds early = 0ms;
    auto look = x.first_look();
    for (uint32_t n = 0; look < edge; ++n) {
      early = look;
      look += x.next_look(n);
    }
    x.learn(early, look);
  }
  BOOST_TEST((x.first_look() >= edge));
  BOOST_TEST((x.first_look() <= edge + 13ms));
}

BOOST_AUTO_TEST_CASE(a_time_that_changes_is_followed) {
  edge_estimate x;
  for (auto edge : {200ms, 900ms, 100ms}) {
    for (int i = 0; i < 400; ++i) {
      std::chrono::nanoseconds early = 0ms;
      auto look = x.first_look();
      for (uint32_t n = 0; look < edge; ++n) {
        early = look;
        look += x.next_look(n);
      }
      x.learn(early, look);
    }
    BOOST_TEST((x.first_look() <= edge + edge / 16 + 5ms));
    BOOST_TEST((x.first_look() >= edge - edge / 16));
  }
}

BOOST_AUTO_TEST_CASE(a_stuck_entry_is_looked_at_ever_more_rarely) {
  edge_estimate x;
  BOOST_TEST((x.next_look(31) == 2s));
  BOOST_TEST((x.next_look(34) > 4s));
  BOOST_TEST((x.next_look(100) == 30s));
  x.learn(200ms, 210ms);
  BOOST_TEST((x.next_look(31) == 2s));
  BOOST_TEST((x.next_look(1'000'000) == 30s));
}

// -- page_scan ---------------------------------------------------------------

BOOST_AUTO_TEST_CASE(the_first_page_tells_how_many_there_are) {
  page_scan x;
  x.begin(urgency::birth, at(1s));
  BOOST_TEST(*x.next(4, at(1s)) == 1U);
  BOOST_TEST(!x.next(4, at(1s)).has_value());
  x.answered(1, 50, 120, 50);
  BOOST_TEST(*x.next(4, at(1s)) == 2U);
  BOOST_TEST(*x.next(4, at(1s)) == 3U);
  BOOST_TEST(!x.next(4, at(1s)).has_value());
  x.answered(3, 20, 120, 50);
  BOOST_TEST(!x.finish());
  x.failed(2, at(2s));
  BOOST_TEST(!x.finish());
  BOOST_TEST(!x.next(4, at(1s)).has_value());
  BOOST_TEST(*x.next(4, at(2s)) == 2U);
  x.answered(2, 50, 120, 50);
  BOOST_TEST(x.finish());
  BOOST_TEST(x.consistent());
  BOOST_TEST(!x.finish());
}

BOOST_AUTO_TEST_CASE(a_hostile_total_ends_with_the_first_empty_page) {
  page_scan x;
  x.begin(urgency::birth, at(1s));
  (void)x.next(1, at(1s));
  x.answered(1, 50, UINT32_MAX, 50);
  auto pages = 0;
  while (x.next(1, at(1s))) {
    x.answered(static_cast<uint32_t>(++pages) + 1, 0, UINT32_MAX, 50);
    BOOST_REQUIRE(pages < 5);
  }
  BOOST_TEST(x.finish());
  BOOST_TEST(!x.consistent());
}

// -- mirror ------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(an_id_that_was_buried_stays_dead_for_old_readings) {
  mirror x;
  x.bury("fwd-1", at(10s));
  BOOST_TEST(x.buried("fwd-1", at(9s)));
  BOOST_TEST(!x.buried("fwd-1", at(11s)));
  x.bury("fwd-2", at(10min));
  BOOST_TEST(!x.buried("fwd-1", at(9s)));
}

BOOST_AUTO_TEST_CASE(an_entry_that_moves_is_found_at_its_new_place_only) {
  mirror x;
  auto& mine = x.obtain("n");
  auto before = *pack({"n", "1.2.3.4", "10.0.0.1", 512, 80, 1, {}});
  auto after = *pack({"n", "1.2.3.4", "10.0.0.2", 600, 80, 1, {}});
  x.put(mine, "fwd-1", before);
  x.put(mine, "fwd-1", after);
  BOOST_TEST(x.external_obstacle(before, 0, 0).ours == nullptr);
  BOOST_TEST(x.external_obstacle(after, 0, 0).ours == &mine);
  BOOST_TEST(x.internal_obstacle(after, 0, 0).ours == &mine);
  BOOST_TEST(x.size() == 1U);
  x.forget(mine);
  BOOST_TEST(x.size() == 0U);
  BOOST_TEST(x.external_obstacle(after, 0, 0).ours == nullptr);
  BOOST_TEST(x.holder("fwd-1") == nullptr);
}

BOOST_AUTO_TEST_CASE(an_ip_mapping_is_in_the_way_of_both_protocols) {
  mirror x;
  forward_entry any{"fwd-1",
                    {"", "1.2.3.4", "10.0.0.1", 1, 1, 65535, protocol::tcp},
                    entry_status::available,
                    true};
  x.add_foreign(any);
  for (auto proto : {protocol::tcp, protocol::udp}) {
    auto asked = *pack({"n", "1.2.3.4", "10.0.0.9", 65535, 80, 1, proto});
    BOOST_TEST(x.external_obstacle(asked, 0, 0).other != nullptr);
  }
  x.remove_foreign("fwd-1");
  BOOST_TEST(x.size() == 0U);
}

// -- retry_delay -------------------------------------------------------------

BOOST_AUTO_TEST_CASE(delays_double_up_to_the_cap_with_jitter) {
  std::mt19937_64 rng{7};
  retry_delay x{200ms, 10s};
  for (uint32_t n = 0; n < 40; ++n) {
    auto full = n < 6 ? 200ms * (1U << n) : 10'000ms;
    auto delay = x.next(rng);
    BOOST_TEST((delay >= full / 2));
    BOOST_TEST((delay <= full));
  }
}

BOOST_AUTO_TEST_SUITE_END()
