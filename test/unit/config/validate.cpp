#include "config/validate.hpp"

#include <functional>
#include <string>

#include <boost/test/unit_test.hpp>

using namespace natgw::config;
using namespace std::chrono_literals;

namespace {

settings valid() {
  settings x;
  x.region = "cn-hangzhou";
  x.vpc = "vpc-1";
  x.gateways.push_back({"ngw-1", "z", {512, 1024}, {}});
  return x;
}

/// The key that is complained about after a change of valid settings.
std::string broken(const std::function<void(settings&)>& change) {
  auto x = valid();
  change(x);
  auto found = validate(x);
  BOOST_TEST(found.size() <= 1U);
  return found.empty() ? "" : found[0].key;
}

} // namespace

BOOST_AUTO_TEST_SUITE(config_validate)

BOOST_AUTO_TEST_CASE(the_defaults_are_valid) {
  BOOST_TEST(validate(valid()).empty());
}

BOOST_AUTO_TEST_CASE(what_is_needed_must_be_there) {
  BOOST_TEST(broken([](auto& x) { x.region.clear(); }) == "regionID");
  BOOST_TEST(broken([](auto& x) { x.vpc.clear(); }) == "vpcID");
  BOOST_TEST(broken([](auto& x) { x.gateways.clear(); }) == "natGwPool");
}

BOOST_AUTO_TEST_CASE(an_endpoint_makes_the_region_optional) {
  BOOST_TEST(broken([](auto& x) {
               x.region.clear();
               x.natgw.endpoint = "http://127.0.0.1:1";
             })
             == "");
}

BOOST_AUTO_TEST_CASE(half_a_credential_is_refused) {
  BOOST_TEST(broken([](auto& x) { x.keys.access_key = secret{"a"}; })
             == "credential");
  BOOST_TEST(broken([](auto& x) { x.keys.access_secret = secret{"a"}; })
             == "credential");
}

BOOST_AUTO_TEST_CASE(a_role_needs_its_name) {
  BOOST_TEST(broken([](auto& x) { x.role.enabled = true; }) == "rrsaRoleName");
}

BOOST_AUTO_TEST_CASE(a_burst_is_not_smaller_than_the_rate) {
  BOOST_TEST(broken([](auto& x) { x.kube_burst = 49; }) == "kubeClientBurst");
}

BOOST_AUTO_TEST_CASE(a_write_must_fit_into_the_lease) {
  auto deadline = [](auto value) {
    return broken([value](auto& x) { x.natgw.write_deadline = value; });
  };
  BOOST_TEST(deadline(11'999ms) == "");
  BOOST_TEST(deadline(12s) == "natgw.writeDeadline");
}

BOOST_AUTO_TEST_CASE(the_times_of_the_lease_are_nested) {
  BOOST_TEST(broken([](auto& x) { x.natgw.lease.renew_deadline = 15s; })
             == "natgw.lease.renewDeadline");
  BOOST_TEST(broken([](auto& x) {
               x.natgw.write_deadline = 1s;
               x.natgw.lease.retry_period = 10s;
             })
             == "natgw.lease.retryPeriod");
}

BOOST_AUTO_TEST_CASE(without_a_lease_its_times_do_not_matter) {
  BOOST_TEST(broken([](auto& x) {
               x.natgw.lease.enabled = false;
               x.natgw.write_deadline = 60s;
             })
             == "");
}

BOOST_AUTO_TEST_SUITE_END()
