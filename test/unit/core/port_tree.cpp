#include "core/port_tree.hpp"

#include <memory>
#include <set>

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

using namespace natgw::core;

namespace {

void set(port_tree& tree, port_bits& bits, port_span ports, bool value) {
  if (value)
    bits.set(ports);
  else
    bits.reset(ports);
  tree.assign(ports, [&](uint32_t i) { return bits.word(i); });
}

std::optional<uint32_t> slow_up(const port_bits& bits, port_tree::stretch where,
                                uint32_t count) {
  uint32_t run = 0;
  for (auto port = where.begin; port < where.end; ++port) {
    run = bits.test(port) ? run + 1 : 0;
    if (run == count)
      return port + 1 - count;
  }
  return std::nullopt;
}

std::optional<uint32_t> slow_down(const port_bits& bits,
                                  port_tree::stretch where, uint32_t count) {
  uint32_t run = 0;
  for (auto port = where.end; port > where.begin; --port) {
    run = bits.test(port - 1) ? run + 1 : 0;
    if (run == count)
      return port - 1;
  }
  return std::nullopt;
}

uint32_t slow_longest(const port_bits& bits) {
  uint32_t run = 0;
  uint32_t result = 0;
  for (uint32_t port = 0; port < 65536; ++port) {
    run = bits.test(port) ? run + 1 : 0;
    result = std::max(result, run);
  }
  return result;
}

port_span some_span(uint32_t begin, uint32_t limit) {
  const auto first = *rc::gen::inRange(begin, limit);
  const auto size = *rc::gen::weightedOneOf<uint32_t>(
    {{5, rc::gen::inRange(1U, 20U)}, {1, rc::gen::inRange(1U, 500U)}});
  return {static_cast<uint16_t>(first),
          static_cast<uint16_t>(std::min(size, limit - first))};
}

} // namespace

BOOST_AUTO_TEST_SUITE(port_tree_)

BOOST_AUTO_TEST_CASE(full_tree_has_one_run_of_all_ports) {
  auto tree = std::make_unique<port_tree>();
  port_bits bits;
  set(*tree, bits, {1, 65535}, true);
  BOOST_TEST(tree->size() == 65535u);
  BOOST_TEST(tree->longest() == 65535u);
  BOOST_TEST((tree->find_up({0, 65536}, 65535) == 1u));
  BOOST_TEST((tree->find_down({0, 65536}, 65535) == 1u));
  BOOST_TEST((tree->find_down({0, 65536}, 1) == 65535u));
  BOOST_TEST((!tree->find_up({2, 65536}, 65535)));
}

BOOST_AUTO_TEST_CASE(empty_tree_finds_nothing) {
  auto tree = std::make_unique<port_tree>();
  BOOST_TEST(tree->longest() == 0u);
  BOOST_TEST((!tree->find_up({0, 65536}, 1)));
  BOOST_TEST((!tree->find_down({0, 65536}, 1)));
}

BOOST_AUTO_TEST_CASE(finds_what_a_linear_search_finds) {
  BOOST_TEST(rc::check([] {
    auto tree = std::make_unique<port_tree>();
    port_bits bits;
    // Few words, at either end of the space, so that edges are met.
    const uint32_t begin = *rc::gen::element(1U, 30000U, 65000U);
    const uint32_t limit = std::min(begin + 536, 65536U);
    const auto steps = *rc::gen::inRange(1, 30);
    for (int i = 0; i < steps; ++i)
      set(*tree, bits, some_span(begin, limit),
          *rc::gen::weightedElement<bool>({{3, true}, {2, false}}));
    RC_ASSERT(tree->size() == bits.count());
    RC_ASSERT(tree->longest() == slow_longest(bits));
    for (int i = 0; i < 10; ++i) {
      const auto from = *rc::gen::inRange(begin, limit + 1);
      const auto to = *rc::gen::inRange(from, limit + 1);
      const auto count = *rc::gen::inRange(1U, 150U);
      const port_tree::stretch where{from, to};
      RC_ASSERT(tree->find_up(where, count) == slow_up(bits, where, count));
      RC_ASSERT(tree->find_down(where, count) == slow_down(bits, where, count));
    }
  }));
}

BOOST_AUTO_TEST_SUITE_END()
