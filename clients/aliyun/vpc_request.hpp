#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "clients/aliyun/credentials.hpp"
#include "clients/aliyun/signing.hpp"
#include "clients/http/transport.hpp"
#include "messages/api_call.hpp"
#include "messages/error.hpp"
#include "messages/time.hpp"

namespace natgw::aliyun {

enum class signature_scheme : uint8_t {
  /// RPC signature version 1.0, HMAC-SHA1 in the parameters.
  v1,
  /// ACS3-HMAC-SHA256 in the headers.
  v3,
};

/// Where the business parameters travel; the API takes both.
enum class parameter_place : uint8_t { query, form };

/// How to reach VPC OpenAPI 2016-04-28 of one region.
struct vpc_endpoint {
  std::string region{};
  /// Host and, if it is not the scheme's, port. Empty: from the region.
  std::string host{};
  /// True for the endpoint that is reached from inside a VPC, if `host` is
  /// empty.
  bool internal = true;
  /// False only for emulators.
  bool tls = true;
  signature_scheme scheme = signature_scheme::v3;
  parameter_place place = parameter_place::query;

  /// `host`, or the region's: `vpc[-vpc].<region>.aliyuncs.com`.
  std::string resolved_host() const;
};

/// Checks region and host for characters that have no business there.
expected<void> validate(const vpc_endpoint& x);

/// The business parameters of a call, RegionId included. Errors:
/// invalid_argument if the call itself is not one that may be made.
expected<parameters> call_parameters(const api_call& x,
                                     const std::string& region);

/// Builds and signs the request for a call. Time-outs, bounds and the fence
/// are left to the caller.
/// @param now for the signature's time; the cloud accepts 15 minutes of error
/// @param nonce never used before by this access key
expected<http::request> make_request(const api_call& x, const vpc_endpoint& to,
                                     const credentials& who, wall_time now,
                                     std::string_view nonce);

} // namespace natgw::aliyun
