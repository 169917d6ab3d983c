#include "clients/aliyun/credential_answers.hpp"

#include <chrono>
#include <string>

#include <boost/test/unit_test.hpp>

#include "core/time_text.hpp"

using namespace natgw;
using aliyun::credential_shape;

namespace {

const std::string whole
  = R"({"Code":"Success","AccessKeyId":"STS.id","AccessKeySecret":"hush",)"
    R"("SecurityToken":"hushhush","LastUpdated":"2026-01-31T12:00:00Z",)"
    R"("Expiration":"2026-01-31T18:00:00Z"})";

std::string without(std::string text, const std::string& part) {
  auto at = text.find(part);
  BOOST_REQUIRE(at != std::string::npos);
  return text.erase(at, part.size());
}

std::string why(const auto& x) {
  BOOST_REQUIRE(!x);
  BOOST_TEST((x.error().code == ec::credential));
  BOOST_TEST(x.error().detail.find("hush") == std::string::npos);
  return x.error().detail;
}

std::string why_not(std::string body,
                    credential_shape shape = credential_shape::temporary) {
  return why(aliyun::read_credentials(std::move(body), shape));
}

std::string addon(const std::string& more = {}) {
  // Encrypted by openssl: keyring 0123456789abcdef, IV 000102...0f.
  return R"({"access.key.id":"AAECAwQFBgcICQoLDA0OD+dSZEHXSgIjQj8L2CiCyXE=",)"
         R"("access.key.secret":)"
         R"("AAECAwQFBgcICQoLDA0OD/X2K3Te/3ByIgct0N+0OxA=",)"
         R"("security.token":"AAECAwQFBgcICQoLDA0ODwfySjT6zC8C27M1v17QfbE=",)"
         R"("expiration":"2026-01-31T18:00:00Z",)"
         + more + R"("keyring":"0123456789abcdef"})";
}

} // namespace

BOOST_AUTO_TEST_SUITE(credential_answers)

BOOST_AUTO_TEST_CASE(name_of_a_role_is_one_word) {
  BOOST_TEST(*aliyun::read_role_name("KubernetesWorkerRole-1_a.b\n")
             == "KubernetesWorkerRole-1_a.b");
  for (const auto* x : {"", "\n", "a b", "a\nb", "../secret", "<html>"})
    why(aliyun::read_role_name(x));
  why(aliyun::read_role_name(std::string(65, 'a')));
}

// Found by fuzzing.
BOOST_AUTO_TEST_CASE(what_begins_like_null_is_refused) {
  auto replaced = [](std::string text, const std::string& part) {
    auto at = text.find(part);
    BOOST_REQUIRE(at != std::string::npos);
    return text.replace(at, part.size(), "num");
  };
  why_not(replaced(whole, R"("Success")"));
  why_not(replaced(whole, R"("hush")"));
  why(aliyun::read_addon_token(addon(R"("error":num,)")));
}

BOOST_AUTO_TEST_CASE(credentials_of_the_metadata_service_are_read) {
  auto x = aliyun::read_credentials(whole, credential_shape::temporary);
  BOOST_REQUIRE(x);
  BOOST_TEST(x->access_key == "STS.id");
  BOOST_TEST(x->access_secret.reveal() == "hush");
  BOOST_TEST(x->security_token.reveal() == "hushhush");
  BOOST_TEST(core::format_time(*x->expires) == "2026-01-31T18:00:00Z");
}

