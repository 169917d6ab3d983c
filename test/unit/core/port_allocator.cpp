#include "core/port_allocator.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <malloc.h>

#include <boost/test/unit_test.hpp>

using namespace natgw;
using namespace natgw::core;
using namespace std::chrono_literals;

namespace {

constexpr const char* eip = "114.55.0.10";

instant at(std::chrono::nanoseconds x) {
  return instant{} + x;
}

port_block block(uint16_t first, uint16_t count = 1,
                 protocol proto = protocol::tcp,
                 const std::string& address = eip) {
  return {address, proto, {first, count}};
}

port_allocator make(uint16_t first, uint16_t last, uint64_t seed = 0) {
  port_allocator_options options;
  options.first_port = first;
  options.last_port = last;
  options.seed = seed;
  port_allocator result{options};
  result.add_eip(eip);
  return result;
}

std::expected<allocation, port_shortage>
take(port_allocator& x, std::vector<run_shape> shapes, holder_id holder = 1,
     std::chrono::nanoseconds now = 0s, uint32_t max_pieces = UINT32_MAX) {
  return x.allocate({holder, shapes, {}, max_pieces}, at(now));
}

/// The one port or run that is taken, 0 if there was none.
port_span take_run(port_allocator& x, uint16_t count, holder_id holder = 1,
                   std::chrono::nanoseconds now = 0s) {
  auto result = take(x, {{protocol::tcp, count}}, holder, now, 1);
  return result ? result->pieces.front().ports : port_span{0, 0};
}

uint16_t take_one(port_allocator& x, holder_id holder = 1,
                  std::chrono::nanoseconds now = 0s) {
  return take_run(x, 1, holder, now).first;
}

/// How many stretches without a hole a holder has.
int stretches(const port_allocator& x, holder_id holder) {
  int result = 0;
  bool inside = false;
  for (uint32_t port = 1; port < 65536; ++port) {
    const auto state = x.state(eip, protocol::tcp, static_cast<uint16_t>(port));
    const bool ours = state == port_state{port_use::held, holder};
    result += ours && !inside ? 1 : 0;
    inside = ours;
  }
  return result;
}

} // namespace

BOOST_AUTO_TEST_SUITE(port_allocator_)

BOOST_AUTO_TEST_CASE(hands_out_every_port_of_the_range_once) {
  auto aut = make(512, 1024, 99);
  std::vector<bool> seen(65536);
  uint32_t count = 0;
  while (auto port = take_one(aut, ++count)) {
    BOOST_REQUIRE(port >= 512);
    BOOST_REQUIRE(port <= 1024);
    BOOST_REQUIRE(!seen[port]);
    seen[port] = true;
  }
  // 513 ports but for 593, which carriers block.
  BOOST_TEST(count - 1 == 512u);
  BOOST_TEST(aut.free_ports(protocol::tcp) == 0u);
  BOOST_TEST(aut.free_ports(protocol::udp) == 512u);
}

BOOST_AUTO_TEST_CASE(fm14_range_up_to_65535_neither_wraps_nor_ends_early) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    auto aut = make(65530, 65535, seed);
    BOOST_TEST((take_run(aut, 6) == port_span{65530, 6}));
    aut.free(1, block(65530, 6), at(0s), false);
    int count = 0;
    while (auto port = take_one(aut)) {
      BOOST_REQUIRE(port >= 65530);
      ++count;
    }
    BOOST_TEST(count == 6);
    BOOST_TEST((aut.state(eip, protocol::tcp, 65535).use == port_use::held));
  }
}

BOOST_AUTO_TEST_CASE(fm14_one_port_is_a_range_too) {
  auto aut = make(65535, 65535);
  BOOST_TEST(take_one(aut) == 65535);
  BOOST_TEST(take_one(aut) == 0);
}

