#include "core/reflector.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <vector>

#include <rapidcheck.h>

using namespace natgw;
using namespace natgw::core;
using namespace std::chrono_literals;

namespace {

// A reflector with a clock, for examples.
struct fixture {
  instant now{};
  reflector aut{{}, 7};
  reflector_steps last;

  // Brings it to its first watch, at version 10.
  void reach_watch() {
    last = aut.start(now);
    last = aut.page_read(last.list->id, "10", "", now);
    BOOST_REQUIRE(last.watch.has_value());
  }

  void page(std::string_view version, std::string_view token) {
    last = aut.page_read(last.list->id, version, token, now);
  }

  void page_fails(ec code) {
    last = aut.page_failed(last.list->id, {code, ""}, now);
  }

  void watch_ends(expected<void> outcome) {
    last = aut.watch_ended(last.watch->id, outcome, now);
  }

  void wait_for_wake() {
    BOOST_REQUIRE(last.wake.has_value());
    now = *last.wake;
    last = aut.tick(now);
  }
};

// An API server that answers as a seed wills, and the rules: at most one call
// is under way, something always is, lists are told in sequence, and a list
// that was asked for began after the question.
class random_life {
public:
  explicit random_life(uint64_t seed)
    : rng_(seed),
      aut_({.page_size = 2}, seed) {
    obey(aut_.start(now_));
  }

  void step() {
    switch (rng_() % 6) {
      case 0:
        ask();
        break;
      case 1:
        answer_list(rng_() % 2 == 0 ? "" : "more");
        break;
      case 2:
        fail_list(rng_() % 2 == 0 ? ec::expired : ec::transport);
        break;
      case 3:
        end_watch(rng_() % 2 == 0 ? fail(ec::expired) : expected<void>{});
        break;
      default:
        wait();
    }
  }

private:
  void ask() {
    uint64_t number = 0;
    auto before = began_;
    auto steps = aut_.refresh(now_, number);
    RC_ASSERT(number > told_);
    asked_.emplace(number, before);
    obey(std::move(steps));
  }

  void answer_list(std::string_view token) {
    if (auto call = std::exchange(list_, std::nullopt))
      obey(aut_.page_read(call->id, std::to_string(++version_), token, now_));
  }

  void fail_list(ec code) {
    if (auto call = std::exchange(list_, std::nullopt))
      obey(aut_.page_failed(call->id, {code, ""}, now_));
  }

  void end_watch(const expected<void>& outcome) {
    now_ += std::chrono::seconds{rng_() % 20};
    if (auto call = std::exchange(watch_, std::nullopt))
      obey(aut_.watch_ended(call->id, outcome, now_));
  }

  void wait() {
    if (auto at = std::exchange(wake_, std::nullopt)) {
      now_ = std::max(now_, *at);
      obey(aut_.tick(now_));
    }
  }

  void obey(reflector_steps x) {
    if (x.cancel) {
      RC_ASSERT(watch_.value().id == *x.cancel);
      watch_.reset();
    }
    if (x.listed) {
      RC_ASSERT(*x.listed == ++told_);
      if (auto i = asked_.find(told_); i != asked_.end())
        RC_ASSERT(began_ > i->second);
    }
    if (x.list) {
      began_ += x.list->first_page() ? 1 : 0;
      list_ = std::move(x.list);
    }
    if (x.watch)
      watch_ = std::move(x.watch);
    if (x.wake)
      wake_ = x.wake;
    RC_ASSERT(!(list_ && watch_));
    RC_ASSERT(list_ || watch_ || wake_);
  }