BOOST_AUTO_TEST_CASE(what_is_missing_or_wrong_is_named_and_never_quoted) {
  struct row {
    std::string body;
    std::string word;
  };
  const row rows[] = {
    {without(whole, R"("AccessKeyId":"STS.id",)"), "is missing"},
    {without(whole, R"("AccessKeySecret":"hush",)"), "is missing"},
    {without(whole, R"("SecurityToken":"hushhush",)"), "SecurityToken"},
    {without(whole, R"(,"Expiration":"2026-01-31T18:00:00Z")"), "Expiration"},
    {without(whole, "T18:00:00Z"), "Expiration"},
    {R"({"Code":"Failed","AccessKeySecret":"hush"})", "the code Failed"},
    {R"({"Code":"a hush b"})", "an error"},
    {R"({"AccessKeyId":"a","AccessKeySecret":"hush\n"})", "printable"},
    {R"({"AccessKeyId":"a","AccessKeySecret":["hush"]})", "JSON"},
    {"<html>hush</html>", "JSON"},
    {whole + "hush", "JSON"},
    {whole.substr(0, whole.size() - 1), "JSON"},
    {"", "JSON"},
    {"[]", "JSON"},
    {std::string(70'000, ' '), "64 KiB"},
  };
  for (const auto& x : rows)
    BOOST_TEST(why_not(x.body).find(x.word) != std::string::npos, x.body);
}

BOOST_AUTO_TEST_CASE(file_may_hold_a_key_pair_alone) {
  const std::string pair = R"({"AccessKeyId":"id","AccessKeySecret":"hush"})";
  auto x = aliyun::read_credentials(pair, credential_shape::any);
  BOOST_REQUIRE(x);
  BOOST_TEST(x->security_token.empty());
  BOOST_TEST(!x->expires);
  why_not(pair);
  why_not(R"({"AccessKeyId":"id","AccessKeySecret":"hush","Expiration":"x"})",
          credential_shape::any);
}

BOOST_AUTO_TEST_CASE(answer_of_assume_role_is_read) {
  auto inner = without(whole, R"("Code":"Success",)");
  auto x = aliyun::read_assumed_role(
    R"({"RequestId":"r","OIDCTokenInfo":{"Issuer":"i"},"Credentials":)" + inner
    + R"(,"AssumedRoleUser":{"Arn":"a","AssumedRoleId":"b"}})");
  BOOST_REQUIRE(x);
  BOOST_TEST(x->access_key == "STS.id");
  BOOST_TEST(x->expires.has_value());
  why(aliyun::read_assumed_role(inner));
  why(aliyun::read_assumed_role(R"({"Credentials":"hush"})"));
  why(aliyun::read_assumed_role(R"({"Credentials":null})"));
}

BOOST_AUTO_TEST_CASE(code_of_a_refusal_is_a_word_or_nothing) {
  auto code = [](const char* x) { return aliyun::read_refusal_code(x); };
  BOOST_TEST(code(R"({"Code":"AuthenticationFail.OIDCToken.Expired",)"
                  R"("Message":"hush"})")
             == "AuthenticationFail.OIDCToken.Expired");
  for (const auto* x : {"", "{}", "<html>", R"({"Code":"a b"})",
                        R"({"Code":{"a":"b"}})", R"({"Code":""})"})
    BOOST_TEST(code(x) == "");
}

BOOST_AUTO_TEST_CASE(addon_token_is_decrypted) {
  auto x = aliyun::read_addon_token(addon());
  BOOST_REQUIRE(x);
  BOOST_TEST(x->access_key == "STS.testid");
  BOOST_TEST(x->access_secret.reveal() == "testsecret");
  BOOST_TEST(x->security_token.reveal() == "sts+token/==");
  BOOST_TEST(core::format_time(*x->expires) == "2026-01-31T18:00:00Z");
  BOOST_TEST(aliyun::read_addon_token(addon(R"("error":null,)")).has_value());
}

BOOST_AUTO_TEST_CASE(addon_token_that_does_not_fit_its_keyring_is_refused) {
  auto with = [](const std::string& from, const std::string& to) {
    auto text = addon();
    return text.replace(text.find(from), from.size(), to);
  };
  auto reason = [](const std::string& x) {
    return why(aliyun::read_addon_token(x));
  };
  BOOST_TEST(reason(with("0123456789abcdef", "0123")).starts_with("keyring"));
  BOOST_TEST(
    reason(with("0123456789abcdef", "fedcba9876543210")).contains("decrypted"));
  BOOST_TEST(reason(with("AAECAwQFBgcICQoLDA0OD+", "!")).contains("decrypted"));
  BOOST_TEST(reason(with("T18:00:00Z", "")).starts_with("expiration"));
  BOOST_TEST(reason(addon(R"("error":{"roleName":"r","code":"NoRole"},)"))
               .contains("role"));
  BOOST_TEST(reason("{").contains("JSON"));
  BOOST_TEST(reason("{}").contains("keyring"));
}

BOOST_AUTO_TEST_SUITE_END()