BOOST_AUTO_TEST_CASE(fm24_carrier_blocked_ports_are_never_handed_out) {
  auto aut = make(1, 65535, 4);
  BOOST_TEST(aut.free_ports(protocol::tcp)
             == 65535 - std::size(carrier_blocked_ports));
  uint32_t count = 0;
  while (auto port = take_one(aut)) {
    ++count;
    BOOST_REQUIRE(std::ranges::find(carrier_blocked_ports, port)
                  == std::end(carrier_blocked_ports));
  }
  BOOST_TEST(count == 65535 - std::size(carrier_blocked_ports));
  BOOST_TEST((aut.state(eip, protocol::tcp, 4789).use == port_use::blocked));
}

BOOST_AUTO_TEST_CASE(fm24_runs_avoid_blocked_ports) {
  auto aut = make(590, 600);
  BOOST_TEST((take_run(aut, 7) == port_span{594, 7}));
  BOOST_TEST((take_run(aut, 4).count == 0));
  BOOST_TEST((take_run(aut, 3) == port_span{590, 3}));
}

BOOST_AUTO_TEST_CASE(fm25_tcp_and_udp_have_the_same_ports_apart) {
  auto aut = make(700, 700);
  const auto both = take(aut, {{protocol::tcp, 1}, {protocol::udp, 1}}, 5);
  BOOST_REQUIRE(both.has_value());
  BOOST_TEST(both->pieces.size() == 2u);
  BOOST_TEST(both->pieces[0].ports.first == 700);
  BOOST_TEST(both->pieces[1].ports.first == 700);
  BOOST_TEST(aut.free(5, block(700), at(0s)) == 1u);
  BOOST_TEST((aut.state(eip, protocol::tcp, 700).use == port_use::cooling));
  BOOST_TEST(
    (aut.state(eip, protocol::udp, 700) == port_state{port_use::held, 5}));
}

BOOST_AUTO_TEST_CASE(fm13_all_runs_of_a_holder_are_on_one_eip) {
  auto aut = make(700, 703);
  aut.add_eip("114.55.0.11");
  BOOST_REQUIRE(aut.claim(9, block(700, 2), at(0s)).has_value());
  // Only the second EIP has three ports in a row.
  const auto got = take(aut, {{protocol::tcp, 3}, {protocol::tcp, 1}});
  BOOST_REQUIRE(got.has_value());
  BOOST_TEST(got->eip == "114.55.0.11");
  const auto named = aut.allocate({2, std::vector<run_shape>{{{}, 1}}, eip},
                                  at(0s));
  BOOST_REQUIRE(named.has_value());
  BOOST_TEST(named->eip == eip);
}

BOOST_AUTO_TEST_CASE(emptier_eip_comes_first) {
  auto aut = make(700, 799);
  aut.add_eip("114.55.0.11");
  std::map<std::string, int> count;
  for (int i = 0; i < 20; ++i)
    ++count[take(aut, {{protocol::tcp, 4}})->eip];
  BOOST_TEST(count[eip] == 10);
  BOOST_TEST(count["114.55.0.11"] == 10);
}

BOOST_AUTO_TEST_CASE(freed_port_waits_for_its_cool_down) {
  auto aut = make(700, 700);
  BOOST_REQUIRE(take_one(aut) == 700);
  BOOST_TEST(aut.free(1, block(700), at(10s)) == 1u);
  BOOST_TEST(aut.counts(protocol::tcp).cooling == 1u);
  const auto early = take(aut, {{protocol::tcp, 1}}, 2, 69s);
  BOOST_REQUIRE(!early.has_value());
  BOOST_TEST(!early.error().fragmented);
  BOOST_TEST((early.error().retry_at == at(70s)));
  BOOST_TEST(take_one(aut, 2, 70s) == 700);
  BOOST_TEST((!aut.next_cooled()));
}

BOOST_AUTO_TEST_CASE(longest_free_port_goes_first) {
  auto aut = make(700, 703);
  while (take_one(aut) != 0)
    continue;
  const uint16_t order[] = {702, 700, 703, 701};
  for (auto port : order)
    aut.free(1, block(port), at(1s * (port == 702 ? 1 : 2)));
  for (auto port : order)
    BOOST_TEST(take_one(aut, 2, 100s) == port);
}

