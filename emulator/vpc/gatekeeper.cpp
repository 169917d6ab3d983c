#include "emulator/vpc/gatekeeper.hpp"

#include <algorithm>
#include <array>
#include <chrono>

namespace natgw::emulator {

namespace {

constexpr std::chrono::minutes clock_tolerance{15};

std::unexpected<api_error> incomplete() {
  return refuse(400, "IncompleteSignature",
                "The request signature does not conform to Aliyun standards.");
}

std::unexpected<api_error> mismatch(std::string_view string_to_sign) {
  return refuse(400, "SignatureDoesNotMatch",
                "Specified signature is not matched with our calculation. "
                "server string to sign is:"
                  + std::string{string_to_sign});
}

/// Every header that steers the request must be covered by the signature.
bool covers_enough(std::string_view signed_headers) {
  static constexpr auto needed = std::to_array<std::string_view>(
    {"host", "x-acs-action", "x-acs-version", "x-acs-date",
     "x-acs-signature-nonce", "x-acs-content-sha256"});
  const auto padded = ";" + std::string{signed_headers} + ";";
  return std::ranges::all_of(needed, [&](std::string_view name) {
    return padded.find(";" + std::string{name} + ";") != std::string::npos;
  });
}

bool denies(const access_key& key, const std::string& action) {
  return std::ranges::any_of(key.denied_actions, [&](const std::string& x) {
    return x == "*" || x == action;
  });
}

} // namespace

gatekeeper::gatekeeper(std::vector<access_key> keys) {
  set_keys(std::move(keys));
}

void gatekeeper::set_keys(std::vector<access_key> keys) {
  keys_.clear();
  for (auto& x : keys)
    put_key(std::move(x));
}

void gatekeeper::put_key(access_key key) {
  auto id = key.id;
  keys_.insert_or_assign(std::move(id), std::move(key));
}

gatekeeper::check gatekeeper::well_formed(const api_request& x,
                                          wall_time now) const {
  if (x.access_key_id.empty())
    return refuse_missing("AccessKeyId");
  if (!x.acs) {
    if (!x.has("Signature") || x.get("SignatureVersion") != "1.0")
      return incomplete();
    if (x.get("SignatureMethod") != "HMAC-SHA1")
      return refuse(400, "InvalidSignatureMethod",
                    "Specified signature method is not valid.");
  }
  if (x.nonce.empty())
    return refuse_missing("SignatureNonce");
  if (x.timestamp.empty())
    return refuse_missing("Timestamp");
  const auto time = parse_timestamp(x.timestamp);
  if (!time)
    return refuse(400, "InvalidTimeStamp.Format",
                  "Specified time stamp or date value is not well formatted.");
  if (*time > now + clock_tolerance || *time < now - clock_tolerance)
    return refuse(400, "InvalidTimeStamp.Expired",
                  "Specified time stamp or date value is expired.");
  return {};
}

api_expected<const access_key*> gatekeeper::key_of(const api_request& x) const {
  const auto found = keys_.find(x.access_key_id);
  if (found == keys_.end())
    return refuse(404, "InvalidAccessKeyId.NotFound",
                  "Specified access key is not found.");
  const auto& key = found->second;
  if (key.state == access_key::condition::inactive)
    return refuse(400, "InvalidAccessKeyId.Inactive",
                  "Specified access key is disabled.");
  if (key.state == access_key::condition::disabled)
    return refuse(403, "Forbidden.AccessKeyDisabled",
                  "The AccessKey is disabled.");
  return &key;
}

gatekeeper::check gatekeeper::token_fits(const api_request& x,
                                         const access_key& key,
                                         wall_time now) const {
  if (key.expires && now >= *key.expires)
    return refuse(400, "InvalidSecurityToken.Expired",
                  "Specified SecurityToken is expired.");
  if (x.security_token == key.security_token)
    return {};
  if (x.security_token.empty())
    return refuse_missing("SecurityToken");
  if (key.security_token.empty())
    return refuse(400, "InvalidSecurityToken.MismatchWithAccessKey",
                  "Specified SecurityToken mismatch with the AccessKey.");
  return refuse(400, "InvalidSecurityToken.Malformed",
                "Specified SecurityToken is malformed.");
}

gatekeeper::check gatekeeper::signature_fits(const api_request& x,
                                             const access_key& key) const {
  if (!x.acs) {
    const auto text = rpc_string_to_sign(x.raw->method, x.all);
    if (!equal_secrets(rpc_signature(key.secret, text), x.get("Signature")))
      return mismatch(text);
    return {};
  }
  const auto& claim = *x.authorization;
  if (!covers_enough(claim.signed_headers))
    return incomplete();
  const auto hash = sha256_hex(x.raw->body);
  const auto text = acs_string_to_sign(
    acs_canonical_request({.method = x.raw->method,
                           .path = x.raw->path(),
                           .query = &x.query,
                           .headers = x.raw->headers,
                           .signed_headers = claim.signed_headers,
                           .payload_hash = hash}));
  if (x.raw->find("x-acs-content-sha256") != hash
      || !equal_secrets(acs_signature(key.secret, text), claim.signature))
    return mismatch(text);
  return {};
}

gatekeeper::check gatekeeper::use_nonce(const api_request& x, wall_time now) {
  while (!nonce_queue_.empty() && nonce_queue_.front().first < now) {
    nonces_.erase(nonce_queue_.front().second);
    nonce_queue_.pop_front();
  }
  auto name = x.access_key_id + '\n' + x.nonce;
  if (!nonces_.insert(name).second)
    return refuse(400, "SignatureNonceUsed",
                  "Specified signature nonce was used already.");
  // A time stamp may lie ahead and be accepted until it lies behind.
  nonce_queue_.emplace_back(now + 2 * clock_tolerance, std::move(name));
  return {};
}

gatekeeper::verdict gatekeeper::judge(const api_request& x, wall_time now) {
  verdict result;
  const bool is_signed = x.acs ? x.authorization.has_value()
                               : x.has("Signature");
  const auto refused = [&](api_error err) {
    result.signature = is_signed ? signature_verdict::refused
                                 : signature_verdict::absent;
    result.refusal = std::move(err);
    return result;
  };
  if (x.acs && !is_signed)
    return refused(incomplete().error());
  if (auto good = well_formed(x, now); !good)
    return refused(good.error());
  const auto key = key_of(x);
  if (!key)
    return refused(key.error());
  if (auto good = token_fits(x, **key, now); !good)
    return refused(good.error());
  if (auto good = signature_fits(x, **key); !good)
    return refused(good.error());
  if (auto good = use_nonce(x, now); !good)
    return refused(good.error());
  if (denies(**key, x.action))
    result.refusal = api_error{
      403, "Forbidden.RAM",
      "User not authorized to operate on the specified resource, or this API "
      "doesn't support RAM."};
  result.account = (*key)->account;
  return result;
}

} // namespace natgw::emulator
