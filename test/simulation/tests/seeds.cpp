#include "test/simulation/world.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>

#include <boost/test/unit_test.hpp>

// The whole controller in a world that a seed decides about.

namespace {

using namespace natgw::simulation;

/// Runs of each family; NATGW_SEEDS raises it.
uint64_t seeds() {
  const auto* wish = std::getenv("NATGW_SEEDS");
  return wish == nullptr ? 12 : std::strtoull(wish, nullptr, 10);
}

std::string report(family kind, uint64_t seed, const outcome& x) {
  std::string result = "natgw-sim --family " + std::string{to_string(kind)}
                       + " --seed " + std::to_string(seed) + "\n";
  auto first = x.tail.size() - std::min<size_t>(x.tail.size(), 40);
  for (auto i = first; i < x.tail.size(); ++i)
    result += x.tail[i].substr(0, 240) + "\n";
  for (const auto& line : x.problems)
    result += line + "\n";
  return result;
}

void live(family kind) {
  for (uint64_t seed = 1; seed <= seeds(); ++seed) {
    auto got = run(make_plan(kind, seed, {}), {});
    BOOST_CHECK_MESSAGE(got.problems.empty(), report(kind, seed, got));
    BOOST_CHECK_GE(got.lives, 50U);
  }
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