BOOST_AUTO_TEST_CASE(unused_port_goes_before_a_freed_one) {
  auto aut = make(700, 799);
  const auto first = take_one(aut);
  aut.free(1, block(first), at(0s));
  for (int i = 0; i < 99; ++i)
    BOOST_REQUIRE(take_one(aut, 2, 100s) != first);
  BOOST_TEST(take_one(aut, 2, 100s) == first);
}

BOOST_AUTO_TEST_CASE(unpublished_port_needs_no_cool_down) {
  auto aut = make(700, 700);
  take_one(aut);
  aut.free(1, block(700), at(0s), false);
  BOOST_TEST(take_one(aut) == 700);
}

BOOST_AUTO_TEST_CASE(fm02_second_release_frees_nothing_of_the_next_holder) {
  auto aut = make(700, 700);
  take_one(aut, 1);
  BOOST_TEST(aut.free(1, block(700), at(0s)) == 1u);
  BOOST_TEST(take_one(aut, 2, 60s) == 700);
  BOOST_TEST(aut.free(1, block(700), at(61s)) == 0u);
  BOOST_TEST(
    (aut.state(eip, protocol::tcp, 700) == port_state{port_use::held, 2}));
}

BOOST_AUTO_TEST_CASE(claim_ignores_range_block_list_and_cool_down) {
  auto aut = make(700, 710);
  BOOST_TEST(aut.claim(1, block(4789), at(0s)).has_value());
  BOOST_TEST(aut.claim(1, block(20000, 16), at(0s)).has_value());
  BOOST_TEST(aut.claim(1, block(700), at(0s)).has_value());
  aut.free(1, block(700), at(0s));
  BOOST_TEST(aut.claim(2, block(700), at(1s)).has_value());
  BOOST_TEST(aut.free_ports(protocol::tcp) == 10u);
  BOOST_TEST(aut.counts(protocol::tcp).cooling == 0u);
  // Given back, a port outside the range is of no use to anybody.
  aut.free(1, block(20000, 16), at(2s));
  aut.advance(at(100s));
  BOOST_TEST(aut.free_ports(protocol::tcp) == 10u);
}

BOOST_AUTO_TEST_CASE(claim_names_who_is_in_the_way_and_takes_nothing) {
  auto aut = make(700, 710);
  BOOST_REQUIRE(aut.claim(1, block(705), at(0s)).has_value());
  const auto got = aut.claim(2, block(700, 10), at(0s));
  BOOST_REQUIRE(!got.has_value());
  BOOST_TEST(got.error().port == 705);
  BOOST_TEST((got.error().use == port_use::held));
  BOOST_TEST(got.error().holder == 1u);
  BOOST_TEST(aut.counts(protocol::tcp).held == 1u);
}

BOOST_AUTO_TEST_CASE(claim_by_the_holder_itself_is_harmless) {
  auto aut = make(700, 710);
  BOOST_REQUIRE(aut.claim(1, block(702, 2), at(0s)).has_value());
  BOOST_TEST(aut.claim(1, block(700, 6), at(0s)).has_value());
  BOOST_TEST(aut.counts(protocol::tcp).held == 6u);
}

BOOST_AUTO_TEST_CASE(port_claimed_while_it_cools_cools_anew_afterwards) {
  auto aut = make(700, 700);
  take_one(aut);
  aut.free(1, block(700), at(0s));
  BOOST_REQUIRE(aut.claim(2, block(700), at(30s)).has_value());
  aut.free(2, block(700), at(40s));
  // The first cool-down would end at 60 s.
  BOOST_TEST(take_one(aut, 3, 99s) == 0);
  BOOST_TEST(take_one(aut, 3, 100s) == 700);
}

BOOST_AUTO_TEST_CASE(claim_on_an_unknown_eip_does_not_open_it) {
  auto aut = make(700, 710);
  BOOST_REQUIRE(
    aut.claim(1, block(700, 1, protocol::tcp, "9.9.9.9"), at(0s)).has_value());
  BOOST_TEST((aut.eips() == std::vector<std::string>{eip, "9.9.9.9"}));
  BOOST_TEST(aut.free_ports(protocol::tcp) == 11u);
}

