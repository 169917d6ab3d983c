#include "core/grouping.hpp"

#include <map>
#include <set>

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

using namespace natgw;
using namespace natgw::core;

namespace {

constexpr auto tcp = protocol::tcp;
constexpr auto udp = protocol::udp;

using items = std::vector<port_item>;
using runs = std::vector<port_run>;

using port_map = std::map<std::pair<protocol, uint32_t>, uint32_t>;

/// Internal port to external port.
port_map ports_of(const runs& xs) {
  port_map result;
  for (const auto& x : xs)
    for (uint32_t i = 0; i < x.count; ++i)
      result[{x.proto, x.internal + i}] = x.external + i;
  return result;
}

std::set<std::pair<protocol, uint32_t>> ports_of(const items& xs) {
  std::set<std::pair<protocol, uint32_t>> result;
  for (const auto& x : xs)
    for (uint32_t i = 0; i < x.count; ++i)
      result.emplace(x.proto, x.first + i);
  return result;
}

/// Items that have no port in common.
items some_items() {
  items result;
  uint32_t port = *rc::gen::element(1U, 65400U);
  const auto size = *rc::gen::inRange(1, 8);
  for (int i = 0; i < size; ++i) {
    port += *rc::gen::inRange(0U, 3U);
    const auto count = *rc::gen::inRange(1U, 6U);
    result.push_back({*rc::gen::element(tcp, udp), static_cast<uint16_t>(port),
                      static_cast<uint16_t>(count)});
    port += count;
  }
  return result;
}

/// Runs for items, as an allocator would give them, in pieces now and then.
runs some_runs(const items& xs) {
  const auto groups = group(xs);
  allocation got;
  uint32_t external = 512;
  for (uint32_t i = 0; i < groups.size(); ++i) {
    uint32_t offset = 0;
    while (offset < groups[i].count) {
      const auto left = groups[i].count - offset;
      const auto size = *rc::gen::inRange(1U, left + 1);
      external += *rc::gen::inRange(0U, 2U);
      got.pieces.push_back(
        {i,
         static_cast<uint16_t>(offset),
         {static_cast<uint16_t>(external), static_cast<uint16_t>(size)}});
      offset += size;
      external += size;
    }
  }
  entry_numbers numbers{{}};
  return assemble(groups, got, numbers);
}

/// The runs after a change but for those that it adds.
std::vector<port_run> staying(const port_change& x) {
  auto result = x.kept;
  for (const auto& each : x.trimmed)
    result.push_back(each.after);
  result.insert(result.end(), x.split_off.begin(), x.split_off.end());
  return result;
}

} // namespace

BOOST_AUTO_TEST_SUITE(grouping)

BOOST_AUTO_TEST_CASE(neighbours_of_a_protocol_share_a_run) {
  const items xs{
    {udp, 7002, 2}, {tcp, 7000}, {udp, 7000}, {udp, 7001}, {udp, 7005}};
  const items wanted{{tcp, 7000}, {udp, 7000, 4}, {udp, 7005}};
  BOOST_TEST((group(xs) == wanted));
  const std::vector<run_shape> forms{{tcp, 1}, {udp, 4}, {udp, 1}};
  BOOST_TEST((shapes(wanted) == forms));
}

BOOST_AUTO_TEST_CASE(fm14_items_up_to_65535_are_one_run) {
  const items xs{{tcp, 2, 65534}, {tcp, 1}};
  BOOST_TEST((group(xs) == items{{tcp, 1, 65535}}));
}

BOOST_AUTO_TEST_CASE(entry_numbers_skip_what_is_carried) {
  const runs busy{
    {1, tcp, 1, 1, 1}, {0, tcp, 2, 2, 1}, {3, tcp, 3, 3, 1}, {4, tcp, 4, 4, 1}};
  entry_numbers aut{busy};
  BOOST_TEST(aut.next() == 2);
  BOOST_TEST(aut.next() == 5);
  BOOST_TEST(aut.next() == 6);
}

BOOST_AUTO_TEST_CASE(items_are_published_one_by_one) {
  const runs xs{{0, tcp, 512, 80, 2}, {1, udp, 700, 7000, 16}};
  const items wanted{{tcp, 81}, {udp, 7000, 16}, {tcp, 80}};
  const auto got = views(wanted, xs);
  BOOST_TEST((got[0] == item_view{"513", "81", {0}}));
  BOOST_TEST((got[1] == item_view{"700-715", "7000-7015", {1}}));
  BOOST_TEST((got[2] == item_view{"512", "80", {0}}));
}

BOOST_AUTO_TEST_CASE(item_in_pieces_lists_them_in_order) {
  const runs xs{{4, udp, 700, 7008, 8}, {2, udp, 512, 7000, 8}};
  const auto got = views(items{{udp, 7000, 16}}, xs);
  BOOST_TEST((got[0] == item_view{"512-519,700-707", "7000-7015", {2, 4}}));
}

