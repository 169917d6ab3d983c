#include "test/simulation/survey.hpp"

#include <boost/test/unit_test.hpp>

#include "core/entry_name.hpp"
#include "test/simulation/crash_ledger.hpp"

// That nothing is counted that has not happened, and that what is missing is
// said.

namespace {

using namespace natgw::simulation;

constexpr auto* key = "default/a";

struct fixture {
  tally met;
  crash_ledger aut{met};

  fixture() {
    pod_fact pod;
    pod.key = key;
    pod.uid = "uid";
    aut.see(pod);
  }

  static std::string entry() {
    return "natgw.cluster." + natgw::core::plain_name_key("uid") + ".0";
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(simulation_survey, fixture)

BOOST_AUTO_TEST_CASE(death_between_two_writes_is_counted_once) {
  aut.wrote(key, step::promise, "r0.1");
  aut.died("r0.1");
  aut.wrote_entry(entry(), step::create, "r0.2");
  aut.wrote(key, step::status, "r0.2");
  BOOST_TEST(met.of(crash_point::birth_promise_create) == 1U);
  BOOST_TEST(met.of(crash_point::birth_create_status) == 0U);
}

BOOST_AUTO_TEST_CASE(takeover_without_a_death_is_no_crash) {
  aut.wrote(key, step::promise, "r0.1");
  aut.wrote_entry(entry(), step::create, "r1.1");
  BOOST_TEST(met.of(crash_point::birth_promise_create) == 0U);
}

BOOST_AUTO_TEST_CASE(what_the_dead_had_sent_is_theirs) {
  aut.wrote(key, step::promise, "r0.1");
  aut.died("r0.1");
  aut.wrote_entry(entry(), step::create, "r0.1");
  aut.wrote(key, step::status, "r0.2");
  BOOST_TEST(met.of(crash_point::birth_promise_create) == 0U);
  BOOST_TEST(met.of(crash_point::birth_create_status) == 1U);
}

BOOST_AUTO_TEST_CASE(recycling_and_birth_differ_by_the_modify) {
  aut.wrote(key, step::promise, "r0.1");
  aut.wrote_entry(entry(), step::modify, "r0.1");
  aut.wrote(key, step::status, "r0.1");
  aut.died("r0.1");
  aut.wrote(key, step::pod, "r0.2");
  BOOST_TEST(met.of(crash_point::recycle_status_pod) == 1U);
  BOOST_TEST(met.of(crash_point::birth_status_pod) == 0U);
}

BOOST_AUTO_TEST_CASE(entry_of_nobody_is_passed_over) {
  for (const auto* name : {"", "theirs", "a.b", "natgw.x.nobody.0"})
    aut.wrote_entry(name, step::create, "r0.1");
  BOOST_TEST(!aut.recycles(key));
}

BOOST_AUTO_TEST_CASE(survey_counts_runs_and_not_occasions) {
  run_report often{.good = true, .lives = 100, .met = {}};
  often.met.add(mishap::pod_killed);
  often.met.add(mishap::pod_killed);
  survey all;
  all.add(often);
  all.add({.good = false, .lives = 100, .met = {}});
  BOOST_TEST(all.runs() == 2U);
  BOOST_TEST(all.good() == 1U);
  auto missing = all.missing({.percent = 50, .crashes = 0, .lives = 100});
  BOOST_TEST(missing.size() == mishap_count - 1);
}

BOOST_AUTO_TEST_CASE(survey_demands_crashes_and_lives) {
  run_report x{.good = true, .lives = 99, .met = {}};
  x.met.crashes.fill(99);
  x.met.mishaps.fill(1);
  survey all;
  all.add(x);
  BOOST_TEST(all.missing({}).size() == crash_point_count - 1);
  BOOST_TEST(all.missing({.percent = 100, .crashes = 99, .lives = 99}).empty());
  BOOST_TEST(!survey{}.missing({}).empty());
}

BOOST_AUTO_TEST_SUITE_END()
