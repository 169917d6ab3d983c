#include "emulator/vpc/gatekeeper.hpp"

#include "test/unit/emulator_vpc/fixture.hpp"

using namespace natgw;
using namespace natgw::emulator;
using namespace natgw::emulator::test;

namespace {

/// An RPC 1.0 request; `changed` is applied before signing.
serving::request rpc_request(world& w, parameters changed, bool as_form = false,
                             std::string method = "POST") {
  parameters x{{"AccessKeyId", w.key.id},
               {"Action", "DescribeNatGateways"},
               {"Format", "JSON"},
               {"RegionId", "cn-hangzhou"},
               {"SignatureMethod", "HMAC-SHA1"},
               {"SignatureNonce", std::to_string(++w.nonce)},
               {"SignatureVersion", "1.0"},
               {"Timestamp", format_timestamp(w.wall)},
               {"Version", "2016-04-28"}};
  for (const auto& [name, value] : changed)
    x[name] = value;
  std::erase_if(x, [](const auto& y) { return y.second == "absent"; });
  x["Signature"] = rpc_signature(w.key.secret, rpc_string_to_sign(method, x));
  serving::request result;
  result.method = method;
  result.target = as_form ? "/" : "/?" + canonical_query(x);
  if (as_form) {
    result.headers
      = {{"content-type", "application/x-www-form-urlencoded; charset=utf-8"}};
    result.body = canonical_query(x);
  }
  return result;
}

std::string rpc_code(world& w, parameters changed) {
  return w.send(rpc_request(w, std::move(changed))).code;
}

/// An ACS3 request with one header changed (or taken away) after signing.
std::string code_with(world& w, std::string_view name, std::string value) {
  auto x = w.request("DescribeNatGateways", {});
  std::erase_if(x.headers, [&](const auto& h) { return h.name == name; });
  if (value != "absent")
    x.headers.push_back({std::string{name}, std::move(value)});
  return w.send(x).code;
}

/// The same, changed before signing.
answer resigned(world& w, std::string_view name, std::string value) {
  auto x = w.request("DescribeNatGateways", {});
  std::erase_if(x.headers, [&](const auto& h) {
    return h.name == name || h.name == "authorization";
  });
  if (value != "absent")
    x.headers.push_back({std::string{name}, std::move(value)});
  w.sign(x);
  return w.send(x);
}

uint64_t bad(const world& w) {
  return w.core->log().counters().unsigned_or_badly_signed;
}

} // namespace

BOOST_AUTO_TEST_SUITE(vpc_gatekeeper)

BOOST_AUTO_TEST_CASE(both_schemes_and_all_carriers_are_accepted) {
  world w;
  BOOST_TEST(w.call("DescribeNatGateways", {}).ok());
  BOOST_TEST(w.send(rpc_request(w, {})).ok());
  BOOST_TEST(w.send(rpc_request(w, {}, true)).ok());
  BOOST_TEST(w.send(rpc_request(w, {}, false, "GET")).ok());
  BOOST_TEST(w.send(rpc_request(w, {{"SignatureType", ""}})).ok());
  auto form = w.request("DescribeNatGateways", {});
  std::erase_if(form.headers, [](const auto& h) {
    return h.name == "authorization" || h.name == "x-acs-content-sha256";
  });
  form.body = "NatGatewayId=ngw-x";
  form.headers.push_back({"content-type", "application/x-www-form-urlencoded"});
  form.headers.push_back({"x-acs-content-sha256", sha256_hex(form.body)});
  w.sign(form);
  const auto got = w.send(form);
  BOOST_TEST(got.ok());
  BOOST_TEST(got.body.at("TotalCount") == 0);
  BOOST_TEST(bad(w) == 0U);
}

BOOST_AUTO_TEST_CASE(signature_in_the_parameters_beats_bare_headers) {
  world w;
  auto x = rpc_request(w, {});
  // As the official SDKs do.
  x.headers.push_back({"x-acs-action", "DescribeNatGateways"});
  x.headers.push_back({"x-acs-version", "2016-04-28"});
  BOOST_TEST(w.send(x).ok());
  // Nobody vouches for a header without ACS3's own signature.
  auto other = rpc_request(w, {});
  other.headers.push_back({"x-acs-action", "DescribeEipAddresses"});
  BOOST_TEST(w.send(other).body.contains("NatGateways"));
  auto acs = w.request("DescribeNatGateways", {{"Signature", "of no use"}});
  BOOST_TEST(w.send(acs).ok());
  BOOST_TEST(bad(w) == 0U);
}