BOOST_AUTO_TEST_CASE(promise_must_cover_its_items_exactly) {
  const items wanted{{tcp, 80}, {tcp, 81}};
  BOOST_TEST(covers(runs{{0, tcp, 512, 80, 2}}, wanted));
  BOOST_TEST(covers(runs{{0, tcp, 512, 81, 1}, {1, tcp, 511, 80, 1}}, wanted));
  // Too few, too many, twice, one number or external port for two, no port 0.
  BOOST_TEST(!covers(runs{{0, tcp, 512, 80, 1}}, wanted));
  BOOST_TEST(!covers(runs{{0, tcp, 512, 80, 3}}, wanted));
  BOOST_TEST(!covers(runs{{0, tcp, 512, 80, 2}, {1, tcp, 600, 81, 1}}, wanted));
  BOOST_TEST(!covers(runs{{0, tcp, 512, 80, 1}, {0, tcp, 513, 81, 1}}, wanted));
  BOOST_TEST(!covers(runs{{0, tcp, 512, 80, 1}, {1, tcp, 512, 81, 1}}, wanted));
  BOOST_TEST(!covers(runs{{0, udp, 512, 80, 2}}, wanted));
  BOOST_TEST(!covers(runs{{0, tcp, 0, 80, 2}}, wanted));
  BOOST_TEST(!covers(runs{{0, tcp, 65535, 80, 2}}, wanted));
  BOOST_TEST(!covers({}, wanted));
}

BOOST_AUTO_TEST_CASE(port_taken_out_of_the_middle_splits_its_run) {
  const runs xs{{0, udp, 512, 7000, 16}};
  const items now{{udp, 7000, 4}, {udp, 7005, 11}};
  entry_numbers numbers{xs};
  const auto got = plan_change(xs, now, numbers);
  BOOST_TEST(got.kept.empty());
  BOOST_TEST(
    (got.trimmed == std::vector<run_trim>{{xs[0], {0, udp, 517, 7005, 11}}}));
  BOOST_TEST((got.split_off == runs{{1, udp, 512, 7000, 4}}));
  BOOST_TEST((got.freed == runs{{0, udp, 516, 7004, 1}}));
  BOOST_TEST(got.added.empty());
  BOOST_TEST(got.removed.empty());
}

BOOST_AUTO_TEST_CASE(new_neighbour_leaves_the_old_run_alone) {
  const runs xs{{0, tcp, 512, 80, 1}};
  entry_numbers numbers{xs};
  const auto got = plan_change(xs, items{{tcp, 79, 3}}, numbers);
  BOOST_TEST((got.kept == xs));
  BOOST_TEST((got.added == items{{tcp, 79}, {tcp, 81}}));
}

BOOST_AUTO_TEST_CASE(port_of_the_other_protocol_is_another_port) {
  const runs xs{{0, tcp, 512, 80, 1}};
  entry_numbers numbers{xs};
  const auto got = plan_change(xs, items{{udp, 80}}, numbers);
  BOOST_TEST((got.removed == xs));
  BOOST_TEST((got.added == items{{udp, 80}}));
}

BOOST_AUTO_TEST_CASE(runs_cover_items_and_views_show_them) {
  BOOST_TEST(rc::check([] {
    const auto wanted = some_items();
    const auto got = some_runs(wanted);
    RC_ASSERT(covers(got, wanted));
    const auto map = ports_of(got);
    const auto shown = views(wanted, got);
    for (size_t i = 0; i < wanted.size(); ++i)
      if (wanted[i].count == 1)
        RC_ASSERT(
          shown[i].external
          == std::to_string(map.at({wanted[i].proto, wanted[i].first})));
  }));
}

BOOST_AUTO_TEST_CASE(change_keeps_the_public_port_of_what_stays) {
  BOOST_TEST(rc::check([] {
    const auto before = some_runs(some_items());
    const auto wanted = some_items();
    entry_numbers numbers{before};
    const auto change = plan_change(before, wanted, numbers);
    const auto old_ports = ports_of(before);
    const auto new_ports = ports_of(staying(change));
    const auto added = ports_of(change.added);
    for (auto port : ports_of(wanted)) {
      const auto old = old_ports.find(port);
      if (old == old_ports.end())
        RC_ASSERT(added.contains(port));
      else
        RC_ASSERT(new_ports.at(port) == old->second);
    }
    RC_ASSERT(new_ports.size() + added.size() == ports_of(wanted).size());
    auto gone = change.removed;
    gone.insert(gone.end(), change.freed.begin(), change.freed.end());
    RC_ASSERT(ports_of(gone).size() + new_ports.size() == old_ports.size());
    std::set<uint16_t> carried;
    for (const auto& x : staying(change))
      RC_ASSERT(carried.insert(x.n).second);
    for (const auto& x : change.removed)
      RC_ASSERT(carried.insert(x.n).second);
  }));
}

BOOST_AUTO_TEST_SUITE_END()
