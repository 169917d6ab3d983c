#include "core/token_bucket.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

using namespace natgw;
using namespace std::chrono_literals;

namespace {

constexpr instant start{1'000h};

} // namespace

BOOST_AUTO_TEST_SUITE(token_bucket)

BOOST_AUTO_TEST_CASE(burst_is_there_at_once_and_no_more) {
  core::token_bucket aut{{300, 60s}, 10, start};
  for (auto i = 0; i < 10; ++i)
    BOOST_TEST(aut.take(start));
  BOOST_TEST(!aut.take(start));
  BOOST_TEST((aut.next(start) == start + 200ms));
}

BOOST_AUTO_TEST_CASE(token_is_there_when_it_was_promised_and_not_before) {
  core::token_bucket aut{{7, 60s}, 1, start};
  BOOST_TEST(aut.take(start));
  auto at = aut.next(start);
  BOOST_TEST(!aut.take(at - 1ns));
  BOOST_TEST(aut.take(at));
}

BOOST_AUTO_TEST_CASE(no_part_of_a_token_is_lost) {
  core::token_bucket aut{{7, 60s}, 2, start};
  aut.drain(start);
  auto taken = 0;
  // Asking often must not round anything away.
  for (auto t = start; t <= start + 600s; t += 1ms)
    taken += aut.take(t) ? 1 : 0;
  BOOST_TEST(taken == 70);
}

BOOST_AUTO_TEST_CASE(throttled_bucket_gives_its_share) {
  core::token_bucket aut{{300, 60s}, 1, start};
  aut.drain(start);
  aut.throttle(250, start);
  BOOST_TEST((aut.next(start) == start + 800ms));
  auto taken = 0;
  for (auto t = start; t <= start + 60s; t += 100ms)
    taken += aut.take(t) ? 1 : 0;
  BOOST_TEST(taken == 75);
}

BOOST_AUTO_TEST_CASE(put_back_token_can_be_taken_again) {
  core::token_bucket aut{{1, 1h}, 1, start};
  BOOST_TEST(aut.take(start));
  aut.put_back();
  aut.put_back();
  BOOST_TEST(aut.take(start));
  BOOST_TEST(!aut.take(start));
}

BOOST_AUTO_TEST_CASE(time_that_runs_backwards_adds_nothing) {
  core::token_bucket aut{{1, 1s}, 1, start};
  BOOST_TEST(aut.take(start));
  BOOST_TEST(!aut.take(start - 1h));
  BOOST_TEST(!aut.take(start));
  BOOST_TEST(aut.take(start + 1s));
}

BOOST_AUTO_TEST_CASE(senseless_values_are_clamped) {
  core::token_bucket aut{{0, 0s}, 0, start};
  BOOST_TEST(aut.take(start));
  aut.throttle(0, start);
  BOOST_TEST(aut.permille() == 1u);
  aut.throttle(5'000, start);
  BOOST_TEST(aut.permille() == 1'000u);
}

BOOST_AUTO_TEST_CASE(long_sleep_fills_it_without_overflow) {
  core::token_bucket aut{{1'000'000, 1ns}, 10'000, start};
  auto later = start + std::chrono::hours{24 * 365 * 100};
  for (auto i = 0; i < 10'000; ++i)
    BOOST_REQUIRE(aut.take(later));
  BOOST_TEST(!aut.take(later));
}

BOOST_AUTO_TEST_CASE(no_window_ever_sees_more_than_the_quota) {
  auto ok = rc::check([] {
    auto count = *rc::gen::inRange<uint32_t>(1, 50);
    auto per = std::chrono::milliseconds{*rc::gen::inRange(1, 5'000)};
    auto burst = *rc::gen::inRange<uint32_t>(1, 20);
    core::token_bucket aut{{count, per}, burst, start};
    std::vector<instant> taken;
    auto now = start;
    for (auto i = 0; i < 300; ++i) {
      now += std::chrono::microseconds{*rc::gen::inRange(0, 100'000)};
      if (*rc::gen::inRange(0, 20) == 0)
        aut.throttle(*rc::gen::inRange(1u, 1'001u), now);
      if (aut.take(now))
        taken.push_back(now);
    }
    for (size_t i = 0; i < taken.size(); ++i)
      for (auto j = i; j < taken.size(); ++j) {
        auto span = (taken[j] - taken[i]).count();
        auto allowed
          = burst
            + static_cast<uint64_t>(span) * count
                / static_cast<uint64_t>(std::chrono::nanoseconds{per}.count());
        RC_ASSERT(j - i + 1 <= allowed);
      }
  });
  BOOST_TEST(ok);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(adaptive_rate)

namespace {

/// As many answers, evenly over the span, of which every `nth` is a refusal.
void feed(core::adaptive_rate& aut, instant from, std::chrono::nanoseconds span,
          int answers, int nth) {
  for (auto i = 1; i <= answers; ++i) {
    auto at = from + span * i / answers;
    aut.answered(at, i % nth == 0, at);
  }
}

} // namespace

BOOST_AUTO_TEST_CASE(throttling_halves_and_time_adds) {
  core::adaptive_rate aut{{.floor = 50, .gain_per_second = 20}};
  BOOST_TEST(aut.permille(start) == 1'000u);
  for (auto i = 0; i < 4; ++i)
    aut.answered(start, true, start);
  BOOST_TEST(aut.permille(start) == 500u);
  BOOST_TEST(aut.permille(start + 1s) == 520u);
  BOOST_TEST(aut.permille(start + 25s) == 1'000u);
  BOOST_TEST(aut.permille(start + 1h) == 1'000u);
}

BOOST_AUTO_TEST_CASE(calls_that_left_together_count_once) {
  core::adaptive_rate aut{{.floor = 50, .gain_per_second = 1}};
  for (auto i = 0; i < 20; ++i)
    aut.answered(start, true, start + i * 1ms);
  BOOST_TEST(aut.permille(start + 20ms) == 500u);
  for (auto i = 0; i < 4; ++i)
    aut.answered(start + 21ms, true, start + 30ms);
  BOOST_TEST(aut.permille(start + 30ms) == 250u);
}

BOOST_AUTO_TEST_CASE(one_refusal_in_ten_is_not_the_rates_fault) {
  core::adaptive_rate aut{{}};
  feed(aut, start, 1min, 3'000, 10);
  BOOST_TEST(aut.permille(start + 1min) == 1'000u);
}

// Half of what it sends passes: that much is its share.
BOOST_AUTO_TEST_CASE(rate_shrinks_by_what_is_refused) {
  core::adaptive_rate aut{{.floor = 50, .gain_per_second = 1}};
  feed(aut, start, 2s, 200, 4);
  BOOST_TEST(aut.permille(start + 2s) < 770u);
  BOOST_TEST(aut.permille(start + 2s) > 540u);
}

BOOST_AUTO_TEST_CASE(seldom_answers_are_judged_too) {
  core::adaptive_rate aut{{.floor = 50, .gain_per_second = 1}};
  feed(aut, start, 16s, 16, 3);
  BOOST_TEST(aut.permille(start + 16s) < 800u);
}

BOOST_AUTO_TEST_CASE(floor_holds) {
  core::adaptive_rate aut{{.floor = 100, .gain_per_second = 20}};
  feed(aut, start, 1s, 200, 1);
  BOOST_TEST(aut.permille(start + 1s) >= 100u);
  BOOST_TEST(aut.permille(start + 1s) <= 101u);
}

BOOST_AUTO_TEST_SUITE_END()