BOOST_AUTO_TEST_CASE(further_signed_headers_are_verified) {
  world w;
  auto x = w.request("DescribeNatGateways", {});
  std::erase_if(x.headers,
                [](const auto& h) { return h.name == "authorization"; });
  x.headers.push_back({"x-acs-credentials-provider", "static_ak"});
  w.sign(x);
  auto forged = x;
  BOOST_TEST(w.send(x).ok());
  for (auto& h : forged.headers)
    if (h.name == "x-acs-credentials-provider")
      h.value = "forged";
  BOOST_TEST(w.send(forged).code == "SignatureDoesNotMatch");
}

BOOST_AUTO_TEST_CASE(what_is_not_signed_or_badly_signed_is_refused) {
  world w;
  BOOST_TEST(rpc_code(w, {{"AccessKeyId", "nobody"}})
             == "InvalidAccessKeyId.NotFound");
  BOOST_TEST(rpc_code(w, {{"AccessKeyId", "absent"}}) == "MissingAccessKeyId");
  BOOST_TEST(rpc_code(w, {{"SignatureNonce", "absent"}})
             == "MissingSignatureNonce");
  BOOST_TEST(rpc_code(w, {{"Timestamp", "absent"}}) == "MissingTimestamp");
  BOOST_TEST(rpc_code(w, {{"Timestamp", "yesterday"}})
             == "InvalidTimeStamp.Format");
  BOOST_TEST(rpc_code(w, {{"Timestamp", "2023-02-30T00:00:00Z"}})
             == "InvalidTimeStamp.Format");
  BOOST_TEST(rpc_code(w, {{"SignatureMethod", "HMAC-MD5"}})
             == "InvalidSignatureMethod");
  BOOST_TEST(rpc_code(w, {{"SignatureVersion", "2.0"}})
             == "IncompleteSignature");
  BOOST_TEST(code_with(w, "authorization", "absent") == "IncompleteSignature");
  BOOST_TEST(code_with(w, "authorization", "Basic x") == "IncompleteSignature");
  BOOST_TEST(code_with(w, "host", "elsewhere") == "SignatureDoesNotMatch");
  BOOST_TEST(code_with(w, "x-acs-content-sha256", "0")
             == "SignatureDoesNotMatch");
  BOOST_TEST(resigned(w, "host", "absent").code == "IncompleteSignature");
  BOOST_TEST(resigned(w, "x-acs-content-sha256", "0").code
             == "SignatureDoesNotMatch");
  BOOST_TEST(bad(w) == 14U);
  w.key.secret = "wrong";
  const auto got = w.call("DescribeNatGateways", {});
  BOOST_TEST(got.status == 400);
  BOOST_TEST(got.code == "SignatureDoesNotMatch");
  BOOST_TEST(got.message.find("server string to sign is:ACS3-HMAC-SHA256\n")
             != std::string::npos);
  BOOST_TEST(w.send(rpc_request(w, {}))
               .message.find("server string to sign is:POST&%2F&AccessKeyId%3D")
             != std::string::npos);
  BOOST_TEST(bad(w) == 16U);
}

BOOST_AUTO_TEST_CASE(body_or_query_cannot_be_changed) {
  world w;
  auto x = w.request("DescribeNatGateways", {});
  x.target += "&NatGatewayId=ngw-x";
  BOOST_TEST(w.send(x).code == "SignatureDoesNotMatch");
  x = w.request("DescribeNatGateways", {});
  x.body = "NatGatewayId=ngw-x";
  BOOST_TEST(w.send(x).code == "SignatureDoesNotMatch");
}

BOOST_AUTO_TEST_CASE(clock_may_be_off_by_fifteen_minutes) {
  world w;
  using std::chrono::minutes;
  const auto at = [&](std::chrono::milliseconds offset) {
    return resigned(w, "x-acs-date", format_timestamp(w.wall + offset)).code;
  };
  BOOST_TEST(at(minutes{15}).empty());
  BOOST_TEST(at(-minutes{15}).empty());
  BOOST_TEST(at(minutes{15} + seconds{1}) == "InvalidTimeStamp.Expired");
  BOOST_TEST(at(-minutes{15} - seconds{1}) == "InvalidTimeStamp.Expired");
}

