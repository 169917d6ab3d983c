// The emulated places that hand out credentials, asked by the sources that the
// controller uses: two independent readings of one text.

#include "emulator/credentials/desk.hpp"

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "clients/aliyun/credential_answers.hpp"
#include "clients/aliyun/credential_source.hpp"
#include "test/secrets.hpp"

using namespace natgw;
using namespace std::chrono_literals;
using aliyun::fetch_result;
using emulator::credential_desk;

namespace {

constexpr const char* place = "http://desk";
const auto oidc_token = test::marked_secret("Oidc");

serving::request as_served(const http::request& x) {
  serving::request result{std::string{http::to_string(x.verb)},
                          x.url.substr(std::string_view{place}.size()),
                          {},
                          x.body};
  for (const auto& h : x.headers) {
    auto name = h.name;
    for (auto& c : name)
      c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    result.headers.push_back({name, h.value});
  }
  return result;
}

struct fixture {
  wall_time now{20'000 * 24h};
  std::vector<emulator::access_key> issued;
  credential_desk desk{{.lifetime = 1h, .renewed_before = 20min},
                       [this](const auto& x) { issued.push_back(x); }};
  std::string token_file = std::filesystem::temp_directory_path()
                           / ("natgw-desk-" + std::to_string(::getpid()));

  ~fixture() {
    std::filesystem::remove(token_file);
  }

  fetch_result ask(const aliyun::credential_source& source) {
    auto fetch = source.fetch();
    auto step = fetch->begin(now, "n");
    while (auto* request = std::get_if<http::request>(&step)) {
      auto answer = desk.handle(as_served(*request), now);
      step = fetch->answered(http::response{answer.status, {}, answer.body});
    }
    return std::get<fetch_result>(step);
  }

  std::string key_of(const aliyun::credential_source& source) {
    auto x = ask(source);
    BOOST_REQUIRE(x && *x);
    BOOST_TEST((*x)->access_secret.reveal() == issued.back().secret);
    BOOST_TEST((*x)->security_token.reveal() == issued.back().security_token);
    BOOST_TEST((*(*x)->expires == *issued.back().expires));
    return (*x)->access_key;
  }

  std::string problem(const aliyun::credential_source& source) {
    auto x = ask(source);
    BOOST_REQUIRE(!x);
    return x.error().detail;
  }

  aliyun::credential_source oidc(const std::string& token) const {
    std::ofstream{token_file} << token;
    return aliyun::oidc_source(
      {.endpoint = place,
       .role_arn = emulator::desk_options{}.role_arn,
       .provider_arn = emulator::desk_options{}.provider_arn,
       .token_file = token_file,
       .session_name = "me"});
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(credential_desk_emulated, fixture)

BOOST_AUTO_TEST_CASE(node_shows_the_same_until_their_end_is_near) {
  auto source = aliyun::ecs_role_source({.endpoint = place});
  auto first = key_of(source);
  now += 39min;
  BOOST_TEST(key_of(source) == first);
  now += 1min;
  BOOST_TEST(key_of(source) != first);
  BOOST_TEST(issued.size() == 2U);
}

BOOST_AUTO_TEST_CASE(versions_of_the_metadata_service_differ) {
  auto source = aliyun::ecs_role_source({.endpoint = place});
  desk.options().metadata_v2 = false;
  BOOST_TEST(problem(source).contains("403"));
  desk.options().metadata_v1 = true;
  key_of(source);
  desk.options().node_role.clear();
  auto none = ask(source);
  BOOST_TEST((none && !*none));
}

BOOST_AUTO_TEST_CASE(sts_believes_its_own_tokens_only) {
  auto first = key_of(oidc(oidc_token));
  BOOST_TEST(key_of(oidc(oidc_token + "\n")) != first);
  BOOST_TEST(
    problem(oidc("other")).ends_with("AuthenticationFail.OIDCToken.Expired"));
  desk.options().role_arn = "acs:ram::1:role/other";
  BOOST_TEST(problem(oidc(oidc_token)).ends_with("EntityNotExist.Role"));
}

BOOST_AUTO_TEST_CASE(uri_and_files_say_the_same) {
  auto key = key_of(aliyun::uri_source(std::string{place} + "/credentials"));
  BOOST_TEST(key == issued.back().id);
  for (const auto* keyring : {"0123456789abcdef", "0123456789abcdef01234567",
                              "0123456789abcdef0123456789abcdef"}) {
    auto token = aliyun::read_addon_token(
      emulator::addon_token_json(issued.back(), keyring));
    BOOST_REQUIRE(token);
    BOOST_TEST(token->access_key == key);
    BOOST_TEST(token->security_token.reveal() == issued.back().security_token);
  }
  auto file = aliyun::read_credentials(
    emulator::credentials_json(issued.back()), aliyun::credential_shape::any);
  BOOST_REQUIRE(file);
  BOOST_TEST(file->access_key == key);
}

BOOST_AUTO_TEST_CASE(failures_come_on_demand) {
  desk.options().failures = 1;
  auto source = aliyun::uri_source(std::string{place} + "/credentials");
  BOOST_TEST(problem(source).contains("503 and the code ServiceUnavailable"));
  key_of(source);
}

BOOST_AUTO_TEST_SUITE_END()
