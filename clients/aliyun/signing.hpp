#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "clients/http/transport.hpp"
#include "core/secret.hpp"

namespace natgw::aliyun {

using core::secret;

/// Names and values, neither encoded.
using parameters = std::vector<std::pair<std::string, std::string>>;

/// Sorts by name and encodes: `a=1&b=%2F`. What both schemes sign, and what is
/// sent.
std::string canonical_query(parameters x);

/// Scheme V1, HMAC-SHA1 over the query (RPC signature version 1.0). Used by
/// the emulator as well, to check.
/// @param method "GET" or "POST", as it is sent
/// @param canonical all parameters except Signature, from `canonical_query`
std::string v1_string_to_sign(std::string_view method,
                              std::string_view canonical);

/// Base64 of the HMAC-SHA1 with the key `<secret>&`.
std::string v1_signature(std::string_view string_to_sign,
                         const secret& access_secret);

/// What scheme V3 (ACS3-HMAC-SHA256) signs.
struct v3_input {
  std::string_view method = "POST";
  /// The path.
  std::string_view path = "/";
  /// From `canonical_query`.
  std::string query;
  /// In any order and case. Signed are `host`, `content-type` and `x-acs-*`.
  const std::vector<http::header>* headers = nullptr;
  /// Lower-case hex of the body's SHA-256.
  std::string payload_hash;
};

/// `a;b;c`: the names of the signed headers.
std::string v3_signed_headers(const std::vector<http::header>& headers);

std::string v3_canonical_request(const v3_input& x);

/// Lower-case hex of the HMAC-SHA256.
std::string v3_signature(std::string_view canonical_request,
                         const secret& access_secret);

/// The value of the header Authorization.
std::string v3_authorization(const v3_input& x, std::string_view access_key,
                             const secret& access_secret);

/// Lower-case hex of the SHA-256.
std::string sha256_hex(std::string_view x);

} // namespace natgw::aliyun
