#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

/// How the API says no.
namespace natgw::emulator {

/// Every code with which the emulator refuses by itself. (A scripted fault, and
/// `duplicate_external_code`, may have any other.)
inline constexpr auto refusal_codes = std::to_array<std::string_view>({
  // Who is calling.
  "MissingAccessKeyId",
  "MissingSignatureNonce",
  "MissingTimestamp",
  "MissingSecurityToken",
  "IncompleteSignature",
  "InvalidSignatureMethod",
  "InvalidTimeStamp.Format",
  "InvalidTimeStamp.Expired",
  "InvalidAccessKeyId.NotFound",
  "InvalidAccessKeyId.Inactive",
  "Forbidden.AccessKeyDisabled",
  "InvalidSecurityToken.Expired",
  "InvalidSecurityToken.Malformed",
  "InvalidSecurityToken.MismatchWithAccessKey",
  "SignatureDoesNotMatch",
  "SignatureNonceUsed",
  "Forbidden.RAM",
  // What is called, and how often.
  "UnsupportedHTTPMethod",
  "InvalidParameter.Format",
  "InvalidVersion",
  "InvalidApi.NotFound",
  "Throttling.User",
  "InternalError",
  "ServiceUnavailable",
  "IdempotentParameterMismatch",
  "LastTokenProcessing",
  "DryRunOperation",
  // Parameters that are not there.
  "MissingRegionId",
  "MissingForwardTableId",
  "MissingForwardEntryId",
  "MissingNatGatewayId",
  "MissingExternalIp",
  "MissingExternalPort",
  "MissingInternalIp",
  "MissingInternalPort",
  "MissingIpProtocol",
  "MissingParameter",
  // Parameters that say nothing.
  "InvalidParameter",
  "InvalidExternalIp.Malformed",
  "InvalidInternalIp.Malformed",
  "InvalidExternalPort.Malformed",
  "InvalidInternalPort.Malformed",
  "InvalidProtocal.ValueNotSupported",
  "InvalidParameter.Name.Malformed",
  // What does not exist.
  "InvalidRegionId.NotFound",
  "InvalidNatGatewayId.NotFound",
  "InvalidForwardTableId.NotFound",
  "InvalidForwardEntryId.NotFound",
  "ResourceNotFound.ForwardEntry",
  // What the resources do not allow.
  "InvalidIp.NotInNatgw",
  "OperationUnsupported.EipInBinding",
  "Forbidden.ExternalIp.UsedInSnatTable",
  "Forbidden.DestnationIpOutOfVpcCIDR",
  "Forbindden",
  "Forbidden.Already.Bounded",
  "OperationUnsupported.ForwardEntry",
  "QuotaExceeded",
  "IncorrectStatus.NATGW",
  "IncorretForwardEntryStatus",
  "OperationConflict",
});

/// One of `refusal_codes`. Another text does not compile, so that the list is
/// complete.
struct refusal_code {
  consteval refusal_code(const char* x) : text{x} {
    if (std::ranges::find(refusal_codes, text) == refusal_codes.end())
      throw "not in refusal_codes";
  }

  std::string_view text;
};

/// The name of a parameter for whose absence `refusal_codes` has a code.
struct mandatory {
  consteval mandatory(const char* x) : name{x} {
    const auto is_missing = [this](std::string_view code) {
      return code.starts_with(prefix) && code.substr(prefix.size()) == name;
    };
    if (std::ranges::none_of(refusal_codes, is_missing))
      throw "no code in refusal_codes";
  }

  static constexpr std::string_view prefix = "Missing";
  std::string_view name;
};

/// A refusal as the API words it.
struct api_error {
  int status = 400;
  std::string code;
  std::string message;
  /// In milliseconds, 0: none; becomes x-acs-retry-after.
  int64_t retry_after = 0;

  bool operator==(const api_error&) const = default;
};

template <class T>
using api_expected = std::expected<T, api_error>;

inline std::unexpected<api_error> refuse(int status, refusal_code code,
                                         std::string message) {
  return std::unexpected{
    api_error{status, std::string{code.text}, std::move(message)}};
}

/// 400 Missing<Param>.
inline std::unexpected<api_error> refuse_missing(mandatory x) {
  const std::string name{x.name};
  return std::unexpected{api_error{400, std::string{mandatory::prefix} + name,
                                   name + " is mandatory for this action."}};
}

} // namespace natgw::emulator