BOOST_AUTO_TEST_CASE(nonce_is_used_once_within_its_time) {
  world w;
  const auto x = w.request("DescribeNatGateways", {});
  BOOST_TEST(w.send(x).ok());
  const auto again = w.send(x);
  BOOST_TEST(again.status == 400);
  BOOST_TEST(again.code == "SignatureNonceUsed");
  w.pass(std::chrono::minutes{31});
  BOOST_TEST(resigned(w, "x-acs-signature-nonce", "1").ok());
  // A forged request does not use a nonce up.
  auto forged = w.request("DescribeNatGateways", {});
  const auto genuine = forged;
  forged.target += "&x=y";
  BOOST_TEST(w.send(forged).code == "SignatureDoesNotMatch");
  BOOST_TEST(w.send(genuine).ok());
}

BOOST_AUTO_TEST_CASE(temporary_credentials_need_their_token) {
  auto options = prompt_options();
  options.keys[0].security_token = "sts+token/==";
  world w{options};
  options.keys[0].expires = w.wall + std::chrono::minutes{1};
  w.core->gate().set_keys(options.keys);
  BOOST_TEST(w.call("DescribeNatGateways", {}).code == "MissingSecurityToken");
  BOOST_TEST(rpc_code(w, {{"SecurityToken", "other"}})
             == "InvalidSecurityToken.Malformed");
  BOOST_TEST(rpc_code(w, {{"SecurityToken", "sts+token/=="}}).empty());
  w.key.security_token = "sts+token/==";
  BOOST_TEST(w.call("DescribeNatGateways", {}).ok());
  w.pass(std::chrono::minutes{1});
  BOOST_TEST(w.call("DescribeNatGateways", {}).code
             == "InvalidSecurityToken.Expired");
  w.core->gate().set_keys({access_key{}});
  BOOST_TEST(w.call("DescribeNatGateways", {}).code
             == "InvalidSecurityToken.MismatchWithAccessKey");
}

BOOST_AUTO_TEST_CASE(keys_can_be_inactive_disabled_or_without_right) {
  world w;
  access_key key;
  key.state = access_key::condition::inactive;
  w.core->gate().set_keys({key});
  BOOST_TEST(w.call("DescribeNatGateways", {}).code
             == "InvalidAccessKeyId.Inactive");
  key.state = access_key::condition::disabled;
  w.core->gate().set_keys({key});
  BOOST_TEST(w.call("DescribeNatGateways", {}).code
             == "Forbidden.AccessKeyDisabled");
  key.state = access_key::condition::active;
  key.denied_actions = {"CreateForwardEntry"};
  w.core->gate().set_keys({key});
  const auto denied = w.create();
  BOOST_TEST(denied.status == 403);
  BOOST_TEST(denied.code == "Forbidden.RAM");
  BOOST_TEST(w.call("DescribeNatGateways", {}).ok());
  // Lacking a right is no matter of signatures.
  BOOST_TEST(bad(w) == 2U);
}

BOOST_AUTO_TEST_CASE(unknown_actions_versions_and_methods_are_refused) {
  world w;
  auto got = w.call("DescribeRegions", {});
  BOOST_TEST(got.status == 404);
  BOOST_TEST(got.code == "InvalidApi.NotFound");
  BOOST_TEST(w.core->log().calls().back().action == "unknown");
  got = resigned(w, "x-acs-version", "2014-05-26");
  BOOST_TEST(got.status == 404);
  BOOST_TEST(got.code == "InvalidVersion");
  auto x = w.request("DescribeNatGateways", {});
  x.method = "PUT";
  BOOST_TEST(w.send(x).code == "UnsupportedHTTPMethod");
  x = w.request("DescribeNatGateways", {});
  x.target = "/?a=%zz";
  BOOST_TEST(w.send(x).code == "InvalidParameter.Format");
  serving::request empty;
  empty.method = "GET";
  empty.target = "/";
  BOOST_TEST(w.send(empty).code == "MissingAccessKeyId");
  BOOST_TEST(
    (w.core->log().calls().back().signature == signature_verdict::absent));
}

BOOST_AUTO_TEST_SUITE_END()