BOOST_AUTO_TEST_CASE(run_is_split_only_if_no_eip_has_it_whole) {
  auto aut = make(700, 703);
  BOOST_REQUIRE(aut.claim(9, block(702), at(0s)).has_value());
  const auto whole = take(aut, {{protocol::tcp, 3}}, 1, 0s, 1);
  BOOST_REQUIRE(!whole.has_value());
  BOOST_TEST(whole.error().fragmented);
  const auto split = take(aut, {{protocol::tcp, 3}});
  BOOST_REQUIRE(split.has_value());
  BOOST_REQUIRE(split->pieces.size() == 2u);
  BOOST_TEST((split->pieces[0] == run_piece{0, 0, {700, 2}}));
  BOOST_TEST((split->pieces[1] == run_piece{0, 2, {703, 1}}));
}

BOOST_AUTO_TEST_CASE(set_that_does_not_fit_takes_nothing) {
  auto aut = make(700, 709);
  const auto got = take(aut, {{protocol::tcp, 6}, {protocol::tcp, 5}});
  BOOST_REQUIRE(!got.has_value());
  BOOST_TEST(!got.error().fragmented);
  BOOST_TEST(aut.free_ports(protocol::tcp) == 10u);
  BOOST_TEST(take(aut, {{protocol::tcp, 6}, {protocol::tcp, 4}}).has_value());
}

BOOST_AUTO_TEST_CASE(single_ports_and_runs_grow_apart) {
  auto aut = make(10000, 19999, 3);
  for (int i = 0; i < 100; ++i) {
    BOOST_REQUIRE(take_one(aut, 1) != 0);
    BOOST_REQUIRE(take_run(aut, 16, 2).count == 16);
  }
  // Once around the range at most: two stretches without a hole.
  BOOST_TEST(stretches(aut, 1) <= 2);
  BOOST_TEST(stretches(aut, 2) <= 2);
}

BOOST_AUTO_TEST_CASE(rested_runs_of_a_length_are_used_again_whole) {
  auto aut = make(10000, 10159);
  for (holder_id i = 1; i <= 10; ++i)
    BOOST_REQUIRE(take_run(aut, 16, i).count == 16);
  for (int round = 1; round < 50; ++round) {
    const auto held = aut.holders(block(10000, 160));
    const auto& gone = held[static_cast<size_t>(round) * 7 % held.size()];
    aut.free(gone.holder, gone.block, at(round * 100s));
    BOOST_REQUIRE(take_run(aut, 16, gone.holder, round * 100s + 60s).count
                  == 16);
  }
}

BOOST_AUTO_TEST_CASE(foreign_ports_are_left_alone_and_overlaps_told) {
  auto aut = make(700, 709);
  BOOST_REQUIRE(aut.claim(4, block(703, 2), at(0s)).has_value());
  const auto ours = aut.reserve_foreign(block(700, 4));
  BOOST_REQUIRE(ours.size() == 1u);
  BOOST_TEST((ours[0] == held_block{block(703), 4}));
  BOOST_TEST(aut.free_ports(protocol::tcp) == 5u);
  BOOST_TEST((aut.state(eip, protocol::tcp, 700).use == port_use::foreign));
  BOOST_TEST((aut.state(eip, protocol::tcp, 703).use == port_use::held));
  // Our port is given back, but stays foreign.
  aut.free(4, block(703), at(0s));
  aut.advance(at(60s));
  BOOST_TEST((aut.state(eip, protocol::tcp, 703).use == port_use::foreign));
  aut.release_foreign(block(700, 4));
  BOOST_TEST(aut.free_ports(protocol::tcp) == 9u);
}

BOOST_AUTO_TEST_CASE(claim_over_a_foreign_port_must_be_meant) {
  auto aut = make(700, 709);
  aut.reserve_foreign(block(705));
  const auto got = aut.claim(1, block(700, 10), at(0s));
  BOOST_REQUIRE(!got.has_value());
  BOOST_TEST((got.error().use == port_use::foreign));
  BOOST_TEST(got.error().port == 705);
  BOOST_TEST(aut.claim(1, block(700, 10), at(0s), true).has_value());
}

