#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/secret.hpp"
#include "messages/error.hpp"
#include "messages/time.hpp"

namespace natgw::aliyun {

using core::secret;

/// What signs a call.
struct credentials {
  std::string access_key;
  secret access_secret;
  /// The STS token; empty for a key pair of a user.
  secret security_token;
  /// Until when they are valid; empty: until they are revoked.
  std::optional<wall_time> expires;
};

/// An immutable snapshot: a call keeps the one it was signed with.
using credentials_ptr = std::shared_ptr<const credentials>;

/// Where credentials come from. Called by one thread at a time, and never
/// blocking: a source that must fetch or read does so elsewhere and hands out
/// what it has, until that has really expired.
class credential_source {
public:
  virtual ~credential_source() = default;

  /// The credentials to use now. The same pointer as long as they have not
  /// changed. Errors: `credential`, with a detail that holds no secret.
  virtual expected<credentials_ptr> current(wall_time now) = 0;

  /// The cloud has refused these; a source that can fetch others should.
  virtual void refused(const credentials_ptr& which);
};

/// Credentials that never change.
class static_credentials final : public credential_source {
public:
  explicit static_credentials(credentials x);

  expected<credentials_ptr> current(wall_time now) override;

private:
  credentials_ptr value_;
};

/// Reads a variable of the environment; nullptr if it is not set.
using environment = std::function<const char*(const char*)>;

/// Reads ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET and
/// ALIBABA_CLOUD_SECURITY_TOKEN, else ALICLOUD_ACCESS_KEY, ALICLOUD_SECRET_KEY
/// and ALICLOUD_ACCESS_KEY_STS_TOKEN. Errors: `credential` if no pair is whole.
expected<credentials> read_environment(const environment& env);

/// Checks what a person has typed: both parts there, printable, no blanks.
expected<void> validate(const credentials& x);

} // namespace natgw::aliyun
