#include "cli/signals.hpp"

#include <csignal>
#include <future>

#include <unistd.h>

#include <boost/test/unit_test.hpp>

using namespace natgw::cli;

BOOST_AUTO_TEST_SUITE(cli_signals)

BOOST_AUTO_TEST_CASE(a_termination_signal_reaches_the_watch) {
  block_signals();
  std::promise<int> seen;
  signal_watch watch{[&seen](int signal) { seen.set_value(signal); }};
  kill(getpid(), SIGTERM);
  BOOST_TEST(seen.get_future().get() == SIGTERM);
}

BOOST_AUTO_TEST_CASE(a_watch_ends_without_a_signal) {
  block_signals();
  bool called = false;
  {
    signal_watch watch{[&called](int) { called = true; }};
  }
  BOOST_TEST(!called);
}

BOOST_AUTO_TEST_SUITE_END()
