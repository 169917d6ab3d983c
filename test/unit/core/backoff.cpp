#include "core/backoff.hpp"

#include <boost/test/unit_test.hpp>

#include <rapidcheck.h>

using namespace natgw;
using namespace std::chrono_literals;

namespace {

instant at(std::chrono::milliseconds x) {
  return instant{} + x;
}

} // namespace

BOOST_AUTO_TEST_SUITE(backoff)

BOOST_AUTO_TEST_CASE(delays_double_up_to_the_cap) {
  std::mt19937_64 rng{1};
  core::backoff aut{{.jitter = 0.0}};
  for (auto expected :
       {800, 1'600, 3'200, 6'400, 12'800, 25'600, 30'000, 30'000})
    BOOST_TEST(aut.next(at(0ms), rng).count() == expected);
}

BOOST_AUTO_TEST_CASE(two_healthy_minutes_reset_the_delay) {
  std::mt19937_64 rng{1};
  core::backoff aut{{.jitter = 0.0}};
  aut.next(at(0ms), rng);
  aut.next(at(1'000ms), rng);
  BOOST_TEST(aut.next(at(121'000ms), rng).count() == 3'200);
  BOOST_TEST(aut.next(at(241'001ms), rng).count() == 800);
}

BOOST_AUTO_TEST_CASE(jitter_stays_within_its_factor) {
  BOOST_TEST(rc::check("in [base, base * (1 + factor))", [](uint64_t seed) {
    std::mt19937_64 rng{seed};
    auto delay = core::jittered(800ms, 1.0, rng);
    RC_ASSERT(delay >= 800ms);
    RC_ASSERT(delay <= 1'600ms);
  }));
}

BOOST_AUTO_TEST_SUITE_END()
