#include "test/simulation/world.hpp"

#include <cstdlib>
#include <string>

#include <boost/test/unit_test.hpp>

#include "test/integration/process.hpp"

// The whole controller in a world that a seed decides about.

namespace {

using namespace natgw;
using namespace natgw::simulation;

/// Runs of each family; NATGW_SEEDS raises it.
std::string seeds() {
  const auto* wish = std::getenv("NATGW_SEEDS");
  return wish == nullptr ? "2" : wish;
}

/// In processes of their own, so that what fails here fails there, too.
void live(family kind) {
  test::process all{{NATGW_SIM, "--family", std::string{to_string(kind)},
                     "--seeds", seeds(), "--jobs", "2"}};
  auto said = all.read_all();
  BOOST_TEST(all.wait() == 0, said);
  BOOST_TEST(said.contains(": " + seeds() + " runs"), said);
}

} // namespace

BOOST_AUTO_TEST_SUITE(simulation)

BOOST_AUTO_TEST_CASE(equal_seeds_live_equal_lives) {
  for (auto kind : {family::calm, family::everything}) {
    auto what = make_plan(kind, 3, {});
    auto first = run(what);
    auto second = run(what);
    BOOST_CHECK_EQUAL(first.hash, second.hash);
    BOOST_CHECK_EQUAL(first.messages, second.messages);
    BOOST_CHECK_GE(first.lives, 50U);
    BOOST_CHECK_NE(first.hash, run(make_plan(kind, 4, {})).hash);
  }
}

BOOST_AUTO_TEST_CASE(calm_days_end_well) {
  live(family::calm);
}

BOOST_AUTO_TEST_CASE(storms_end_well) {
  live(family::storm);
}

BOOST_AUTO_TEST_CASE(crashes_end_well) {
  live(family::crash);
}

BOOST_AUTO_TEST_CASE(deaths_after_writes_end_well) {
  live(family::writes);
}

BOOST_AUTO_TEST_CASE(takeovers_end_well) {
  live(family::replicas);
}

BOOST_AUTO_TEST_CASE(broken_pairs_end_well) {
  live(family::pairs);
}

BOOST_AUTO_TEST_CASE(refusals_end_well) {
  live(family::refusals);
}

BOOST_AUTO_TEST_CASE(meddling_ends_well) {
  live(family::hands);
}

BOOST_AUTO_TEST_CASE(all_at_once_ends_well) {
  live(family::everything);
}

BOOST_AUTO_TEST_SUITE_END()
