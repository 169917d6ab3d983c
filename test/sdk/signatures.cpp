// The SDK's signatures are what the emulator checks and what our client makes.

#include <mutex>

#include "clients/aliyun/signing.hpp"
#include "emulator/vpc/signature.hpp"
#include "serving/http_server.hpp"
#include "test/sdk/world.hpp"

using namespace natgw;
using namespace natgw::emulator;
using namespace natgw::test::sdk;

namespace {

/// A server that keeps what it is sent, and an SDK that calls it.
class listener {
public:
  listener() {
    auto started = serving::http_server::start(
      {}, [this](const serving::request& x, serving::responder right) {
        {
          std::lock_guard guard{mutex_};
          last_ = x;
        }
        right.answer(serving::response::json(200, R"({"RequestId":"r"})"));
      });
    BOOST_REQUIRE(started.has_value());
    server_ = std::move(*started);
  }

  /// A call with awkward characters; what came.
  serving::request hear(const json& client) {
    const json how{{"client", client}};
    json call{{"action", "CreateForwardEntry"},
              {"client",
               {{"endpoint", "127.0.0.1:" + std::to_string(server_->port())},
                {"protocol", "HTTP"},
                {"regionId", "cn-hangzhou"},
                {"accessKeyId", "id"},
                {"accessKeySecret", "secret"}}},
              {"request",
               {{"RegionId", "cn-hangzhou"},
                {"ExternalPort", "10/20"},
                {"ForwardEntryName", "a *~!'()\xe4\xb8\xad"},
                {"PortBreak", true}}}};
    call.merge_patch(how);
    const auto got = driver::shared().perform(call);
    BOOST_REQUIRE_MESSAGE(got.ok(), got.told.dump());
    std::lock_guard guard{mutex_};
    return last_;
  }

private:
  std::mutex mutex_;
  serving::request last_;
  std::unique_ptr<serving::http_server> server_;
};

std::vector<http::header> headers_of(const serving::request& x) {
  std::vector<http::header> result;
  for (const auto& h : x.headers)
    result.push_back({h.name, h.value});
  return result;
}

aliyun::parameters parameters_of(const serving::request& x) {
  const auto decoded = decode_parameters(x.query());
  BOOST_REQUIRE(decoded.has_value());
  return {decoded->begin(), decoded->end()};
}

} // namespace

BOOST_AUTO_TEST_SUITE(sdk_signatures)

BOOST_AUTO_TEST_CASE(everything_travels_in_the_query) {
  listener ear;
  const auto x = ear.hear(json::object());
  BOOST_TEST(x.method == "POST");
  BOOST_TEST(x.path() == "/");
  BOOST_TEST(x.body.empty());
  BOOST_TEST(x.find("content-type").empty());
  const auto all = decode_parameters(x.query()).value();
  BOOST_TEST(all.at("ExternalPort") == "10/20");
  BOOST_TEST(all.at("PortBreak") == "true");
}

BOOST_AUTO_TEST_CASE(acs_signature_covers_every_header_of_the_api) {
  listener ear;
  const auto x = ear.hear({{"securityToken", "sts+token/=="}});
  const auto claim = parse_authorization(x.find("authorization"));
  BOOST_REQUIRE(claim.has_value());
  BOOST_TEST(claim->signed_headers
             == "host;x-acs-accesskey-id;x-acs-action;x-acs-content-sha256;"
                "x-acs-credentials-provider;x-acs-date;x-acs-security-token;"
                "x-acs-signature-nonce;x-acs-version");
}

BOOST_AUTO_TEST_CASE(our_acs_signature_is_the_sdk_s) {
  listener ear;
  for (const json& client :
       {json::object(), json{{"securityToken", "sts+token/=="}}}) {
    const auto x = ear.hear(client);
    const auto headers = headers_of(x);
    BOOST_TEST(aliyun::v3_authorization(
                 {.query = aliyun::canonical_query(parameters_of(x)),
                  .headers = &headers,
                  .payload_hash = aliyun::sha256_hex("")},
                 "id", aliyun::secret{"secret"})
               == x.find("authorization"));
  }
}

BOOST_AUTO_TEST_CASE(our_rpc_signature_is_the_sdk_s) {
  listener ear;
  const auto x = ear.hear({{"signatureAlgorithm", "v2"}});
  auto all = parameters_of(x);
  std::string theirs;
  std::erase_if(all, [&](const auto& y) {
    if (y.first == "Signature")
      theirs = y.second;
    return y.first == "Signature";
  });
  const auto text = aliyun::v1_string_to_sign("POST",
                                              aliyun::canonical_query(all));
  BOOST_TEST(aliyun::v1_signature(text, aliyun::secret{"secret"}) == theirs);
}

BOOST_AUTO_TEST_CASE(both_schemes_are_accepted) {
  world w;
  const json rpc{{"client", {{"signatureAlgorithm", "v2"}}}};
  const auto request = world::parameters_of(world::creation());
  const auto by_rpc = w.call("CreateForwardEntry", request, rpc);
  BOOST_REQUIRE_MESSAGE(by_rpc.ok(), by_rpc.told.dump());
  // The same wish whichever the scheme.
  const auto by_acs = w.call("CreateForwardEntry", request);
  BOOST_REQUIRE_MESSAGE(by_acs.ok(), by_acs.told.dump());
  BOOST_TEST(by_rpc.body().at("ForwardEntryId")
             == by_acs.body().at("ForwardEntryId"));
  BOOST_TEST(w.last_call().replayed);
  const json wrong{
    {"client", {{"signatureAlgorithm", "v2"}, {"accessKeySecret", "wrong"}}}};
  BOOST_TEST(w.call("DescribeNatGateways", json::object(), wrong).code()
             == "SignatureDoesNotMatch");
}

BOOST_AUTO_TEST_CASE(temporary_credentials_are_accepted_by_both_schemes) {
  world w;
  w.key.security_token = "sts+token/==";
  w.with_core([&](vpc_core& core) { core.gate().set_keys({w.key}); });
  BOOST_TEST(w.both(world::about(api_action::describe_gateways)).ok());
  BOOST_TEST(w.call("DescribeNatGateways", json::object(),
                    {{"client", {{"signatureAlgorithm", "v2"}}}})
               .ok());
}

BOOST_AUTO_TEST_CASE(stale_and_reused_requests_are_refused_in_rpc_too) {
  world w;
  const auto code = [&](const json& queries) {
    return w
      .call("DescribeNatGateways", json::object(),
            {{"client", {{"signatureAlgorithm", "v2"}}}, {"queries", queries}})
      .code();
  };
  BOOST_TEST(code({{"Timestamp", "2020-01-01T00:00:00Z"}})
             == "InvalidTimeStamp.Expired");
  BOOST_TEST(code({{"SignatureNonce", "same"}}).empty());
  BOOST_TEST(code({{"SignatureNonce", "same"}}) == "SignatureNonceUsed");
}

BOOST_AUTO_TEST_SUITE_END()
