#include "core/event_filter.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace natgw;
using namespace natgw::core;
using namespace std::chrono_literals;

namespace {

struct fixture {
  instant now{};
  event_filter aut;

  std::optional<filtered_event> emit(std::string message,
                                     std::string uid = "u1",
                                     std::string reason = "DNATWaiting") {
    return aut.admit({.key = {"games", "a"},
                      .uid = std::move(uid),
                      .reason = std::move(reason),
                      .message = std::move(message)},
                     now);
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(event_filter_of_a_writer, fixture)

BOOST_AUTO_TEST_CASE(first_event_passes_unchanged) {
  auto x = emit("place 7");
  BOOST_REQUIRE(x.has_value());
  BOOST_TEST(x->event.message == "place 7");
  BOOST_TEST(x->count == 1u);
}

BOOST_AUTO_TEST_CASE(repeats_are_held_back_and_counted) {
  emit("place 7");
  now += 1min;
  auto first_repeat = now;
  BOOST_TEST(!emit("place 7").has_value());
  now += 1min;
  BOOST_TEST(!emit("place 7").has_value());
  now += 10min;
  auto x = emit("place 7");
  BOOST_REQUIRE(x.has_value());
  BOOST_TEST(x->count == 3u);
  BOOST_TEST((x->first == first_repeat));
  now += 10min;
  BOOST_TEST(emit("place 7")->count == 1u);
}

BOOST_AUTO_TEST_CASE(different_reasons_and_objects_do_not_repeat_each_other) {
  emit("x");
  BOOST_TEST(emit("x", "u1", "DNATFailed").has_value());
  BOOST_TEST(emit("x", "u2").has_value());
}

BOOST_AUTO_TEST_CASE(similar_events_are_combined) {
  for (int i = 0; i < 10; ++i)
    BOOST_TEST(emit("place " + std::to_string(i)).has_value());
  auto x = emit("place 10");
  BOOST_REQUIRE(x.has_value());
  BOOST_TEST(x->event.message == "(combined from similar events): place 10");
  BOOST_TEST(!emit("place 11").has_value());
  now += 10min;
  BOOST_TEST(emit("place 12")->event.message == "place 12");
}

BOOST_AUTO_TEST_CASE(one_object_is_limited_and_recovers_slowly) {
  auto passed = 0;
  for (int i = 0; i < 100; ++i)
    passed += emit("x", "u1", "reason " + std::to_string(i)) ? 1 : 0;
  BOOST_TEST(passed == 25);
  BOOST_TEST(emit("x", "u2").has_value());
  now += 299s;
  BOOST_TEST(!emit("y", "u1", "other").has_value());
  now += 2s;
  BOOST_TEST(emit("z", "u1", "another").has_value());
}

BOOST_AUTO_TEST_CASE(memory_is_bounded_and_the_least_recent_is_forgotten) {
  aut = event_filter{{.max_objects = 10}};
  emit("x", "keep");
  for (int i = 0; i < 1'000; ++i) {
    emit("x", "u" + std::to_string(i));
    emit("x", "keep");
  }
  BOOST_TEST(aut.size() == 10u);
  BOOST_TEST(!emit("x", "keep").has_value());
  BOOST_TEST(emit("x", "u0").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
