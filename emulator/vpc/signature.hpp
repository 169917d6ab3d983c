#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "messages/time.hpp"
#include "serving/http_server.hpp"

/// Both signature schemes of the OpenAPI, from the server's side. Shares no
/// code with clients/aliyun on purpose: two independent readings of one text.
namespace natgw::emulator {

/// Decoded names and values.
using parameters = std::map<std::string, std::string, std::less<>>;

/// RFC 3986: all but letters, digits, '-', '_', '.' and '~' become %XX.
std::string percent_encode(std::string_view text);

/// Decodes `a=b&c=d` ('+' is a space). The first of equal names counts. Absent
/// for a broken escape or more than 1,000 parameters.
std::optional<parameters> decode_parameters(std::string_view text);

/// Sorted, encoded, joined: what both schemes call the canonical query.
std::string canonical_query(const parameters& x);

/// RPC signature 1.0: what is signed for these parameters (`Signature` itself
/// is left out), and its HMAC-SHA1 in base64.
std::string rpc_string_to_sign(std::string_view method, const parameters& x);
std::string rpc_signature(std::string_view secret, std::string_view text);

/// ACS3-HMAC-SHA256.
struct acs_request {
  std::string_view method;
  std::string_view path;
  const parameters* query = nullptr;
  /// All that came, names in lower case.
  std::span<const serving::header> headers;
  /// Names in lower case, joined with ';', as Authorization lists them.
  std::string_view signed_headers;
  std::string_view payload_hash;
};

std::string acs_canonical_request(const acs_request& x);
std::string acs_string_to_sign(std::string_view canonical_request);
std::string acs_signature(std::string_view secret, std::string_view text);

/// What the Authorization header of ACS3 says.
struct acs_authorization {
  std::string credential;
  std::string signed_headers;
  std::string signature;
};

std::optional<acs_authorization> parse_authorization(std::string_view text);

std::string sha256_hex(std::string_view data);

/// Equal, in a time that does not tell where they differ.
bool equal_secrets(std::string_view x, std::string_view y);

} // namespace natgw::emulator
