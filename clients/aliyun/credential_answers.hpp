#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "clients/aliyun/credentials.hpp"
#include "messages/error.hpp"

// What the places that hand out credentials answer. All errors are
// `credential`; their details say what is wrong and never quote the text.
// Whatever may hold a secret is wiped once it has been read.

namespace natgw::aliyun {

/// Larger answers, files and tokens are refused, in bytes.
inline constexpr size_t max_credential_bytes = size_t{64} << 10U;

/// The name of a role, as the metadata service lists it: one line of at most
/// 64 letters, digits, dots, dashes and underscores.
expected<std::string> read_role_name(std::string_view body);

/// What credentials have to be.
enum class credential_shape : uint8_t {
  /// With a token and an end.
  temporary,
  /// A key pair will do.
  any,
};

/// `{"AccessKeyId", "AccessKeySecret", "SecurityToken", "Expiration"}`, with
/// `"Code": "Success"` or without a Code: the metadata service, a credentials
/// URI, a file. Expiration is a time of RFC 3339.
expected<credentials> read_credentials(std::string body,
                                       credential_shape shape);

/// The answer of AssumeRoleWithOIDC: the same, under "Credentials".
expected<credentials> read_assumed_role(std::string body);

/// The Code of an error answer; empty if there is none that looks like one. At
/// most 128 letters, digits, dots, dashes and underscores.
std::string read_refusal_code(std::string body);

/// The file that managed clusters mount for their add-ons: the first three
/// fields are encrypted with AES-CBC under the file's own keyring.
/// `{"access.key.id", "access.key.secret", "security.token", "expiration",
/// "keyring"}`, each of the first three in base64, the IV in front.
expected<credentials> read_addon_token(std::string body);

} // namespace natgw::aliyun
