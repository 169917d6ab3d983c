#include "core/credential_refresher.hpp"

#include <boost/test/unit_test.hpp>

#include <rapidcheck.h>

using namespace natgw;
using namespace std::chrono_literals;

namespace {

using gain = core::credential_refresher::gain;

const wall_time noon{20'000 * 24h + 12h};

/// Both clocks, so many milliseconds after noon.
instant at(std::chrono::milliseconds x) {
  return instant{} + x;
}

wall_time wall(std::chrono::milliseconds x) {
  return noon + x;
}

gain until(std::chrono::milliseconds x) {
  return {.expires = noon + x};
}

struct fixture {
  core::credential_refresher aut{{.jitter = 0.0}};

  bool due(std::chrono::milliseconds x) const {
    return aut.due(at(x), wall(x));
  }

  /// When it wakes, seen from then.
  std::chrono::milliseconds wake(std::chrono::milliseconds x) const {
    auto result = aut.wake(at(x), wall(x));
    return result
             ? std::chrono::floor<std::chrono::milliseconds>(*result - at(0ms))
             : std::chrono::milliseconds{-1};
  }

  bool get(std::chrono::milliseconds x, const gain& what, double dice = 0) {
    aut.began();
    return aut.obtained(what, at(x), wall(x), dice);
  }

  void fail(std::chrono::milliseconds x) {
    aut.began();
    aut.failed(at(x), 0);
  }

  bool usable(std::chrono::milliseconds x) const {
    return aut.usable(wall(x));
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(credential_refresher, fixture)

BOOST_AUTO_TEST_CASE(the_first_fetch_is_due_at_once_and_only_once) {
  BOOST_TEST(due(0ms));
  BOOST_TEST(!usable(0ms));
  aut.began();
  BOOST_TEST(!due(1h));
  BOOST_TEST(wake(0ms).count() == -1);
}

BOOST_AUTO_TEST_CASE(refresh_comes_ahead_of_the_end_by_a_share_of_the_time) {
  struct row {
    std::chrono::milliseconds lifetime;
    double dice;
    std::chrono::milliseconds renewed_at;
  };
  const row rows[] = {
    {4s, 0, 3s},
    {1h, 0, 45min},
    // A quarter of the quarter sooner at most.
    {1h, 1, 41min + 15s},
    {6h, 0, 5h + 30min},
    {6h, 1, 6h - 37min - 30s},
    // As far as any calendar goes.
    {std::chrono::hours{24 * 365 * 5'000}, 0,
     std::chrono::hours{24 * 365 * 5'000} - 30min},
  };
  for (const auto& x : rows) {
    core::credential_refresher one;
    one.began();
    BOOST_TEST(one.obtained(until(x.lifetime), at(0ms), noon, x.dice));
    BOOST_TEST(!one.due(instant::max(), wall(x.renewed_at - 1ms)));
    BOOST_TEST(one.due(instant::max(), wall(x.renewed_at)));
    BOOST_TEST(one.usable(wall(x.lifetime - 1ms)));
    BOOST_TEST(!one.usable(wall(x.lifetime)));
  }
}

BOOST_AUTO_TEST_CASE(
  it_wakes_for_the_refresh_and_looks_at_the_calendar_before) {
  get(0ms, until(1h));
  BOOST_TEST((wake(0ms) == 5min));
  BOOST_TEST((wake(44min) == 45min));
  // The calendar was set: the refresh is late, and begins as soon as looked.
  BOOST_TEST(aut.due(at(6min), wall(2h)));
}

BOOST_AUTO_TEST_CASE(what_holds_is_kept_while_refreshing_fails) {
  get(0ms, until(1h));
  std::chrono::milliseconds now = 45min;
  // The pauses double up to a minute.
  for (auto pause : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
    BOOST_TEST(due(now));
    fail(now);
    BOOST_TEST(usable(now));
    BOOST_TEST(!due(now + pause - 1ms));
    BOOST_TEST((wake(now) == now + pause));
    now += pause;
  }
  BOOST_TEST(aut.failures() == 8U);
  BOOST_TEST(get(now, until(2h)));
  BOOST_TEST(aut.failures() == 0U);
  BOOST_TEST(usable(1h + 1s));
  BOOST_TEST(!due(now + 1min));
}

BOOST_AUTO_TEST_CASE(what_has_ended_already_replaces_nothing) {
  get(0ms, until(1h));
  BOOST_TEST(!get(45min, until(45min)));
  BOOST_TEST(usable(45min));
  BOOST_TEST(!due(45min));
  BOOST_TEST(due(45min + 1s));
}

BOOST_AUTO_TEST_CASE(the_same_ones_again_mean_to_ask_later) {
  get(0ms, until(6h));
  auto same = until(6h);
  same.changed = false;
  BOOST_TEST(get(5h + 30min, same));
  BOOST_TEST(!due(5h + 30min));
  BOOST_TEST(due(5h + 30min + 1s));
}

BOOST_AUTO_TEST_CASE(a_refusal_asks_for_an_early_refresh_but_no_storm) {
  get(0ms, until(1h));
  aut.refused();
  BOOST_TEST(!due(499ms));
  BOOST_TEST(due(500ms));
  BOOST_TEST(usable(500ms));
  auto same = until(1h);
  same.changed = false;
  get(500ms, same);
  BOOST_TEST(!due(1'400ms));
  BOOST_TEST(due(1'500ms));
  get(1'500ms, until(2h));
  BOOST_TEST(!due(3s));
}

BOOST_AUTO_TEST_CASE(a_file_is_looked_at_again_and_again) {
  gain file{.expires = {}, .poll = 5s};
  get(0ms, file);
  BOOST_TEST((wake(0ms) == 5s));
  file.changed = false;
  get(5s, file);
  BOOST_TEST((wake(5s) == 10s));
  // While it cannot be read, too, and what was read is kept.
  for (auto now : {10s, 15s, 20s, 25s, 30s, 35s})
    fail(now);
  BOOST_TEST((wake(35s) == 40s));
  BOOST_TEST(usable(35s));
  aut.refused();
  BOOST_TEST((wake(35s) == 40s));
}

BOOST_AUTO_TEST_CASE(a_key_pair_that_is_fixed_is_never_fetched_again) {
  get(0ms, {.expires = {}, .fixed = true});
  aut.refused();
  BOOST_TEST(!due(10h));
  BOOST_TEST(wake(1h).count() == -1);
  BOOST_TEST(usable(10h));
}

BOOST_AUTO_TEST_CASE(jitter_stretches_every_pause) {
  BOOST_TEST(rc::check("in [pause, pause * 1.5)", [](uint16_t raw) {
    auto dice = static_cast<double>(raw) / 65'536;
    core::credential_refresher one;
    one.began();
    one.failed(at(0ms), dice);
    auto wake = *one.wake(at(0ms), noon);
    RC_ASSERT(wake >= at(1s));
    RC_ASSERT(wake < at(1'500ms));
  }));
}

BOOST_AUTO_TEST_SUITE_END()
