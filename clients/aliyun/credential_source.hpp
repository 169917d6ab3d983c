#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "clients/aliyun/credentials.hpp"
#include "clients/http/transport.hpp"
#include "messages/credential.hpp"
#include "messages/error.hpp"
#include "messages/time.hpp"

namespace natgw::aliyun {

/// How a fetch ended: with credentials, or empty if the source is not there at
/// all (no such file, no role on the node). Errors: `credential`, with a detail
/// that says what failed and holds no secret.
using fetch_result = expected<std::optional<credentials>>;

/// What a fetch needs next: one exchange over HTTP, or nothing any more.
using fetch_step = std::variant<http::request, fetch_result>;

/// One attempt to get credentials from one place, as a course of exchanges
/// that somebody else makes. It waits for nothing.
class credential_fetch {
public:
  virtual ~credential_fetch() = default;

  /// @param nonce a text that is never used again
  virtual fetch_step begin(wall_time now, const std::string& nonce) = 0;

  /// The answer to the request of the last step.
  virtual fetch_step answered(expected<http::response> x) = 0;
};

/// A place where credentials come from.
struct credential_source {
  credential_origin origin = credential_origin::configuration;
  std::function<std::unique_ptr<credential_fetch>()> fetch;
  /// Set where they may be exchanged without notice.
  std::optional<std::chrono::milliseconds> poll;
  /// It has the same credentials for ever.
  bool fixed = false;
};

/// Files are looked at so often.
inline constexpr std::chrono::milliseconds file_poll{5'000};

/// What is written in the configuration, or what was in the environment.
credential_source fixed_source(credential_origin origin, credentials x);

/// A file with the JSON that `read_credentials` reads, or a mounted secret: a
/// folder with files named as the variables of the environment,
/// ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET and, if there
/// is one, ALIBABA_CLOUD_SECURITY_TOKEN.
credential_source file_source(std::string path);

/// The file of `read_addon_token`; not there if it does not exist.
credential_source addon_token_source(std::string path);

/// The answer of a GET is the JSON that `read_credentials` reads.
credential_source uri_source(std::string url);

struct oidc_options {
  /// "https://sts-vpc.cn-hangzhou.aliyuncs.com"
  std::string endpoint;
  std::string role_arn;
  std::string provider_arn;
  /// Read anew for every fetch, since its token lives for an hour or so.
  std::string token_file;
  std::string session_name;
  std::chrono::seconds duration{3600};
};

/// AssumeRoleWithOIDC, the way of RRSA.
credential_source oidc_source(oidc_options x);

struct ecs_role_options {
  /// Without a slash at its end.
  std::string endpoint = "http://100.100.100.200";
  /// Empty: the one that the service names.
  std::string role;
  /// Ask without a token where the service gives none (IMDSv1).
  bool allow_v1 = true;
};

/// The role of the ECS instance, from its metadata service.
credential_source ecs_role_source(ecs_role_options x);

} // namespace natgw::aliyun
