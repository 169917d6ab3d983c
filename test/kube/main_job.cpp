#include <csignal>
#include <string>

#include "test/kube/scenario.hpp"

// What everything else stands on: pods are born and die.

using namespace natgw;
using test::world;

BOOST_AUTO_TEST_SUITE(kube_main_job)

NATGW_SCENARIO(pods_are_served_and_nothing_is_left) {
  world x{where};
  auto& controller = x.run();
  for (auto i = 0; i < 20; ++i)
    x.create(x.pod("game-" + std::to_string(i), "7000-7003/udp,8080"));
  for (auto i = 0; i < 20; ++i)
    BOOST_TEST(x.wait_ready("game-" + std::to_string(i)));
  BOOST_TEST(x.leave_nothing());
  BOOST_TEST((x.harm() == cli::harm{}));
  controller.of().signal(SIGTERM);
  BOOST_TEST(controller.of().wait() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
