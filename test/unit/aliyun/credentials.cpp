#include "clients/aliyun/credentials.hpp"

#include <map>
#include <ostream>
#include <string>
#include <type_traits>
#include <utility>

#include <boost/test/unit_test.hpp>

using namespace natgw;
using aliyun::secret;

namespace {

template <class T>
concept printable = requires(std::ostream& out, const T& x) { out << x; };

static_assert(!printable<secret>);
static_assert(!std::is_convertible_v<secret, std::string>);
static_assert(!std::is_convertible_v<secret, std::string_view>);
static_assert(!std::is_convertible_v<std::string, secret>);

aliyun::environment from(const std::map<std::string, std::string>& variables) {
  return [&variables](const char* name) {
    auto i = variables.find(name);
    return i == variables.end() ? nullptr : i->second.c_str();
  };
}

} // namespace

BOOST_AUTO_TEST_SUITE(credentials)

BOOST_AUTO_TEST_CASE(secret_moves_without_leaving_a_copy) {
  secret x{"short"};
  const auto* bytes = x.reveal().data();
  secret y{std::move(x)};
  BOOST_TEST(y.reveal() == "short");
  BOOST_TEST((y.reveal().data() == bytes));
  BOOST_TEST(x.empty()); // NOLINT(bugprone-use-after-move)
}

BOOST_AUTO_TEST_CASE(copied_secret_is_independent) {
  secret x{"one"};
  auto y = x;
  x = secret{"two"};
  auto& self = y;
  y = self;
  BOOST_TEST(x.reveal() == "two");
  BOOST_TEST(y.reveal() == "one");
  BOOST_TEST(secret{}.empty());
  BOOST_TEST(secret{""}.reveal() == "");
}

BOOST_AUTO_TEST_CASE(environment_is_read_in_the_documented_order) {
  std::map<std::string, std::string> variables{
    {"ALICLOUD_ACCESS_KEY", "old"},
    {"ALICLOUD_SECRET_KEY", "old-secret"},
    {"ALICLOUD_ACCESS_KEY_STS_TOKEN", "old-token"},
  };
  auto got = aliyun::read_environment(from(variables));
  BOOST_REQUIRE(got);
  BOOST_TEST(got->access_key == "old");
  BOOST_TEST(got->security_token.reveal() == "old-token");
  // Half a pair does not count.
  variables["ALIBABA_CLOUD_ACCESS_KEY_ID"] = "new";
  BOOST_TEST(aliyun::read_environment(from(variables))->access_key == "old");
  variables["ALIBABA_CLOUD_ACCESS_KEY_SECRET"] = "new-secret";
  got = aliyun::read_environment(from(variables));
  BOOST_REQUIRE(got);
  BOOST_TEST(got->access_key == "new");
  BOOST_TEST(got->access_secret.reveal() == "new-secret");
  BOOST_TEST(got->security_token.empty());
}

BOOST_AUTO_TEST_CASE(empty_environment_is_an_error) {
  auto got = aliyun::read_environment(from({}));
  BOOST_REQUIRE(!got);
  BOOST_TEST((got.error().code == ec::credential));
}

BOOST_AUTO_TEST_CASE(pasted_blank_is_named_without_the_secret) {
  std::map<std::string, std::string> variables{
    {"ALIBABA_CLOUD_ACCESS_KEY_ID", "id"},
    {"ALIBABA_CLOUD_ACCESS_KEY_SECRET", "hush\n"},
  };
  auto got = aliyun::read_environment(from(variables));
  BOOST_REQUIRE(!got);
  BOOST_TEST(got.error().detail.find("hush") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
