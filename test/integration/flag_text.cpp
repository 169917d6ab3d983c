#include "cli/flag_text.hpp"

#include <boost/test/unit_test.hpp>

using namespace natgw;
using namespace natgw::cli;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(cli_flag_text)

BOOST_AUTO_TEST_CASE(a_time_range_is_one_duration_or_two) {
  BOOST_TEST(
    (parse_time_range("2s").value() == emulator::time_range{2000ms, 2000ms}));
  BOOST_TEST((parse_time_range("50ms-200ms").value()
              == emulator::time_range{50ms, 200ms}));
  for (const auto* bad : {"", "-", "2s-1s", "2s-", "-2s", "x", "1s-2s-3s"})
    BOOST_TEST(!parse_time_range(bad).has_value(), bad);
}

BOOST_AUTO_TEST_CASE(a_rate_has_a_burst_of_all_its_calls) {
  BOOST_TEST((parse_rate("300/60").value() == emulator::call_rate{5, 300}));
  BOOST_TEST((parse_rate("300/60/20").value() == emulator::call_rate{5, 20}));
  for (const auto* bad :
       {"", "300", "300/0", "0/60", "300/60/0", "-1/60", "a/b", "1/1/1/1"})
    BOOST_TEST(!parse_rate(bad).has_value(), bad);
}

BOOST_AUTO_TEST_CASE(a_fault_has_a_probability) {
  auto x = parse_fault("error_after=0.25").value();
  BOOST_TEST((x.first == emulator::fault_kind::error_after));
  BOOST_TEST(x.second == 0.25);
  for (const auto* bad : {"", "error_after", "error_after=", "error_after=2",
                          "error_after=-1", "nonsense=0.1", "=0.1"})
    BOOST_TEST(!parse_fault(bad).has_value(), bad);
}

BOOST_AUTO_TEST_CASE(the_spellings_of_gone_have_names) {
  BOOST_TEST((parse_gone("mixed").value() == emulator::gone_spelling::mixed));
  BOOST_TEST(!parse_gone("other").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
