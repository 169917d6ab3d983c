#include "clients/aliyun/credential_source.hpp"

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include <boost/test/unit_test.hpp>

using namespace natgw;
using namespace std::chrono_literals;
using aliyun::fetch_result;
using aliyun::fetch_step;

namespace {

const wall_time noon{20'000 * 24h + 12h};

const std::string keys_json
  = R"({"Code":"Success","AccessKeyId":"STS.id","AccessKeySecret":"hush",)"
    R"("SecurityToken":"hushhush","Expiration":"2026-01-31T18:00:00Z"})";

/// One fetch, exchange by exchange.
class course {
public:
  explicit course(const aliyun::credential_source& source)
    : fetch_{source.fetch()},
      step_{fetch_->begin(noon, "nonce")} {
  }

  http::request& request() {
    BOOST_REQUIRE(std::holds_alternative<http::request>(step_));
    return std::get<http::request>(step_);
  }

  std::string header(std::string_view name) {
    for (const auto& x : request().headers)
      if (x.name == name)
        return x.value;
    return {};
  }

  course& answer(int status, std::string body = {}) {
    step_ = fetch_->answered(http::response{status, {}, std::move(body)});
    return *this;
  }

  course& no_answer() {
    step_ = fetch_->answered(fail(ec::timeout));
    return *this;
  }

  const fetch_result& result() {
    BOOST_REQUIRE(std::holds_alternative<fetch_result>(step_));
    return std::get<fetch_result>(step_);
  }

  std::string key() {
    const auto& x = result();
    if (!x)
      BOOST_FAIL(x.error().detail);
    BOOST_REQUIRE(x->has_value());
    return (*x)->access_key;
  }

  std::string problem() {
    BOOST_REQUIRE(!result());
    BOOST_TEST((result().error().code == ec::credential));
    auto detail = result().error().detail;
    BOOST_TEST(detail.find("hush") == std::string::npos, detail);
    return detail;
  }

  bool absent() {
    return result() && !*result();
  }

private:
  std::unique_ptr<aliyun::credential_fetch> fetch_;
  fetch_step step_;
};

/// A fresh folder that goes with this object.
class folder {
public:
  folder() {
    std::string name = std::filesystem::temp_directory_path() / "natgwXXXXXX";
    BOOST_REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }

  ~folder() {
    std::filesystem::remove_all(path_);
  }

  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;

  std::string operator/(const std::string& name) const {
    return path_ / name;
  }

  std::string path() const {
    return path_;
  }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream{path_ / name} << text;
  }

private:
  std::filesystem::path path_;
};

struct oidc_world {
  folder files;

