#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/secret.hpp"
#include "messages/credential.hpp"
#include "messages/error.hpp"
#include "messages/time.hpp"

namespace natgw::aliyun {

using core::secret;
using natgw::credentials_ptr;

/// What signs a call.
struct credentials {
  std::string access_key;
  secret access_secret;
  /// The STS token; empty for a key pair of a user.
  secret security_token;
  /// Until when they are valid; empty: until they are revoked.
  std::optional<wall_time> expires;
};

/// Reads a variable of the environment; nullptr if it is not set.
using environment = std::function<const char*(const char*)>;

/// Reads ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET and
/// ALIBABA_CLOUD_SECURITY_TOKEN, else ALICLOUD_ACCESS_KEY, ALICLOUD_SECRET_KEY
/// and ALICLOUD_ACCESS_KEY_STS_TOKEN. Errors: `credential` if no pair is whole.
expected<credentials> read_environment(const environment& env);

/// Whether both sign the same way for the same time.
bool same(const credentials& a, const credentials& b);

/// Checks what a person has typed: both parts there, printable, no blanks.
expected<void> validate(const credentials& x);

} // namespace natgw::aliyun
