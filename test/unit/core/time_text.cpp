#include "core/time_text.hpp"

#include <boost/test/unit_test.hpp>

using namespace natgw;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(time_text)

BOOST_AUTO_TEST_CASE(times_are_written_in_utc_seconds) {
  constexpr wall_time moment{1'698'315'752'000ms};
  BOOST_TEST(core::format_time(moment) == "2023-10-26T10:22:32Z");
  BOOST_TEST(core::format_time(moment + 999ms) == "2023-10-26T10:22:32Z");
  BOOST_TEST(core::format_time(wall_time{}) == "1970-01-01T00:00:00Z");
  BOOST_TEST(core::format_time(wall_time{1'709'251'199s})
             == "2024-02-29T23:59:59Z");
}

BOOST_AUTO_TEST_SUITE_END()
