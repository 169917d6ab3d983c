// Refusals for who calls, how, and how often.

#include <array>
#include <chrono>

#include "test/sdk/provocations.hpp"

namespace natgw::test::sdk {

namespace {

using namespace natgw::emulator;

constexpr std::chrono::hours an_hour{1};

outcome look(const world& w, json how = json::object()) {
  return w.call("DescribeNatGateways", json::object(), std::move(how));
}

outcome look_with_header(const world& w, const char* name,
                         const std::string& value) {
  return look(w, {{"headers", {{name, value}}}});
}

/// A look by RPC 1.0 that the SDK leaves unsigned: `queries` are ours.
outcome rpc_look(const world& w, const json& queries) {
  return look(w, {{"params", {{"authType", "Anonymous"}}},
                  {"client", {{"signatureAlgorithm", "v2"}}},
                  {"queries", queries}});
}

void put_key(const world& w, const access_key& x) {
  w.with_core([&](vpc_core& core) { core.gate().set_keys({x}); });
}

outcome look_with_key(const world& w, access_key::condition state) {
  auto key = w.key;
  key.state = state;
  put_key(w, key);
  return look(w);
}

/// The cloud's key has this token, the clients' has that one.
outcome look_with_token(world& w, const char* known, const char* sent) {
  auto key = w.key;
  key.security_token = known;
  put_key(w, key);
  w.key.security_token = sent;
  return w.both(world::about(api_action::describe_gateways));
}

outcome fail_until(const world& w, std::string_view code) {
  w.with_core([](vpc_core& core) {
    core.faults().add({.kind = fault_kind::error_before, .count = 100});
  });
  return call_until(code, [&] { return look(w); });
}

/// A request of our client that the cloud has, but does not answer for hours.
void leave_unanswered(world& w, const api_call& x) {
  const auto request = w.request_of(x);
  serving::request raw{.method = "POST",
                       .target = request.url.substr(request.url.find("/?")),
                       .headers = {},
                       .body = {}};
  for (const auto& h : request.headers)
    raw.headers.push_back(
      {h.name == "Authorization" ? "authorization" : h.name, h.value});
  w.with_core([&](vpc_core& core) {
    core.behaviour().write_time = {an_hour, an_hour};
    const auto now = std::chrono::floor<std::chrono::milliseconds>(
      std::chrono::system_clock::now());
    BOOST_TEST(core.handle(raw, vpc_server::now(), now).what.status == 200);
    core.behaviour().write_time = {};
  });
}

const auto by_call = std::to_array<provocation>({
  // -- who is calling ---------------------------------------------------------
  {400, "MissingAccessKeyId",
   [](world& w) { return rpc_look(w, {{"Signature", "x"}}); }},
  {400, "MissingSignatureNonce",
   [](world& w) { return look_with_header(w, "x-acs-signature-nonce", ""); }},
  {400, "MissingTimestamp",
   [](world& w) { return look_with_header(w, "x-acs-date", ""); }},
  {400, "MissingSecurityToken",
   [](world& w) { return look_with_token(w, "token", ""); }},
  {400, "IncompleteSignature",
   [](world& w) { return look(w, {{"params", {{"authType", "Anonymous"}}}}); }},
  {400, "InvalidSignatureMethod",
   [](world& w) {
     return rpc_look(w, {{"Signature", "x"},
                         {"AccessKeyId", w.key.id},
                         {"SignatureVersion", "1.0"},
                         {"SignatureMethod", "HMAC-SHA256"}});
   }},
  {400, "InvalidTimeStamp.Format",
   [](world& w) { return look_with_header(w, "x-acs-date", "yesterday"); }},
  {400, "InvalidTimeStamp.Expired",
   [](world& w) {
     return look_with_header(w, "x-acs-date", "2020-01-01T00:00:00Z");
   }},
  {404, "InvalidAccessKeyId.NotFound",
   [](world& w) {
     w.key.id = "nobody";
     return w.both(world::about(api_action::describe_gateways));
   }},
  {400, "InvalidAccessKeyId.Inactive",
   [](world& w) { return look_with_key(w, access_key::condition::inactive); }},
  {403, "Forbidden.AccessKeyDisabled",
   [](world& w) { return look_with_key(w, access_key::condition::disabled); }},
  {400, "InvalidSecurityToken.Expired",
   [](world& w) {
     auto key = w.key;
     key.expires = wall_time{};
     put_key(w, key);
     return w.both(world::about(api_action::describe_gateways));
   }},
  {400, "InvalidSecurityToken.Malformed",
   [](world& w) { return look_with_token(w, "token", "other"); }},
  {400, "InvalidSecurityToken.MismatchWithAccessKey",
   [](world& w) { return look_with_token(w, "", "other"); }},
  {400, "SignatureDoesNotMatch",
   [](world& w) {
     w.key.secret = "wrong";
     const auto got = w.both(world::about(api_action::describe_gateways));
     // By this the SDKs tell a mistake of their own from a wrong secret.
     BOOST_TEST(got.message().find("server string to sign is:ACS3-HMAC-SHA256")
                != std::string::npos);
     return got;
   }},
  {400, "SignatureNonceUsed",
   [](world& w) {
     const json same{{"headers", {{"x-acs-signature-nonce", "same"}}}};
     BOOST_TEST(look(w, same).ok());
     return look(w, same);
   }},
  {403, "Forbidden.RAM",
   [](world& w) {
     auto key = w.key;
     key.denied_actions = {"CreateForwardEntry"};
     put_key(w, key);
     BOOST_TEST(look(w).ok());
     return w.both(world::creation());
   }},
  // -- what is called, and how often ------------------------------------------
  {400, "UnsupportedHTTPMethod",
   [](world& w) { return look(w, {{"params", {{"method", "PUT"}}}}); }},
  {404, "InvalidVersion",
   [](world& w) { return look(w, {{"params", {{"version", "2014-05-26"}}}}); }},
  {404, "InvalidApi.NotFound",
   [](world& w) {
     return w.call("ListForwardEntries", json::object(),
                   {{"params", json::object()}});
   }},
  {400, "InvalidParameter.Format",
   [](world& w) {
     return create_with(w, {{"ClientToken", std::string(65, 'x')}});
   }},
  {400, "Throttling.User",
   [](world& w) {
     set_only(w, [](vpc_behaviour& x) {
       x.rates["DescribeNatGateways"] = {.per_second = 0, .burst = 1};
       x.retry_after = true;
     });
     BOOST_TEST(look(w).ok());
     BOOST_TEST(!look(w).ok());
     // Each action has a bucket of its own.
     BOOST_TEST(w.call("DescribeEipAddresses").ok());
     const auto got = w.both(world::about(api_action::describe_gateways));
     BOOST_TEST(got.told.at("retryAfter") == 3'600'000);
     return got;
   }},
  {500, "InternalError",
   [](world& w) { return fail_until(w, "InternalError"); }},
  {503, "ServiceUnavailable",
   [](world& w) { return fail_until(w, "ServiceUnavailable"); }},
  {400, "IdempotentParameterMismatch",
   [](world& w) {
     w.created(world::creation());
     return create_by_both(w, [](api_call& x) { x.spec.external_port = 700; });
   }},
  {403, "LastTokenProcessing",
   [](world& w) {
     leave_unanswered(w, world::creation());
     return w.both(world::creation());
   }},
  {400, "DryRunOperation",
   [](world& w) { return create_with(w, {{"DryRun", true}}); }},
});

} // namespace

std::span<const provocation> provocations_by_call() {
  return by_call;
}

} // namespace natgw::test::sdk
