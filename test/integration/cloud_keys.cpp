#include "cli/cloud_keys.hpp"

#include <string>
#include <string_view>

#include <boost/test/unit_test.hpp>

using namespace natgw;
using namespace natgw::cli;

namespace {

const char* nothing(const char*) {
  return nullptr;
}

const char* a_key_pair(const char* name) {
  auto is = [name](std::string_view x) { return name == x; };
  if (is("ALIBABA_CLOUD_ACCESS_KEY_ID"))
    return "id-of-environment";
  return is("ALIBABA_CLOUD_ACCESS_KEY_SECRET") ? "hush" : nullptr;
}

config::settings with_role() {
  config::settings result;
  result.role = {.enabled = true, .role_name = "natgw"};
  return result;
}

} // namespace

BOOST_AUTO_TEST_SUITE(cli_cloud_keys)

BOOST_AUTO_TEST_CASE(a_role_alone_is_refused_by_name) {
  auto keys = cloud_keys(with_role(), nothing);
  BOOST_REQUIRE(!keys);
  BOOST_TEST((keys.error().code == ec::credential));
  auto& why = keys.error().detail;
  BOOST_TEST(why.find("enableRRSA is not supported") != std::string::npos, why);
  BOOST_TEST(why.find("ALIBABA_CLOUD_ACCESS_KEY_ID") != std::string::npos, why);
}

BOOST_AUTO_TEST_CASE(nothing_at_all_tells_what_may_be_set) {
  auto keys = cloud_keys({}, nothing);
  BOOST_REQUIRE(!keys);
  auto& why = keys.error().detail;
  BOOST_TEST(why.find("credential.accessKey") != std::string::npos, why);
  BOOST_TEST(why.find("role of the node") != std::string::npos, why);
}

BOOST_AUTO_TEST_CASE(the_environment_serves_beside_a_role) {
  auto keys = cloud_keys(with_role(), a_key_pair);
  BOOST_REQUIRE(keys.has_value());
  BOOST_TEST(keys->access_key == "id-of-environment");
}

BOOST_AUTO_TEST_CASE(the_configuration_comes_before_the_environment) {
  config::settings x;
  x.keys = {.access_key = config::secret{"id-of-file"},
            .access_secret = config::secret{"hush"}};
  auto keys = cloud_keys(x, a_key_pair);
  BOOST_REQUIRE(keys.has_value());
  BOOST_TEST(keys->access_key == "id-of-file");
}

BOOST_AUTO_TEST_SUITE_END()
