#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace natgw::aliyun {
struct credentials;
}

namespace natgw {

/// Where credentials may come from, in the order in which they are asked for.
enum class credential_origin : uint8_t {
  configuration,
  file,
  addon_token,
  environment,
  oidc,
  credentials_uri,
  ecs_role,
};

inline constexpr size_t credential_origin_count = 7;

/// The name of the enumerator in the configuration, logs and metrics:
/// "configuration", "file", "addonToken", "environment", "oidc",
/// "credentialsURI" or "ecsRole".
std::string_view to_string(credential_origin x);

/// The inverse; empty for any other text.
std::optional<credential_origin> credential_origin_of(std::string_view name);

/// An immutable snapshot: a call keeps the one it was signed with. Defined by
/// clients/aliyun/credentials.hpp.
using credentials_ptr = std::shared_ptr<const aliyun::credentials>;

/// What to sign with from now on.
struct credential_news {
  /// Null: there is nothing that still holds.
  credentials_ptr keys;
  /// Why not, for people; never a secret.
  std::string reason;
};

/// The cloud does not accept these.
struct credential_refusal {
  credentials_ptr keys;
};

} // namespace natgw