  std::mt19937_64 rng_;
  reflector aut_;
  instant now_{};
  std::optional<list_call> list_;
  std::optional<watch_call> watch_;
  std::optional<instant> wake_;
  uint64_t told_ = 0;
  uint64_t began_ = 0;
  uint64_t version_ = 0;
  /// Lists begun when a number was first asked for.
  std::map<uint64_t, uint64_t> asked_;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(reflector_of_one_resource, fixture)

BOOST_AUTO_TEST_CASE(first_list_is_consistent_and_paged) {
  last = aut.start(now);
  BOOST_REQUIRE(last.list.has_value());
  BOOST_TEST(last.list->resource_version == "");
  BOOST_TEST(last.list->limit == 500u);
  BOOST_TEST(last.list->first_page());
}

BOOST_AUTO_TEST_CASE(only_the_first_list_may_come_from_the_cache) {
  aut = reflector{{.first_list_from_cache = true}, 7};
  last = aut.start(now);
  BOOST_TEST(last.list->resource_version == "0");
  page("10", "");
  now += 10min;
  watch_ends(fail(ec::expired));
  wait_for_wake();
  BOOST_REQUIRE(last.list.has_value());
  BOOST_TEST(last.list->resource_version == "");
}

BOOST_AUTO_TEST_CASE(
  pages_follow_their_token_and_the_watch_starts_at_the_list) {
  last = aut.start(now);
  page("10", "a");
  BOOST_TEST(last.list->continue_token == "a");
  BOOST_TEST(!last.listed.has_value());
  page("10", "b");
  BOOST_TEST(last.list->continue_token == "b");
  page("10", "");
  BOOST_TEST(last.listed.value() == 1u);
  BOOST_TEST(last.watch->resource_version == "10");
}

BOOST_AUTO_TEST_CASE(list_without_a_version_is_a_failure) {
  last = aut.start(now);
  page("", "");
  BOOST_TEST(!last.watch.has_value());
  wait_for_wake();
  BOOST_TEST(last.list.has_value());
}

BOOST_AUTO_TEST_CASE(expired_token_begins_the_list_anew) {
  last = aut.start(now);
  page("10", "a");
  page_fails(ec::expired);
  BOOST_REQUIRE(last.list.has_value());
  BOOST_TEST(last.list->first_page());
  BOOST_TEST(last.list->limit == 500u);
  page("20", "");
  BOOST_TEST(last.watch->resource_version == "20");
}

BOOST_AUTO_TEST_CASE(second_expired_token_asks_for_all_at_once_after_a_pause) {
  last = aut.start(now);
  page("10", "a");
  page_fails(ec::expired);
  page("20", "a");
  page_fails(ec::expired);
  BOOST_TEST(!last.list.has_value());
  wait_for_wake();
  BOOST_REQUIRE(last.list.has_value());
  BOOST_TEST(last.list->limit == 0u);
}

BOOST_AUTO_TEST_CASE(failed_list_waits_longer_each_time) {
  last = aut.start(now);
  auto longest = 0ns;
  for (int i = 0; i < 5; ++i) {
    page_fails(ec::unavailable);
    auto delay = last.wake.value() - now;
    BOOST_TEST((delay >= 800ms * (1 << i)));
    BOOST_TEST((delay >= longest / 2));
    longest = std::max(longest, delay);
    wait_for_wake();
  }
}

BOOST_AUTO_TEST_CASE(retry_after_is_waited_for) {
  last = aut.start(now);
  last = aut.page_failed(last.list->id, {ec::throttled, "", 60'000ms}, now);
  BOOST_TEST((last.wake.value() - now == 60s));
}

BOOST_AUTO_TEST_CASE(absurd_retry_after_is_bounded) {
  last = aut.start(now);
  last = aut.page_failed(last.list->id, {ec::throttled, "", 86'400'000ms}, now);
  BOOST_TEST((last.wake.value() - now <= 5min));
}

BOOST_AUTO_TEST_CASE(watch_that_timed_out_resumes_at_the_last_bookmark) {
  reach_watch();
  aut.seen(last.watch->id, "15");
  aut.seen(last.watch->id, "");
  now += 5min;
  watch_ends({});
  BOOST_REQUIRE(last.watch.has_value());
  BOOST_TEST(last.watch->resource_version == "15");
}

BOOST_AUTO_TEST_CASE(broken_watch_resumes_without_a_list) {
  reach_watch();
  aut.seen(last.watch->id, "11");
  watch_ends(fail(ec::transport));
  BOOST_TEST(!last.watch.has_value());
  wait_for_wake();
  BOOST_TEST(!last.list.has_value());
  BOOST_TEST(last.watch->resource_version == "11");
}

BOOST_AUTO_TEST_CASE(watch_that_ends_at_once_does_not_spin) {
  reach_watch();
  watch_ends({});
  BOOST_TEST(!last.watch.has_value());
  BOOST_TEST(last.wake.has_value());
}

BOOST_AUTO_TEST_CASE(expired_watch_lists_after_a_pause) {
  reach_watch();
  now += 1h;
  watch_ends(fail(ec::expired));
  BOOST_TEST(!last.list.has_value());
  wait_for_wake();
  BOOST_TEST(last.list.has_value());
}

BOOST_AUTO_TEST_CASE(outage_does_not_delay_the_list_after_it) {
  reach_watch();
  for (int i = 0; i < 8; ++i) {
    watch_ends(fail(ec::transport));
    wait_for_wake();
  }
  watch_ends(fail(ec::expired));
  BOOST_TEST((last.wake.value() - now < 2s));
}

BOOST_AUTO_TEST_CASE(lists_that_are_outdated_at_once_are_rare) {
  reach_watch();
  auto delay = 0ns;
  for (int i = 0; i < 8; ++i) {
    watch_ends(fail(ec::expired));
    delay = last.wake.value() - now;
    wait_for_wake();
    page(std::to_string(100 + i), "");
  }
  BOOST_TEST((delay >= 15s));
}

BOOST_AUTO_TEST_CASE(expired_watch_does_not_resume_even_if_the_list_fails) {
  reach_watch();
  watch_ends(fail(ec::expired));
  wait_for_wake();
  page_fails(ec::transport);
  wait_for_wake();
  BOOST_TEST(last.list.has_value());
  BOOST_TEST(!last.watch.has_value());
}

BOOST_AUTO_TEST_CASE(answers_to_withdrawn_calls_are_ignored) {
  reach_watch();
  auto old = last.watch->id;
  uint64_t number = 0;
  last = aut.refresh(now, number);
  BOOST_TEST(last.cancel.value() == old);
  BOOST_TEST(!aut.current(old));
  aut.seen(old, "99");
  auto nothing = aut.watch_ended(old, {}, now);
  BOOST_TEST(!nothing.watch.has_value());
  BOOST_TEST(!nothing.wake.has_value());
  BOOST_TEST(aut.resource_version() == "10");
}

BOOST_AUTO_TEST_CASE(questions_before_a_list_share_it) {
  uint64_t first = 0;
  uint64_t second = 0;
  aut.refresh(now, first);
  aut.refresh(now, second);
  BOOST_TEST(first == 1u);
  BOOST_TEST(second == 1u);
}

BOOST_AUTO_TEST_CASE(question_during_a_list_waits_for_the_next_one) {
  last = aut.start(now);
  uint64_t number = 0;
  aut.refresh(now, number);
  BOOST_TEST(number == 2u);
  page("10", "");
  BOOST_TEST(last.listed.value() == 1u);
  BOOST_TEST(!last.watch.has_value());
  BOOST_REQUIRE(last.list.has_value());
  page("12", "");
  BOOST_TEST(last.listed.value() == 2u);
  BOOST_TEST(last.watch->resource_version == "12");
}

BOOST_AUTO_TEST_CASE(question_does_not_shorten_a_back_off) {
  last = aut.start(now);
  page_fails(ec::unavailable);
  auto wake = *last.wake;
  uint64_t number = 0;
  auto steps = aut.refresh(now, number);
  BOOST_TEST(!steps.list.has_value());
  BOOST_TEST((aut.tick(now).wake.value() == wake));
}

BOOST_AUTO_TEST_CASE(question_turns_a_paused_watch_into_a_list) {
  reach_watch();
  watch_ends(fail(ec::transport));
  uint64_t number = 0;
  aut.refresh(now, number);
  BOOST_TEST(number == 2u);
  wait_for_wake();
  BOOST_TEST(last.list.has_value());
}

BOOST_AUTO_TEST_CASE(list_that_was_asked_for_is_repeated_until_it_succeeds) {
  reach_watch();
  auto number = uint64_t{0};
  last = aut.refresh(now, number);
  BOOST_REQUIRE(last.list.has_value());
  page_fails(ec::transport);
  wait_for_wake();
  BOOST_REQUIRE(last.list.has_value());
  page("11", "");
  BOOST_CHECK_EQUAL(last.listed.value(), number);
  BOOST_CHECK(last.watch.has_value());
}

BOOST_AUTO_TEST_CASE(stopped_reflector_ends_its_watch_and_stays_silent) {
  reach_watch();
  auto watch = last.watch->id;
  BOOST_TEST(aut.stop().cancel.value() == watch);
  BOOST_TEST(!aut.watch_ended(watch, fail(ec::cancelled), now).wake);
}

// Whatever fails, and however often somebody asks for a list, the rules of
// `random_life` hold.
BOOST_AUTO_TEST_CASE(every_schedule_keeps_the_rules) {
  BOOST_TEST(rc::check("rules", [](uint64_t seed) {
    random_life life{seed};
    for (int i = 0; i < 200; ++i)
      life.step();
  }));
}

// A server that can do nothing but fail is asked less than once in fifteen
// seconds in the long run.
BOOST_AUTO_TEST_CASE(failing_server_is_not_stormed) {
  last = aut.start(now);
  auto calls = 0;
  while (now < instant{} + 1h) {
    ++calls;
    page_fails(ec::unavailable);
    wait_for_wake();
  }
  BOOST_TEST(calls < 200);
}

BOOST_AUTO_TEST_SUITE_END()
