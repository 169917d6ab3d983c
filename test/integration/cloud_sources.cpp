#include "cli/cloud_sources.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <boost/test/unit_test.hpp>

using namespace natgw;
using enum credential_origin;

namespace {

using variables = std::map<std::string, std::string>;
using origins = std::vector<credential_origin>;

struct fixture {
  config::settings settings;
  variables set;

  fixture() {
    settings.region = "cn-hangzhou";
  }

  expected<std::vector<aliyun::credential_source>> make() const {
    return cli::cloud_sources(settings, [this](const char* name) {
      auto i = set.find(name);
      return i == set.end() ? nullptr : i->second.c_str();
    });
  }

  origins order() const {
    auto made = make();
    if (!made)
      BOOST_FAIL(made.error().detail);
    origins result;
    for (const auto& x : *made)
      result.push_back(x.origin);
    return result;
  }

  std::string problem() const {
    auto made = make();
    BOOST_REQUIRE(!made);
    BOOST_TEST((made.error().code == ec::credential));
    BOOST_TEST(made.error().detail.find("hush") == std::string::npos);
    return made.error().detail;
  }

  /// What the only source asks for first.
  http::request first_request() const {
    auto made = make();
    if (!made)
      BOOST_FAIL(made.error().detail);
    BOOST_REQUIRE(made->size() == 1U);
    auto step = made->front().fetch()->begin({}, "n");
    BOOST_REQUIRE(std::holds_alternative<http::request>(step));
    return std::get<http::request>(step);
  }

