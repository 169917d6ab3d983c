#include "core/call_dispatcher.hpp"

#include <chrono>
#include <optional>
#include <string>

#include <boost/test/unit_test.hpp>

using namespace natgw;
using namespace std::chrono_literals;

namespace {

using enum api_action;

constexpr instant start{1'000h};

core::call_dispatcher::options quota(core::rate limit, uint32_t burst) {
  core::call_dispatcher::options result;
  result.limits.fill({limit, burst});
  return result;
}

core::queued_call call(uint64_t ticket, api_action action = create_entry,
                       std::string gateway = "a",
                       urgency priority = urgency::birth) {
  return {ticket, action, std::move(gateway), priority, start};
}

} // namespace

BOOST_AUTO_TEST_SUITE(call_dispatcher)

BOOST_AUTO_TEST_CASE(calls_leave_at_the_rate_of_their_action) {
  core::call_dispatcher aut{quota({1, 1s}, 1), start};
  for (uint64_t i = 0; i < 3; ++i)
    aut.push(call(i));
  BOOST_TEST((aut.next(start) == 0u));
  BOOST_TEST(!aut.next(start).has_value());
  BOOST_TEST((aut.wake(start) == start + 1s));
  BOOST_TEST((aut.next(start + 1s) == 1u));
  BOOST_TEST((aut.next(start + 2s) == 2u));
  BOOST_TEST(!aut.wake(start + 2s).has_value());
}

BOOST_AUTO_TEST_CASE(throttled_action_stalls_no_other) {
  core::call_dispatcher aut{quota({10, 1s}, 10), start};
  auto first = call(1, create_entry);
  aut.push(first);
  aut.push(call(2, create_entry));
  BOOST_TEST((aut.next(start) == 1u));
  aut.throttled(first, start, 30s, start);
  aut.push(call(3, delete_entry));
  BOOST_TEST((aut.next(start) == 3u));
  BOOST_TEST(!aut.next(start).has_value());
  BOOST_TEST((aut.wake(start) == start + 30s));
  // The repeated call is the older one.
  BOOST_TEST((aut.next(start + 30s) == 1u));
  BOOST_TEST((aut.next(start + 30s) == 2u));
}

BOOST_AUTO_TEST_CASE(throttling_without_a_hint_halves_the_rate) {
  core::call_dispatcher aut{quota({10, 1s}, 10), start};
  for (uint64_t i = 0; i < 4; ++i)
    aut.push(call(i));
  for (uint64_t i = 0; i < 4; ++i)
    aut.next(start);
  aut.throttled(call(0), start, 0s, start);
  BOOST_TEST(aut.look(create_entry, start).permille == 1'000u);
  // The server has counted more than we have.
  BOOST_TEST((aut.wake(start) == start + 100ms));
  for (uint64_t i = 1; i < 4; ++i)
    aut.throttled(call(i), start, 0s, start);
  BOOST_TEST(aut.look(create_entry, start).permille == 500u);
  BOOST_TEST(aut.look(delete_entry, start).permille == 1'000u);
  BOOST_TEST(aut.look(create_entry, start).waiting == 4u);
  BOOST_TEST((aut.wake(start) == start + 200ms));
}

BOOST_AUTO_TEST_CASE(throttling_among_many_successes_slows_nothing) {
  core::call_dispatcher aut{quota({100, 1s}, 100), start};
  for (uint64_t i = 0; i < 40; ++i) {
    auto now = start + i * 100ms;
    aut.push(call(i));
    auto ticket = aut.next(now);
    BOOST_REQUIRE(ticket);
    if (i % 10 == 9) {
      aut.throttled(call(*ticket), now, 0s, now);
    } else {
      aut.passed(create_entry, now, now);
      aut.finished(call(*ticket), false);
    }
  }
  BOOST_TEST(aut.look(create_entry, start + 4s).permille == 1'000u);
  BOOST_TEST(aut.look(create_entry, start + 4s).waiting == 4u);
}

BOOST_AUTO_TEST_CASE(servers_wish_is_believed_within_reason) {
  auto cfg = quota({10, 1s}, 10);
  cfg.max_pause = 60s;
  core::call_dispatcher aut{cfg, start};
  auto x = call(1);
  aut.push(x);
  aut.next(start);
  aut.throttled(x, start, 1'000h, start);
  BOOST_TEST((aut.wake(start) == start + 60s));
}

BOOST_AUTO_TEST_CASE(most_urgent_head_goes_first_over_all_actions) {
  core::call_dispatcher aut{quota({10, 1s}, 10), start};
  aut.push(call(1, create_entry, "a", urgency::birth));
  aut.push(call(2, describe_entries, "a", urgency::background));
  aut.push(call(3, delete_entry, "a", urgency::harm));
  BOOST_TEST((aut.next(start) == 3u));
  BOOST_TEST((aut.next(start) == 1u));
  BOOST_TEST((aut.next(start) == 2u));
}

BOOST_AUTO_TEST_CASE(flight_is_bounded) {
  auto cfg = quota({100, 1s}, 100);
  cfg.max_in_flight = 2;
  core::call_dispatcher aut{cfg, start};
  for (uint64_t i = 0; i < 3; ++i)
    aut.push(call(i));
  BOOST_TEST((aut.next(start) == 0u));
  BOOST_TEST((aut.next(start) == 1u));
  BOOST_TEST(!aut.next(start).has_value());
  BOOST_TEST(!aut.wake(start).has_value());
  aut.finished(call(0), false);
  BOOST_TEST((aut.next(start) == 2u));
  BOOST_TEST(aut.in_flight() == 2u);
}

BOOST_AUTO_TEST_CASE(withdrawn_call_gives_its_token_back) {
  core::call_dispatcher aut{quota({1, 1h}, 1), start};
  aut.push(call(1));
  aut.push(call(2));
  BOOST_TEST((aut.next(start) == 1u));
  aut.withdrawn(call(1));
  BOOST_TEST((aut.next(start) == 2u));
  BOOST_TEST(!aut.next(start).has_value());
}

BOOST_AUTO_TEST_CASE(open_circuit_lets_one_probe_through_at_growing_times) {
  auto cfg = quota({1'000, 1s}, 1'000);
  cfg.queue.max_running = 100;
  cfg.trust = {.first_probe = 5s, .last_probe = 15s, .hold = 30s};
  core::call_dispatcher aut{cfg, start};
  for (uint64_t i = 0; i < 10; ++i)
    aut.push(call(i));
  auto now = start;
  BOOST_TEST(aut.next(now).has_value());
  BOOST_TEST(aut.next(now).has_value());
  BOOST_TEST(aut.trust().refused(now));
  // The other one that was on its way says nothing new.
  BOOST_TEST(!aut.trust().refused(now));
  for (auto interval : {5s, 10s, 15s, 15s}) {
    BOOST_TEST(!aut.next(now).has_value());
    BOOST_TEST((aut.wake(now) == now + interval));
    now += interval;
    BOOST_TEST(aut.next(now).has_value());
    BOOST_TEST(!aut.next(now).has_value());
    BOOST_TEST(!aut.wake(now).has_value());
    aut.trust().refused(now);
  }
  now += 15s;
  BOOST_TEST(aut.next(now).has_value());
  BOOST_TEST(aut.trust().accepted());
  BOOST_TEST(aut.next(now).has_value());
  BOOST_TEST(aut.next(now).has_value());
}

BOOST_AUTO_TEST_CASE(circuit_holds_calls_for_a_while_then_rejects) {
  core::circuit aut{{.first_probe = 5s, .last_probe = 60s, .hold = 30s}};
  BOOST_TEST(!aut.rejects(start));
  aut.refused(start);
  BOOST_TEST(!aut.rejects(start + 29s));
  BOOST_TEST(aut.rejects(start + 30s));
  aut.called(1);
  aut.unclear(start + 31s);
  BOOST_TEST((aut.next_probe() == start + 36s));
  aut.renewed(start + 32s);
  BOOST_TEST(aut.may_call(start + 32s));
  aut.called(1);
  BOOST_TEST(!aut.may_call(start + 1h));
  aut.accepted();
  BOOST_TEST(!aut.rejects(start + 33s));
}

BOOST_AUTO_TEST_CASE(withdrawn_call_makes_no_room_for_a_second_probe) {
  auto cfg = quota({1'000, 1s}, 1'000);
  cfg.trust = {.first_probe = 5s, .last_probe = 15s, .hold = 30s};
  core::call_dispatcher aut{cfg, start};
  for (uint64_t i = 0; i < 5; ++i)
    aut.push(call(i));
  BOOST_TEST((aut.next(start) == 0u));
  BOOST_TEST((aut.next(start) == 1u));
  BOOST_TEST(aut.trust().refused(start));
  auto now = start + 5s;
  BOOST_TEST((aut.next(now) == 2u));
  // It was taken before the circuit opened.
  aut.withdrawn(call(0));
  BOOST_TEST(!aut.next(now).has_value());
  aut.withdrawn(call(2));
  BOOST_TEST((aut.next(now) == 3u));
}

BOOST_AUTO_TEST_CASE(only_waiting_writes_of_the_gateway_are_dropped) {
  core::call_dispatcher aut{quota({10, 1s}, 10), start};
  aut.push(call(1, create_entry, "a"));
  aut.push(call(2, describe_entries, "a"));
  aut.push(call(3, delete_entry, "b"));
  aut.push(call(4, delete_entry, "a"));
  BOOST_TEST((aut.drop_writes("a") == std::vector<uint64_t>{1, 4}));
  BOOST_TEST((aut.drop_all() == std::vector<uint64_t>{3, 2}));
}

BOOST_AUTO_TEST_SUITE_END()
