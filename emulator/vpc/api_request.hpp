#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "emulator/vpc/refusal.hpp"
#include "emulator/vpc/signature.hpp"
#include "serving/http_server.hpp"

namespace natgw::emulator {

/// A request taken apart, whichever scheme it uses: RPC 1.0 has everything in
/// its parameters, ACS3 the common part in headers.
struct api_request {
  const serving::request* raw = nullptr;
  /// Of the URL only, as signed by ACS3.
  parameters query;
  /// Of the URL and of a form body.
  parameters all;
  /// Set for ACS3.
  std::optional<acs_authorization> authorization;
  /// True if it came by ACS3's headers, signed or not.
  bool acs = false;
  std::string action;
  std::string version;
  std::string access_key_id;
  std::string security_token;
  std::string nonce;
  std::string timestamp;

  /// The value of a parameter, empty if absent.
  const std::string& get(std::string_view name) const;
  bool has(std::string_view name) const {
    return !get(name).empty();
  }
  /// "true" in any letter case.
  bool flag(std::string_view name) const;
};

/// Takes a request apart. Refusals: UnsupportedHTTPMethod, InvalidParameter.
api_expected<api_request> parse_request(const serving::request& x);

/// A hash of the action and its own parameters: without the common ones and
/// without ClientToken.
uint64_t hash_parameters(const api_request& x);

/// Reads "2016-02-23T12:46:24Z", and nothing else.
std::optional<wall_time> parse_timestamp(std::string_view text);

/// Writes that form; with milliseconds if `precise`.
std::string format_timestamp(wall_time x, bool precise = false);

} // namespace natgw::emulator
