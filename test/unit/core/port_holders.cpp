#include "core/port_holders.hpp"

#include <map>
#include <memory>

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

using namespace natgw::core;

BOOST_AUTO_TEST_SUITE(port_holders_)

BOOST_AUTO_TEST_CASE(last_port_has_its_holder) {
  auto holders = std::make_unique<port_holders>();
  holders->put({65535, 1}, 7);
  BOOST_TEST(holders->held(65535));
  BOOST_TEST(holders->at(65535) == 7u);
  BOOST_TEST(holders->end_of_run(65535, 65536) == 65536u);
  BOOST_TEST(holders->end_of_run(1, 65536) == 65535u);
  holders->erase({65535, 1});
  BOOST_TEST(!holders->held(65535));
}

BOOST_AUTO_TEST_CASE(agrees_with_a_map) {
  BOOST_TEST(rc::check([] {
    auto holders = std::make_unique<port_holders>();
    std::map<uint32_t, holder_id> model;
    const uint32_t begin = *rc::gen::element(1U, 900U, 65336U);
    const uint32_t limit = begin + 200;
    const auto steps = *rc::gen::inRange(1, 60);
    for (int i = 0; i < steps; ++i) {
      const auto first = *rc::gen::inRange(begin, limit);
      const auto end = *rc::gen::inRange(first + 1, limit + 1);
      const bool put = *rc::gen::arbitrary<bool>();
      const auto holder = *rc::gen::inRange<holder_id>(1, 4);
      // The longest part of it that is of one kind.
      auto stop = first;
      while (stop < end && !model.contains(stop) == put)
        ++stop;
      if (stop == first)
        continue;
      const port_span ports{static_cast<uint16_t>(first),
                            static_cast<uint16_t>(stop - first)};
      if (put)
        holders->put(ports, holder);
      else
        holders->erase(ports);
      for (auto port = first; port < stop; ++port) {
        if (put)
          model[port] = holder;
        else
          model.erase(port);
      }
    }
    auto same = [&](uint32_t a, uint32_t b) {
      const auto x = model.find(a);
      const auto y = model.find(b);
      return x == model.end() ? y == model.end()
                              : y != model.end() && x->second == y->second;
    };
    for (auto port = begin; port < limit; ++port) {
      RC_ASSERT(holders->held(port) == model.contains(port));
      if (holders->held(port))
        RC_ASSERT(holders->at(port) == model[port]);
      auto end = port + 1;
      while (end < limit && same(port, end))
        ++end;
      // Stretches may end early at the border of a page, not late.
      const auto found = holders->end_of_run(port, limit);
      RC_ASSERT(found == end || (found < end && found % 1024 == 0));
    }
  }));
}

BOOST_AUTO_TEST_SUITE_END()
