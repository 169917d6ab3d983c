#include "clients/kube/timestamps.hpp"

#include <string>

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

namespace {

using namespace natgw;
using namespace natgw::kube;
using namespace std::chrono;

constexpr auto moment = sys_days{2026y / January / 31} + 12h + 34min + 56s;

} // namespace

BOOST_AUTO_TEST_SUITE(timestamps_suite)

BOOST_AUTO_TEST_CASE(times_are_written_as_the_api_has_them) {
  BOOST_TEST(format_micro_time(moment + 1us) == "2026-01-31T12:34:56.000001Z");
  BOOST_TEST(format_micro_time(micro_time{-1us})
             == "1969-12-31T23:59:59.999999Z");
}

BOOST_AUTO_TEST_CASE(times_are_read_with_fractions_and_offsets) {
  BOOST_TEST((parse_time("2026-01-31T12:34:56Z") == moment));
  BOOST_TEST((parse_time("2026-01-31T12:34:56.5Z") == moment + 500ms));
  BOOST_TEST(
    (parse_time("2026-01-31T12:34:56.123456789Z") == moment + 123456us));
  BOOST_TEST((parse_time("2026-01-31T20:34:56+08:00") == moment));
  BOOST_TEST((parse_time("2026-01-31T07:04:56-05:30") == moment));
}

BOOST_AUTO_TEST_CASE(what_is_not_a_time_is_nothing) {
  for (auto* text :
       {"", "2026", "2026-02-30T00:00:00Z", "2026-01-31T24:00:00Z",
        "2026-01-31T12:34:56", "2026-01-31T12:34:56Zx", "2026-13-01T00:00:00Z",
        "2026-01-31T12:60:00Z", "0000-01-01T00:00:00Z", "x026-01-01T00:00:00Z",
        "2026-01-31T12:34:56+8:00", "2026-1-31T12:34:56Z", "9"})
    BOOST_TEST(!parse_time(text), text);
}

BOOST_AUTO_TEST_CASE(a_micro_time_survives_the_way_there_and_back) {
  BOOST_TEST(rc::check([] {
    auto x = micro_time{microseconds{*rc::gen::inRange<int64_t>(
      -2'000'000'000'000'000, 4'000'000'000'000'000)}};
    RC_ASSERT(parse_time(format_micro_time(x)) == x);
  }));
}

BOOST_AUTO_TEST_CASE(no_text_crashes_the_reader) {
  BOOST_TEST(rc::check([](const std::string& text) {
    parse_time(text);
    auto cut = format_micro_time(moment);
    cut.resize(*rc::gen::inRange<size_t>(0, cut.size()));
    RC_ASSERT(!parse_time(cut));
  }));
}

BOOST_AUTO_TEST_SUITE_END()
