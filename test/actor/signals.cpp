#include "actors/signals.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <future>

#include <pthread.h>
#include <unistd.h>

using namespace natgw;

namespace {

// Blocks the signals for one test and unblocks them afterwards.
struct fixture {
  sigset_t before{};

  fixture() {
    pthread_sigmask(SIG_SETMASK, nullptr, &before);
    actors::block_signals();
  }

  ~fixture() {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(signals, fixture)

BOOST_AUTO_TEST_CASE(signals_reach_the_function_one_by_one) {
  std::promise<int> first;
  std::promise<int> second;
  auto count = 0;
  actors::signal_thread aut{
    [&](int number) { (count++ == 0 ? first : second).set_value(number); }};
  kill(getpid(), SIGTERM);
  BOOST_TEST(first.get_future().get() == SIGTERM);
  kill(getpid(), SIGINT);
  BOOST_TEST(second.get_future().get() == SIGINT);
}

BOOST_AUTO_TEST_CASE(thread_ends_without_a_call) {
  auto called = false;
  {
    actors::signal_thread aut{[&](int) { called = true; }};
  }
  BOOST_TEST(!called);
}

BOOST_AUTO_TEST_SUITE_END()