BOOST_AUTO_TEST_CASE(foreign_ip_mapping_occupies_the_whole_eip) {
  auto aut = make(700, 709);
  BOOST_REQUIRE(aut.claim(1, block(700, 1, protocol::udp), at(0s)).has_value());
  const auto ours = aut.reserve_foreign_eip(eip);
  BOOST_REQUIRE(ours.size() == 1u);
  BOOST_TEST(ours[0].holder == 1u);
  BOOST_TEST(aut.free_ports(protocol::tcp) == 0u);
  BOOST_TEST(take_one(aut) == 0);
  BOOST_TEST(!aut.claim(1, block(701), at(0s)).has_value());
  aut.release_foreign_eip(eip);
  BOOST_TEST(take_one(aut) != 0);
}

BOOST_AUTO_TEST_CASE(draining_eip_allocates_nothing_and_keeps_what_it_has) {
  auto aut = make(700, 709);
  take_one(aut, 1);
  aut.drain_eip(eip);
  BOOST_TEST(aut.free_ports(protocol::tcp) == 0u);
  BOOST_TEST(take_one(aut, 2) == 0);
  BOOST_TEST(aut.counts(eip, protocol::tcp).held == 1u);
  aut.add_eip(eip);
  BOOST_TEST(take_one(aut, 2) != 0);
}

BOOST_AUTO_TEST_CASE(removed_eip_that_comes_back_still_cools) {
  auto aut = make(700, 700);
  take_one(aut, 1);
  BOOST_TEST(!aut.remove_eip(eip));
  BOOST_TEST(aut.eips().size() == 1u);
  aut.free(1, block(700), at(0s));
  BOOST_TEST(aut.remove_eip(eip));
  BOOST_TEST(aut.eips().empty());
  aut.add_eip(eip);
  BOOST_TEST(take_one(aut, 2, 59s) == 0);
  BOOST_TEST(take_one(aut, 2, 60s) == 700);
}

BOOST_AUTO_TEST_CASE(seed_decides_where_the_first_port_lies) {
  std::set<uint16_t> firsts;
  for (uint64_t seed = 0; seed < 32; ++seed) {
    auto aut = make(1024, 65000, seed);
    firsts.insert(take_one(aut));
  }
  BOOST_TEST(firsts.size() > 28u);
}

#ifndef __SANITIZE_ADDRESS__

namespace {

size_t bytes_in_use() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

/// The memory of EIPs whose ports are all held, in runs of `count`.
size_t bytes_when_full(int eips, uint16_t count) {
  const auto before = bytes_in_use();
  port_allocator_options options;
  options.blocked.clear();
  port_allocator aut{options};
  for (int i = 0; i < eips; ++i)
    aut.add_eip("114.55.0." + std::to_string(i));
  holder_id holder = 0;
  auto next = block(1, count);
  for (const auto& address : aut.eips()) {
    next.eip = address;
    for (auto proto : {protocol::tcp, protocol::udp}) {
      next.proto = proto;
      for (uint32_t port = 1; port + count <= 65536; port += count) {
        next.ports.first = static_cast<uint16_t>(port);
        static_cast<void>(aut.claim(++holder, next, at(0s)));
      }
    }
  }
  BOOST_TEST(aut.counts(protocol::udp).held
             == static_cast<uint32_t>(eips * (65535 / count * count)));
  return bytes_in_use() - before;
}

} // namespace

BOOST_AUTO_TEST_CASE(twenty_full_eips_fit_in_a_few_megabytes) {
  const auto runs = bytes_when_full(20, 16);
  BOOST_TEST_MESSAGE("runs of 16: " << runs << " bytes");
  BOOST_TEST(runs > 1'000'000u);
  BOOST_TEST(runs < 4'000'000u);
  // A holder for each port adds its four bytes for each.
  const auto singles = bytes_when_full(20, 1);
  BOOST_TEST_MESSAGE("single ports: " << singles << " bytes");
  BOOST_TEST(singles < 13'000'000u);
}

#endif

BOOST_AUTO_TEST_SUITE_END()