  void give_rrsa() {
    set["ALIBABA_CLOUD_ROLE_ARN"] = "acs:ram::1:role/of-environment";
    set["ALIBABA_CLOUD_OIDC_PROVIDER_ARN"] = "acs:ram::1:oidc-provider/ack";
    set["ALIBABA_CLOUD_OIDC_TOKEN_FILE"] = "/dev/null";
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(cli_cloud_sources, fixture)

BOOST_AUTO_TEST_CASE(nothing_set_up_leaves_what_may_turn_up) {
  BOOST_TEST((order() == origins{addon_token, ecs_role}));
  set["ALIBABA_CLOUD_ECS_METADATA_DISABLED"] = "true";
  BOOST_TEST((order() == origins{addon_token}));
}

BOOST_AUTO_TEST_CASE(all_that_is_set_up_is_asked_in_the_documented_order) {
  settings.keys = {.access_key = config::secret{"id"},
                   .access_secret = config::secret{"hush"}};
  settings.natgw.credentials.file = "/etc/keys";
  set["ALIBABA_CLOUD_ACCESS_KEY_ID"] = "id";
  set["ALIBABA_CLOUD_ACCESS_KEY_SECRET"] = "hush";
  set["ALIBABA_CLOUD_CREDENTIALS_URI"] = "http://127.0.0.1:1/keys";
  give_rrsa();
  BOOST_TEST((order()
              == origins{configuration, file, addon_token, environment, oidc,
                         credentials_uri, ecs_role}));
}

BOOST_AUTO_TEST_CASE(named_sources_are_asked_alone_and_in_their_order) {
  set["ALIBABA_CLOUD_CREDENTIALS_URI"] = "http://127.0.0.1:1/keys";
  settings.natgw.credentials.sources = {ecs_role, credentials_uri};
  BOOST_TEST((order() == origins{ecs_role, credentials_uri}));
}

BOOST_AUTO_TEST_CASE(named_source_that_is_not_set_up_is_an_error) {
  for (auto origin :
       {configuration, file, environment, oidc, credentials_uri}) {
    settings.natgw.credentials.sources = {origin};
    BOOST_TEST(
      problem().starts_with(std::string{to_string(origin)} + " needs "));
  }
}

BOOST_AUTO_TEST_CASE(rrsa_signs_as_nobody_else) {
  settings.role = {.enabled = true, .role_name = "natgw"};
  settings.keys = {.access_key = config::secret{"id"},
                   .access_secret = config::secret{"hush"}};
  BOOST_TEST(problem().contains("ack-pod-identity-webhook"));
  give_rrsa();
  BOOST_TEST((order() == origins{oidc}));
}

BOOST_AUTO_TEST_CASE(half_a_key_pair_in_the_environment_is_an_error) {
  set["ALIBABA_CLOUD_ACCESS_KEY_ID"] = "id";
  BOOST_TEST(problem().starts_with("environment: "));
  set["ALIBABA_CLOUD_ACCESS_KEY_SECRET"] = "hush\n";
  BOOST_TEST(problem().contains("printable"));
}

BOOST_AUTO_TEST_CASE(variables_that_break_a_rule_are_named) {
  give_rrsa();
  const variables bad{
    {"ALIBABA_CLOUD_ROLE_ARN", "hush"},
    {"ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "acs:ram::1:role/hush"},
    {"ALIBABA_CLOUD_OIDC_TOKEN_FILE", "hush"},
    {"ALIBABA_CLOUD_ROLE_SESSION_NAME", "hu sh"},
    {"ALIBABA_CLOUD_STS_ENDPOINT", "http://hush.example.com"},
    {"ALIBABA_CLOUD_STS_REGION", "HUSH"},
    {"ALIBABA_CLOUD_CREDENTIALS_URI", "ftp://hush"},
    {"ALIBABA_CLOUD_ECS_METADATA", "../hush"},
    {"ALIBABA_CLOUD_IMDS_ENDPOINT", "http://hush/path"},
  };
  const auto before = set;
  for (const auto& [name, value] : bad) {
    set = before;
    set[name] = value;
    BOOST_TEST(problem().starts_with(name + " in the environment must"), name);
  }
}

BOOST_AUTO_TEST_CASE(sts_is_that_of_the_region_unless_told_otherwise) {
  // The token's file has to hold something.
  give_rrsa();
  set["ALIBABA_CLOUD_OIDC_TOKEN_FILE"] = "/proc/self/comm";
  settings.natgw.credentials.sources = {oidc};
  auto host = [this] {
    auto url = first_request().url;
    return url.substr(0, url.find("/?"));
  };
  BOOST_TEST(host() == "https://sts-vpc.cn-hangzhou.aliyuncs.com");
  set["ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED"] = "false";
  BOOST_TEST(host() == "https://sts.cn-hangzhou.aliyuncs.com");
  set["ALIBABA_CLOUD_STS_REGION"] = "cn-beijing";
  BOOST_TEST(host() == "https://sts.cn-beijing.aliyuncs.com");
  set["ALIBABA_CLOUD_STS_ENDPOINT"] = "sts.example.com";
  BOOST_TEST(host() == "https://sts.example.com");
  settings.natgw.credentials.sts_endpoint = "http://127.0.0.1:1";
  BOOST_TEST(host() == "http://127.0.0.1:1");
}

BOOST_AUTO_TEST_CASE(role_of_the_configuration_wins_over_the_environment) {
  give_rrsa();
  set["ALIBABA_CLOUD_OIDC_TOKEN_FILE"] = "/proc/self/comm";
  settings.natgw.credentials.sources = {oidc};
  auto asks_for = [this](const std::string& role) {
    return first_request().body.contains("RoleArn=acs%3Aram%3A%3A1%3Arole%2F"
                                         + role + "&");
  };
  BOOST_TEST(asks_for("of-environment"));
  settings.role = {.enabled = true, .role_name = "of-rrsa"};
  BOOST_TEST(asks_for("of-rrsa"));
  set.erase("ALIBABA_CLOUD_ROLE_ARN");
  BOOST_TEST(asks_for("of-rrsa"));
  settings.natgw.credentials.role_arn = "acs:ram::1:role/of-file";
  BOOST_TEST(asks_for("of-file"));
}

BOOST_AUTO_TEST_CASE(metadata_service_may_stand_elsewhere) {
  settings.natgw.credentials.sources = {ecs_role};
  BOOST_TEST(first_request().url.starts_with("http://100.100.100.200/"));
  set["ALIBABA_CLOUD_IMDS_ENDPOINT"] = "127.0.0.1:9";
  BOOST_TEST(first_request().url.starts_with("http://127.0.0.1:9/latest/"));
  settings.natgw.credentials.metadata_endpoint = "http://127.0.0.1:8";
  BOOST_TEST(first_request().url.starts_with("http://127.0.0.1:8/latest/"));
}

BOOST_AUTO_TEST_SUITE_END()
