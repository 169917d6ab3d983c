#include "emulator/vpc/forward_table.hpp"

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

using namespace natgw::emulator;

namespace {

/// Few addresses and ports, so that entries meet.
entry some_entry(int number) {
  entry result;
  result.id = "fwd-" + std::to_string(number);
  result.name = *rc::gen::element<std::string>("", "a", "b");
  const auto protocol
    = *rc::gen::weightedElement<entry_protocol>({{5, entry_protocol::tcp},
                                                 {5, entry_protocol::udp},
                                                 {1, entry_protocol::any}});
  const auto count = *rc::gen::weightedElement<uint16_t>({{3, 1}, {1, 4}});
  const auto side = [&](natgw::emulator::ipv4 base) {
    port_span x{base + *rc::gen::inRange(0U, 3U),
                static_cast<uint16_t>(*rc::gen::inRange(1, 20)), count,
                protocol};
    if (protocol == entry_protocol::any) {
      x.first = 1;
      x.count = 65535;
    }
    return x;
  };
  result.external = side(100);
  result.internal = side(200);
  result.state = *rc::gen::element(entry_state::pending,
                                   entry_state::available);
  return result;
}

bool overlap(const port_span& x, const port_span& y) {
  if (x.address != y.address)
    return false;
  if (x.protocol == entry_protocol::any || y.protocol == entry_protocol::any)
    return true;
  return x.protocol == y.protocol && x.first <= y.last() && y.first <= x.last();
}

/// The same table without a thought.
struct naive_table {
  std::vector<entry> all;

  bool clashes(const entry& x, port_span entry::* side) const {
    return std::ranges::any_of(all, [&](const entry& y) {
      return y.id != x.id && overlap(x.*side, y.*side);
    });
  }
  entry* find(const std::string& id) {
    for (auto& x : all)
      if (x.id == id)
        return &x;
    return nullptr;
  }
};

void same(const forward_table& table, naive_table& naive) {
  RC_ASSERT(table.size() == naive.all.size());
  RC_ASSERT(table.pending()
            == static_cast<size_t>(std::ranges::count(
              naive.all, entry_state::pending, &entry::state)));
  const auto page = table.select({}, 1, 1000);
  RC_ASSERT(page.total == naive.all.size());
  for (size_t i = 0; i < naive.all.size(); ++i)
    RC_ASSERT(page.entries.at(i)->id == naive.all[i].id);
}

std::optional<std::string> maybe(std::string x) {
  return *rc::gen::arbitrary<bool>() ? std::optional{std::move(x)}
                                     : std::nullopt;
}

} // namespace

BOOST_AUTO_TEST_SUITE(vpc_forward_table)

BOOST_AUTO_TEST_CASE(uniqueness_is_that_of_a_naive_table) {
  BOOST_TEST(rc::check([] {
    forward_table table;
    naive_table naive;
    for (int i = 0; i < 60; ++i) {
      auto x = some_entry(i);
      const auto what = *rc::gen::inRange(0, 4);
      if (what >= 2 && !naive.all.empty()) {
        auto& old = naive.all[*rc::gen::inRange<size_t>(0, naive.all.size())];
        if (what == 2) {
          table.erase(old.id);
          std::erase_if(naive.all,
                        [id = old.id](const entry& y) { return y.id == id; });
          same(table, naive);
          continue;
        }
        x.id = old.id;
      }
      const bool external = naive.clashes(x, &entry::external);
      const bool internal = naive.clashes(x, &entry::internal);
      RC_ASSERT((table.external_clash(x, x.id) != nullptr) == external);
      RC_ASSERT((table.internal_clash(x, x.id) != nullptr) == internal);
      if (external || internal)
        continue;
      if (auto* old = naive.find(x.id)) {
        table.replace(x);
        *old = x;
      } else {
        table.insert(x);
        naive.all.push_back(x);
      }
      same(table, naive);
    }
  }));
}

BOOST_AUTO_TEST_CASE(selection_is_that_of_a_naive_table) {
  BOOST_TEST(rc::check([] {
    forward_table table;
    std::vector<entry> all;
    for (int i = 0; i < 40; ++i) {
      auto x = some_entry(i);
      if (!table.external_clash(x) && !table.internal_clash(x)) {
        table.insert(x);
        all.push_back(x);
      }
    }
    RC_PRE(!all.empty());
    const auto& like = all[*rc::gen::inRange<size_t>(0, all.size())];
    const entry_query query{
      .id = maybe(like.id),
      .name = maybe(like.name),
      .external_ip = maybe(format_ipv4(like.external.address)),
      .external_port = maybe(port_text(like.external)),
      .internal_ip = maybe(format_ipv4(like.internal.address)),
      .internal_port = maybe(port_text(like.internal)),
      .protocol = maybe(std::string{to_string(like.external.protocol)})};
    std::vector<std::string> expected;
    for (const auto& x : all)
      if (query.matches(x))
        expected.push_back(x.id);
    const auto size = *rc::gen::inRange<size_t>(1, 5);
    std::vector<std::string> found;
    for (size_t number = 1;; ++number) {
      const auto page = table.select(query, number, size);
      RC_ASSERT(page.total == expected.size());
      RC_ASSERT(page.entries.size() <= size);
      if (page.entries.empty())
        break;
      for (const auto* x : page.entries)
        found.push_back(x->id);
    }
    RC_ASSERT(found == expected);
  }));
}

BOOST_AUTO_TEST_CASE(tcp_and_udp_share_a_port) {
  forward_table table;
  entry x{.id = "1",
          .external = {1, 80, 1, entry_protocol::tcp},
          .internal = {2, 80, 1, entry_protocol::tcp}};
  table.insert(x);
  x.id = "2";
  x.external.protocol = x.internal.protocol = entry_protocol::udp;
  BOOST_TEST(table.external_clash(x) == nullptr);
  BOOST_TEST(table.internal_clash(x) == nullptr);
}

BOOST_AUTO_TEST_CASE(range_ends_at_the_last_port) {
  forward_table table;
  entry x{.id = "1",
          .external = {1, 65530, 6, entry_protocol::tcp},
          .internal = {2, 65530, 6, entry_protocol::tcp}};
  BOOST_TEST(x.external.last() == 65535);
  table.insert(x);
  entry y{.id = "2",
          .external = {1, 65535, 1, entry_protocol::tcp},
          .internal = {2, 65529, 1, entry_protocol::tcp}};
  BOOST_TEST(table.external_clash(y) != nullptr);
  BOOST_TEST(table.internal_clash(y) == nullptr);
}

BOOST_AUTO_TEST_SUITE_END()