  aliyun::credential_source source() const {
    return aliyun::oidc_source({.endpoint = "https://sts-vpc.r.aliyuncs.com",
                                .role_arn = "acs:ram::1:role/natgw",
                                .provider_arn = "acs:ram::1:oidc-provider/p",
                                .token_file = files / "token",
                                .session_name = "me"});
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(credential_source)

BOOST_AUTO_TEST_CASE(metadata_service_is_asked_with_a_session_token) {
  course x{aliyun::ecs_role_source({})};
  BOOST_TEST((x.request().verb == http::method::put));
  BOOST_TEST(x.request().url == "http://100.100.100.200/latest/api/token");
  BOOST_TEST(x.header("X-aliyun-ecs-metadata-token-ttl-seconds") == "300");
  x.answer(200, "session\n");
  BOOST_TEST((x.request().verb == http::method::get));
  BOOST_TEST(x.request().url
             == "http://100.100.100.200/latest/meta-data/ram/"
                "security-credentials/");
  BOOST_TEST(x.header("X-aliyun-ecs-metadata-token") == "session");
  x.answer(200, "WorkerRole");
  BOOST_TEST(x.request().url.ends_with("/security-credentials/WorkerRole"));
  BOOST_TEST(x.header("X-aliyun-ecs-metadata-token") == "session");
  BOOST_TEST(x.answer(200, keys_json).key() == "STS.id");
}

BOOST_AUTO_TEST_CASE(first_version_of_the_metadata_service_will_do) {
  for (auto status : {0, 403, 404, 500}) {
    course x{aliyun::ecs_role_source({.role = "r"})};
    status == 0 ? x.no_answer() : x.answer(status);
    BOOST_TEST(x.header("X-aliyun-ecs-metadata-token") == "");
    BOOST_TEST(x.answer(200, keys_json).key() == "STS.id");
  }
  course strict{aliyun::ecs_role_source({.allow_v1 = false})};
  BOOST_TEST(strict.answer(404).problem()
             == "the metadata service answers with status 404");
}

BOOST_AUTO_TEST_CASE(node_without_a_role_is_no_source) {
  course x{aliyun::ecs_role_source({})};
  BOOST_TEST(x.answer(200, "session").answer(404).absent());
}

BOOST_AUTO_TEST_CASE(failures_of_the_metadata_service_are_told_apart) {
  auto at_name = [] {
    auto x = std::make_unique<course>(aliyun::ecs_role_source({}));
    x->answer(200, "session");
    return x;
  };
  BOOST_TEST(at_name()->no_answer().problem()
             == "the metadata service does not answer: timeout");
  BOOST_TEST(at_name()->answer(500).problem().contains("status 500"));
  BOOST_TEST(at_name()->answer(200, "<html>").problem().contains("role"));
  BOOST_TEST(at_name()->answer(200, "r").answer(404).problem().contains(
    "knows no role r"));
  BOOST_TEST(at_name()->answer(200, "r").answer(200, "{}").problem().contains(
    "missing"));
  course broken{aliyun::ecs_role_source({})};
  BOOST_TEST(broken.answer(200, "a\nb").problem().contains("one line"));
}

BOOST_AUTO_TEST_CASE(role_is_assumed_with_the_token_of_the_file) {
  oidc_world w;
  w.files.write("token", "ey.hush+/\n");
  course x{w.source()};
  auto& sent = x.request();
  BOOST_TEST((sent.verb == http::method::post));
  BOOST_TEST(sent.url
             == "https://sts-vpc.r.aliyuncs.com/?Action=AssumeRoleWithOIDC"
                "&Format=JSON&SignatureNonce=nonce"
                "&Timestamp=2024-10-04T12%3A00%3A00Z&Version=2015-04-01");
  BOOST_TEST(sent.body
             == "DurationSeconds=3600"
                "&OIDCProviderArn=acs%3Aram%3A%3A1%3Aoidc-provider%2Fp"
                "&OIDCToken=ey.hush%2B%2F"
                "&RoleArn=acs%3Aram%3A%3A1%3Arole%2Fnatgw&RoleSessionName=me");
  x.answer(200, R"({"Credentials":)" + keys_json + "}");
  BOOST_TEST(x.key() == "STS.id");
  // It is read anew each time.
  w.files.write("token", "other");
  BOOST_TEST(course{w.source()}.request().body.contains("OIDCToken=other&"));
}

BOOST_AUTO_TEST_CASE(refusals_of_sts_are_named_by_their_code) {
  oidc_world w;
  BOOST_TEST(course{w.source()}.problem().starts_with("there is no token"));
  w.files.write("token", "\n");
  BOOST_TEST(course{w.source()}.problem().ends_with("is empty"));
  w.files.write("token", "hush");
  course x{w.source()};
  x.answer(400, R"({"Code":"AuthenticationFail.OIDCToken.Expired",)"
                R"("Message":"hush has expired"})");
  BOOST_TEST(x.problem()
             == "STS answers with status 400 and the code "
                "AuthenticationFail.OIDCToken.Expired");
  BOOST_TEST(course{w.source()}.no_answer().problem().contains("timeout"));
  BOOST_TEST(
    course{w.source()}.answer(200, "<hush>").problem().contains("Credentials"));
}

BOOST_AUTO_TEST_CASE(credentials_uri_is_asked_as_it_stands) {
  course x{aliyun::uri_source("http://127.0.0.1:7/keys?a=b")};
  BOOST_TEST(x.request().url == "http://127.0.0.1:7/keys?a=b");
  BOOST_TEST(x.answer(200, keys_json).key() == "STS.id");
  BOOST_TEST(course{aliyun::uri_source("http://h/")}.answer(404, "").problem()
             == "the credentials URI answers with status 404");
}

BOOST_AUTO_TEST_CASE(file_is_read_again_for_each_fetch) {
  folder files;
  auto source = aliyun::file_source(files / "keys");
  BOOST_TEST((source.poll == aliyun::file_poll));
  BOOST_TEST(course{source}.problem().contains("cannot read"));
  files.write("keys", R"({"AccessKeyId":"a","AccessKeySecret":"hush"})");
  BOOST_TEST(course{source}.key() == "a");
  files.write("keys", R"({"AccessKeyId":"b","AccessKeySecret":"hush"})");
  BOOST_TEST(course{source}.key() == "b");
  files.write("keys", R"({"AccessKeyId":"hush")");
  BOOST_TEST(course{source}.problem().starts_with(files / "keys"));
}

BOOST_AUTO_TEST_CASE(mounted_secret_is_read_as_one) {
  namespace fs = std::filesystem;
  folder files;
  auto version = [&](const std::string& name, const std::string& text) {
    fs::create_directory(files / name);
    files.write(name + "/ALIBABA_CLOUD_ACCESS_KEY_ID", text + "\n");
    files.write(name + "/ALIBABA_CLOUD_ACCESS_KEY_SECRET", "hush");
    fs::create_directory_symlink(name, files / "next");
    fs::rename(files / "next", files / "..data");
  };
  auto source = aliyun::file_source(files.path());
  BOOST_TEST(course{source}.problem().contains("is missing"));
  version("..1", "a");
  BOOST_TEST(course{source}.key() == "a");
  version("..2", "b");
  BOOST_TEST(course{source}.key() == "b");
}

BOOST_AUTO_TEST_CASE(addon_token_is_there_only_with_its_file) {
  folder files;
  auto source = aliyun::addon_token_source(files / "token-config");
  BOOST_TEST(course{source}.absent());
  files.write("token-config", "hush");
  BOOST_TEST(course{source}.problem().contains("JSON"));
  files.write("token-config", std::string(70'000, ' '));
  BOOST_TEST(course{source}.problem().contains("64 KiB"));
}

BOOST_AUTO_TEST_CASE(fixed_source_has_the_same_for_ever) {
  auto source
    = aliyun::fixed_source(credential_origin::environment,
                           {"id", aliyun::secret{"hush"}, {}, std::nullopt});
  BOOST_TEST(source.fixed);
  BOOST_TEST(course{source}.key() == "id");
  BOOST_TEST(course{source}.key() == "id");
}

BOOST_AUTO_TEST_SUITE_END()
