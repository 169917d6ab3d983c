#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/vpc/options.hpp"
#include "messages/time.hpp"
#include "serving/http_server.hpp"

namespace natgw::emulator {

/// Everything may be changed while the emulator runs.
struct desk_options {
  static constexpr std::string_view oidc_token = "Hush7x2SecretOidc";
  static_assert(oidc_token.starts_with(secret_mark));

  uint64_t seed = 1;
  /// Temporary credentials hold for so long ...
  std::chrono::milliseconds lifetime{std::chrono::hours{1}};
  /// ... and the metadata service and the URI show others when less than this
  /// is left, as the cloud does long before the end.
  std::chrono::milliseconds renewed_before{std::chrono::minutes{30}};
  /// The role of the node; empty: it has none.
  std::string node_role = "KubernetesWorkerRole-emulated";
  /// Whether the metadata service knows session tokens (version 2), and
  /// whether it answers without one (version 1).
  bool metadata_v2 = true;
  bool metadata_v1 = false;
  std::string role_arn = "acs:ram::1000000000000001:role/natgw";
  std::string provider_arn
    = "acs:ram::1000000000000001:oidc-provider/ack-rrsa-emulated";
  /// The OIDC tokens that are accepted.
  std::set<std::string, std::less<>> oidc_tokens{std::string{oidc_token}};
  /// So many of the next requests of any kind are answered with 503.
  uint32_t failures = 0;
  std::string account = "1000000000000001";
};

/// How often each place was asked.
struct desk_counters {
  uint64_t sessions = 0;
  uint64_t metadata = 0;
  uint64_t assumed = 0;
  uint64_t uri = 0;
};

/// The places that hand out temporary credentials, as a pure function of the
/// requests and their times: the metadata service of an ECS instance
/// (`/latest/...`), STS (AssumeRoleWithOIDC on `/`) and a credentials URI
/// (`GET /credentials`). Equal seeds and equal requests give equal answers.
class credential_desk {
public:
  /// Learns every key that is handed out, so that the API accepts it.
  using listener = std::function<void(const access_key&)>;

  credential_desk(desk_options options, listener on_issue);

  serving::response handle(const serving::request& x, wall_time now);

  /// Makes out temporary credentials for whoever gets them otherwise.
  access_key issue(wall_time now);

  /// What the metadata service and the URI show is shown no more.
  void forget_shown() {
    shown_.reset();
  }

  desk_options& options() {
    return options_;
  }

  /// All that were ever made out, in their order.
  const std::vector<access_key>& issued() const {
    return issued_;
  }

  const desk_counters& counters() const {
    return counters_;
  }

private:
  serving::response serve(const serving::request& x, wall_time now);
  serving::response metadata(const serving::request& x, wall_time now);
  serving::response open_session(const serving::request& x, wall_time now);
  serving::response assume(const serving::request& x, wall_time now);
  const access_key& shown(wall_time now);
  std::string word(size_t length);

  desk_options options_;
  listener on_issue_;
  std::mt19937_64 rng_;
  desk_counters counters_;
  /// Tokens of the metadata service, with their ends.
  std::map<std::string, wall_time, std::less<>> sessions_;
  std::optional<access_key> shown_;
  std::vector<access_key> issued_;
};

/// `{"Code": "Success", "AccessKeyId", ..., "Expiration"}`: the metadata
/// service's answer, which also serves as a credentials file.
std::string credentials_json(const access_key& x);

/// The same as the file that managed clusters mount for their add-ons,
/// encrypted under `keyring` of 16, 24 or 32 bytes.
std::string addon_token_json(const access_key& x, std::string_view keyring);

} // namespace natgw::emulator
