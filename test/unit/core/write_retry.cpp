#include "core/write_retry.hpp"

#include <boost/test/unit_test.hpp>

using namespace natgw;
using namespace natgw::core;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(write_retry)

BOOST_AUTO_TEST_CASE(outcome_in_doubt_is_looked_at) {
  for (auto x : {ec::timeout, ec::conflict, ec::already_exists, ec::malformed,
                 ec::too_large})
    BOOST_TEST((after_record_write(x, 0s) == after_failure::look));
  for (auto x : {ec::transport, ec::unavailable, ec::throttled, ec::fenced}) {
    BOOST_TEST((after_record_write(x, 29s) == after_failure::retry));
    BOOST_TEST((after_record_write(x, 30s) == after_failure::look));
    BOOST_TEST((after_record_look(x, 29s) == after_failure::retry));
    BOOST_TEST((after_record_look(x, 30s) == after_failure::answer));
  }
}

BOOST_AUTO_TEST_CASE(definite_refusal_is_told_at_once) {
  for (auto x : {ec::forbidden, ec::rejected, ec::not_found}) {
    BOOST_TEST((after_record_write(x, 0s) == after_failure::answer));
    BOOST_TEST((after_pod_patch(x, 1) == after_failure::answer));
    BOOST_TEST((after_event(x, 1) == after_failure::answer));
  }
}

BOOST_AUTO_TEST_CASE(patches_and_events_are_not_repeated_for_ever) {
  BOOST_TEST((after_pod_patch(ec::conflict, 7) == after_failure::retry));
  BOOST_TEST((after_pod_patch(ec::conflict, 8) == after_failure::answer));
  BOOST_TEST((after_event(ec::transport, 2) == after_failure::retry));
  BOOST_TEST((after_event(ec::transport, 3) == after_failure::answer));
}

BOOST_AUTO_TEST_SUITE_END()
