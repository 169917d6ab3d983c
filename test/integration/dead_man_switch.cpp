#include "cli/dead_man_switch.hpp"

#include <chrono>
#include <csignal>

#include <boost/test/unit_test.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include "clients/http/boot_time.hpp"

using namespace natgw;
using namespace std::chrono_literals;

namespace {

/// How a child ends that does this; 0: in good order.
template <class Body>
int signal_that_ends(Body body) {
  auto child = fork();
  if (child == 0) {
    auto aut = cli::dead_man_switch::make();
    if (aut)
      body(**aut);
    _exit(0);
  }
  auto status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

} // namespace

BOOST_AUTO_TEST_SUITE(dead_man_switch)

BOOST_AUTO_TEST_CASE(stopped_process_is_killed_when_the_time_comes) {
  auto signal = signal_that_ends([](auto& aut) {
    aut.arm(http::boot_now() + 50ms);
    // Nobody continues it.
    raise(SIGSTOP);
  });
  BOOST_TEST(signal == SIGKILL);
}

BOOST_AUTO_TEST_CASE(time_that_has_passed_kills_at_once) {
  auto signal = signal_that_ends([](auto& aut) {
    aut.arm(http::boot_now() - 1s);
    for (;;)
      pause();
  });
  BOOST_TEST(signal == SIGKILL);
}

BOOST_AUTO_TEST_CASE(later_time_replaces_the_one_before) {
  auto signal = signal_that_ends([](auto& aut) {
    aut.arm(http::boot_now() + 20ms);
    aut.arm(http::boot_now() + 1h);
    auto until = http::boot_now() + 60ms;
    while (http::boot_now() < until)
      continue;
  });
  BOOST_TEST(signal == 0);
}

BOOST_AUTO_TEST_SUITE_END()
