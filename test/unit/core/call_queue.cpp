#include "core/call_queue.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

using namespace natgw;
using namespace std::chrono_literals;

namespace {

constexpr instant start{1'000h};

using options = core::call_queue::options;

/// Pops until the queue gives nothing, each call succeeding at once.
std::vector<uint64_t> pop_all(core::call_queue& aut, instant now,
                              std::string_view gateway = "a") {
  std::vector<uint64_t> result;
  while (auto x = aut.pop(now)) {
    result.push_back(*x);
    aut.finished(gateway, false);
  }
  return result;
}

using tickets = std::vector<uint64_t>;

} // namespace

BOOST_AUTO_TEST_SUITE(call_queue)

BOOST_AUTO_TEST_CASE(urgent_calls_go_first_and_equals_in_order) {
  core::call_queue aut{options{}};
  aut.push(1, "a", urgency::background, start);
  aut.push(2, "a", urgency::cleanup, start);
  aut.push(3, "a", urgency::birth, start);
  aut.push(4, "a", urgency::harm, start);
  aut.push(5, "a", urgency::birth, start);
  aut.push(6, "a", urgency::harm, start);
  BOOST_TEST((aut.head(start) == urgency::harm));
  BOOST_TEST((pop_all(aut, start) == tickets{4, 6, 3, 5, 2, 1}));
  BOOST_TEST(aut.empty());
}

BOOST_AUTO_TEST_CASE(waiting_raises_but_never_above_birth) {
  core::call_queue aut{{.ageing = 5s}};
  aut.push(1, "a", urgency::background, start);
  // Raised twice, it is the oldest birth.
  aut.push(2, "a", urgency::birth, start + 11s);
  aut.push(3, "a", urgency::harm, start + 11s);
  BOOST_TEST((pop_all(aut, start + 11s) == tickets{3, 1, 2}));
  aut.push(4, "a", urgency::background, start);
  aut.push(5, "a", urgency::cleanup, start + 1s);
  aut.push(6, "a", urgency::birth, start + 4s);
  // Raised once each at most: cleanup still waits behind the birth.
  BOOST_TEST((pop_all(aut, start + 5s) == tickets{6, 4, 5}));
}

BOOST_AUTO_TEST_CASE(gateways_take_turns_whatever_their_backlog) {
  core::call_queue aut{{.max_running = 1'000}};
  for (uint64_t i = 0; i < 100; ++i)
    aut.push(i, "greedy", urgency::birth, start);
  aut.push(1'000, "modest", urgency::birth, start);
  aut.push(1'001, "modest", urgency::birth, start);
  tickets first;
  for (auto i = 0; i < 4; ++i)
    first.push_back(*aut.pop(start));
  BOOST_TEST(std::ranges::count(first, 1'000u) == 1);
  BOOST_TEST(std::ranges::count(first, 1'001u) == 1);
}

BOOST_AUTO_TEST_CASE(newcomer_has_no_credit_for_its_absence) {
  core::call_queue aut{{.max_running = 1'000}};
  for (uint64_t i = 0; i < 50; ++i)
    aut.push(i, "old", urgency::birth, start);
  for (auto i = 0; i < 40; ++i)
    aut.pop(start);
  for (uint64_t i = 100; i < 150; ++i)
    aut.push(i, "new", urgency::birth, start);
  auto fresh = 0;
  for (auto i = 0; i < 10; ++i)
    fresh += *aut.pop(start) >= 100 ? 1 : 0;
  BOOST_TEST(fresh >= 4);
  BOOST_TEST(fresh <= 6);
}

BOOST_AUTO_TEST_CASE(failing_gateway_gets_less_than_its_share) {
  core::call_queue aut{{.max_price = 32}};
  auto ticket = uint64_t{0};
  std::map<uint64_t, std::string> owner;
  auto refill = [&](const std::string& gateway) {
    owner[ticket] = gateway;
    aut.push(ticket++, gateway, urgency::birth, start);
  };
  for (auto gateway : {"bad", "b", "c", "d"})
    refill(gateway);
  std::map<std::string, int> served;
  for (auto i = 0; i < 1'000; ++i) {
    auto& gateway = owner[*aut.pop(start)];
    ++served[gateway];
    aut.finished(gateway, gateway == "bad");
    refill(gateway);
  }
  BOOST_TEST(served["bad"] <= 20);
  BOOST_TEST(served["b"] >= 320);
  BOOST_TEST(served["bad"] >= 5); // but it is tried
}

BOOST_AUTO_TEST_CASE(success_ends_the_penalty) {
  core::call_queue aut{options{}};
  auto ticket = uint64_t{0};
  auto serve = [&](bool failed) {
    aut.push(ticket++, "a", urgency::birth, start);
    aut.pop(start);
    aut.finished("a", failed);
  };
  for (auto i = 0; i < 10; ++i)
    serve(true);
  serve(false);
  for (uint64_t i = 100; i < 110; ++i)
    aut.push(i, "b", urgency::birth, start);
  for (uint64_t i = 200; i < 210; ++i)
    aut.push(i, "a", urgency::birth, start);
  auto mine = 0;
  for (auto i = 0; i < 10; ++i)
    mine += *aut.pop(start) >= 200 ? 1 : 0;
  BOOST_TEST(mine >= 4);
}

BOOST_AUTO_TEST_CASE(gateway_at_its_bound_is_passed_over) {
  core::call_queue aut{{.max_running = 2}};
  for (uint64_t i = 0; i < 4; ++i)
    aut.push(i, "a", urgency::harm, start);
  aut.push(10, "b", urgency::background, start);
  BOOST_TEST(*aut.pop(start) == 0u);
  BOOST_TEST(*aut.pop(start) == 1u);
  BOOST_TEST(*aut.pop(start) == 10u);
  BOOST_TEST(!aut.pop(start).has_value());
  BOOST_TEST(!aut.head(start).has_value());
  aut.finished("a", false);
  BOOST_TEST(*aut.pop(start) == 2u);
  BOOST_TEST(!aut.pop(start).has_value());
}

BOOST_AUTO_TEST_CASE(full_queue_refuses_but_harm_has_room) {
  core::call_queue aut{{.capacity = 2}};
  BOOST_TEST(aut.push(1, "a", urgency::birth, start));
  BOOST_TEST(aut.push(2, "a", urgency::birth, start));
  BOOST_TEST(!aut.push(3, "a", urgency::birth, start));
  BOOST_TEST(aut.push(4, "a", urgency::harm, start));
  BOOST_TEST(aut.push(5, "a", urgency::harm, start));
  BOOST_TEST(!aut.push(6, "a", urgency::harm, start));
  BOOST_TEST(aut.size() == 4u);
}

BOOST_AUTO_TEST_CASE(repeated_call_keeps_its_age) {
  core::call_queue aut{options{}};
  aut.push(1, "a", urgency::birth, start);
  aut.pop(start);
  aut.push(2, "a", urgency::birth, start);
  aut.withdrawn("a");
  aut.push_back(1, "a", urgency::birth, start);
  BOOST_TEST((pop_all(aut, start) == tickets{1, 2}));
}

BOOST_AUTO_TEST_CASE(withdrawn_call_costs_its_gateway_nothing) {
  core::call_queue aut{options{}};
  for (uint64_t i = 0; i < 10; ++i)
    aut.push(i, "a", urgency::birth, start);
  for (auto i = 0; i < 5; ++i) {
    aut.pop(start);
    aut.withdrawn("a");
  }
  for (uint64_t i = 100; i < 110; ++i)
    aut.push(i, "b", urgency::birth, start);
  auto mine = 0;
  for (auto i = 0; i < 6; ++i)
    mine += *aut.pop(start) < 100 ? 1 : 0;
  BOOST_TEST(mine == 3);
}

BOOST_AUTO_TEST_CASE(drop_takes_one_gateway_in_order_of_age) {
  core::call_queue aut{options{}};
  aut.push(1, "a", urgency::background, start);
  aut.push(2, "b", urgency::birth, start);
  aut.push(3, "a", urgency::harm, start + 1s);
  BOOST_TEST((aut.drop("a") == tickets{1, 3}));
  BOOST_TEST(aut.drop("a").empty());
  BOOST_TEST(aut.drop("unknown").empty());
  BOOST_TEST(*aut.pop(start) == 2u);
}

BOOST_AUTO_TEST_CASE(removed_call_does_not_come) {
  core::call_queue aut{options{}};
  aut.push(1, "a", urgency::birth, start);
  aut.push(2, "a", urgency::background, start);
  BOOST_TEST(aut.remove(1));
  BOOST_TEST(!aut.remove(1));
  BOOST_TEST((pop_all(aut, start + 1h) == tickets{2}));
}

BOOST_AUTO_TEST_CASE(nothing_is_lost_invented_or_starved) {
  auto ok = rc::check([] {
    core::call_queue aut{{.max_running = 3, .ageing = 100ms}};
    std::map<uint64_t, std::pair<std::string, instant>> waiting;
    std::vector<std::string> running;
    auto now = start;
    auto ticket = uint64_t{0};
    auto push = [&] {
      std::string gateway(1, *rc::gen::inRange('a', 'f'));
      auto priority = static_cast<urgency>(*rc::gen::inRange(0, 4));
      RC_ASSERT(aut.push(ticket, gateway, priority, now));
      waiting.emplace(ticket++, std::pair{gateway, now});
    };
    for (auto i = 0; i < 200; ++i) {
      now += std::chrono::milliseconds{*rc::gen::inRange(0, 20)};
      switch (*rc::gen::inRange(0, 4)) {
        case 0:
        case 1:
          push();
          break;
        case 2:
          if (auto x = aut.pop(now)) {
            RC_ASSERT(waiting.contains(*x));
            running.push_back(waiting[*x].first);
            waiting.erase(*x);
          }
          break;
        default:
          if (!running.empty()) {
            aut.finished(running.back(), *rc::gen::arbitrary<bool>());
            running.pop_back();
          }
      }
      RC_ASSERT(aut.size() == waiting.size());
    }
    for (auto& x : running)
      aut.finished(x, false);
    while (auto x = aut.pop(now)) {
      RC_ASSERT(waiting.contains(*x));
      aut.finished(waiting[*x].first, false);
      waiting.erase(*x);
    }
    RC_ASSERT(waiting.empty());
  });
  BOOST_TEST(ok);
}

BOOST_AUTO_TEST_CASE(background_is_served_under_a_flood_of_births) {
  core::call_queue aut{{.ageing = 5s}};
  aut.push(0, "a", urgency::background, start);
  auto now = start;
  auto ticket = uint64_t{1};
  auto served_at = start;
  for (auto i = 0; i < 200 && served_at == start; ++i) {
    now += 200ms;
    aut.push(ticket++, "a", urgency::birth, now);
    aut.push(ticket++, "b", urgency::birth, now);
    for (auto gateway : {"a", "b"}) {
      if (aut.pop(now) == uint64_t{0})
        served_at = now;
      aut.finished(gateway, false);
    }
  }
  BOOST_TEST((served_at > start));
  BOOST_TEST((served_at <= start + 11s));
}

BOOST_AUTO_TEST_SUITE_END()
