#include "cli/cloud_sources.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "config/text.hpp"

namespace natgw::cli {

namespace {

using aliyun::credential_source;
/// Empty: the source is not set up.
using made_source = expected<std::optional<credential_source>>;

/// The settings, and the environment for what they leave open.
struct surroundings {
  const config::settings& all;
  const aliyun::environment& env;

  const config::credential_settings& own() const {
    return all.natgw.credentials;
  }

  std::string variable(const char* name) const {
    const auto* text = env(name);
    return text == nullptr ? std::string{} : std::string{text};
  }

  bool is_true(const char* name) const {
    auto text = config::lower(variable(name));
    return text == "true" || text == "1";
  }

  /// The setting, else the variable after it has been checked.
  template <class Parse>
  expected<std::string>
  text(const std::string& setting, const char* name, Parse parse) const {
    auto found = variable(name);
    if (!setting.empty() || found.empty())
      return setting;
    auto result = parse(std::string_view{found});
    if (!result)
      return fail(ec::credential, std::string{name} + " in the environment "
                                    + result.error().detail);
    return result;
  }
};

// -- without a network --------------------------------------------------------

made_source make_configuration(const surroundings& x) {
  const auto& keys = x.all.keys;
  if (keys.access_key.empty())
    return std::nullopt;
  aliyun::credentials result{
    std::string{keys.access_key.reveal()}, keys.access_secret, {}, {}};
  if (auto sound = aliyun::validate(result); !sound)
    return fail(ec::credential, "credential: " + sound.error().detail);
  return aliyun::fixed_source(credential_origin::configuration,
                              std::move(result));
}

made_source make_file(const surroundings& x) {
  if (x.own().file.empty())
    return std::nullopt;
  return aliyun::file_source(x.own().file);
}

made_source make_addon_token(const surroundings& x) {
  return aliyun::addon_token_source(x.own().addon_token_file);
}

made_source make_environment(const surroundings& x) {
  auto set = [&x](const char* name) { return !x.variable(name).empty(); };
  if (!set("ALIBABA_CLOUD_ACCESS_KEY_ID") && !set("ALICLOUD_ACCESS_KEY"))
    return std::nullopt;
  auto found = aliyun::read_environment(x.env);
  if (!found)
    return fail(ec::credential, "environment: " + found.error().detail);
  return aliyun::fixed_source(credential_origin::environment,
                              std::move(*found));
}

// -- over HTTP ----------------------------------------------------------------

/// The name of an endpoint: a bare host, or a whole address.
expected<std::string> parse_sts_endpoint(std::string_view text) {
  return text.contains("://")
           ? config::parse_endpoint(text)
           : config::parse_endpoint("https://" + std::string{text});
}

expected<std::string> sts_endpoint(const surroundings& x) {
  auto result = x.text(x.own().sts_endpoint, "ALIBABA_CLOUD_STS_ENDPOINT",
                       parse_sts_endpoint);
  if (!result || !result->empty())
    return result;
  auto region = x.text({}, "ALIBABA_CLOUD_STS_REGION",
                       [](auto text) { return config::parse_label(text, 63); });
  if (!region)
    return region;
  if (region->empty())
    *region = x.all.region;
  if (region->empty())
    return fail(ec::credential, "oidc needs a regionID, or natgw.credentials."
                                "stsEndpoint");
  auto outside = config::lower(x.variable("ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED"))
                 == "false";
  return (outside ? "https://sts." : "https://sts-vpc.") + *region
         + ".aliyuncs.com";
}

/// `rrsaRoleName` is a role of the account that the provider belongs to, and
/// wins over a role of the environment.
std::string named_role(const surroundings& x, std::string arn,
                       std::string_view provider) {
  const auto& name = x.all.role.role_name;
  if (!x.all.role.enabled || name.empty() || !x.own().role_arn.empty())
    return arn;
  return std::string{provider.substr(0, provider.rfind(':') + 1)} + "role/"
         + name;
}

made_source make_oidc(const surroundings& x) {
  const auto& own = x.own();
  auto role = x.text(own.role_arn, "ALIBABA_CLOUD_ROLE_ARN",
                     [](auto text) { return config::parse_arn(text, "role"); });
  auto provider = x.text(own.provider_arn, "ALIBABA_CLOUD_OIDC_PROVIDER_ARN",
                         [](auto text) {
                           return config::parse_arn(text, "oidc-provider");
                         });
  auto file = x.text(own.token_file, "ALIBABA_CLOUD_OIDC_TOKEN_FILE",
                     config::parse_path);
  auto session = x.text(own.session_name, "ALIBABA_CLOUD_ROLE_SESSION_NAME",
                        config::parse_ram_name);
  for (const auto* part : {&role, &provider, &file, &session})
    if (!*part)
      return std::unexpected{part->error()};
  if (!provider->empty())
    *role = named_role(x, *role, *provider);
  if (role->empty() || provider->empty() || file->empty())
    return std::nullopt;
  auto endpoint = sts_endpoint(x);
  if (!endpoint)
    return std::unexpected{endpoint.error()};
  return aliyun::oidc_source(
    {.endpoint = *endpoint,
     .role_arn = *role,
     .provider_arn = *provider,
     .token_file = *file,
     .session_name = session->empty() ? "natgw-controller" : *session,
     .duration
     = std::chrono::floor<std::chrono::seconds>(own.session_duration)});
}

made_source make_uri(const surroundings& x) {
  auto url = x.text(x.own().uri, "ALIBABA_CLOUD_CREDENTIALS_URI",
                    config::parse_url);
  if (!url)
    return std::unexpected{url.error()};
  if (url->empty())
    return std::nullopt;
  return aliyun::uri_source(*url);
}

made_source make_ecs_role(const surroundings& x) {
  if (x.is_true("ALIBABA_CLOUD_ECS_METADATA_DISABLED"))
    return std::nullopt;
  aliyun::ecs_role_options result;
  auto role = x.text(x.own().ecs_role, "ALIBABA_CLOUD_ECS_METADATA",
                     config::parse_ram_name);
  auto endpoint = x.text(
    x.own().metadata_endpoint, "ALIBABA_CLOUD_IMDS_ENDPOINT", [](auto text) {
      return text.contains("://")
               ? config::parse_local_endpoint(text)
               : config::parse_local_endpoint("http://" + std::string{text});
    });
  for (const auto* part : {&role, &endpoint})
    if (!*part)
      return std::unexpected{part->error()};
  result.role = *role;
  if (!endpoint->empty())
    result.endpoint = *endpoint;
  result.allow_v1 = x.own().metadata_v1
                    && !x.is_true("ALIBABA_CLOUD_IMDSV1_DISABLED");
  return aliyun::ecs_role_source(std::move(result));
}

// -- all of them --------------------------------------------------------------

made_source make_source(credential_origin origin, const surroundings& x) {
  switch (origin) {
    case credential_origin::configuration:
      return make_configuration(x);
    case credential_origin::file:
      return make_file(x);
    case credential_origin::addon_token:
      return make_addon_token(x);
    case credential_origin::environment:
      return make_environment(x);
    case credential_origin::oidc:
      return make_oidc(x);
    case credential_origin::credentials_uri:
      return make_uri(x);
    case credential_origin::ecs_role:
      break;
  }
  return make_ecs_role(x);
}

std::string what_it_needs(credential_origin origin) {
  switch (origin) {
    case credential_origin::configuration:
      return "credential.accessKey and credential.accessSecret";
    case credential_origin::file:
      return "natgw.credentials.file";
    case credential_origin::addon_token:
      return "natgw.credentials.addonTokenFile";
    case credential_origin::environment:
      return "ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET "
             "in the environment";
    case credential_origin::oidc:
      return "natgw.credentials.roleARN, oidcProviderARN and oidcTokenFile, or "
             "ALIBABA_CLOUD_ROLE_ARN, ALIBABA_CLOUD_OIDC_PROVIDER_ARN and "
             "ALIBABA_CLOUD_OIDC_TOKEN_FILE in the environment, where "
             "ack-pod-identity-webhook puts them";
    case credential_origin::credentials_uri:
      return "natgw.credentials.credentialsURI, or "
             "ALIBABA_CLOUD_CREDENTIALS_URI in the environment";
    case credential_origin::ecs_role:
      break;
  }
  return "ALIBABA_CLOUD_ECS_METADATA_DISABLED not to be true";
}

} // namespace

expected<std::vector<credential_source>>
cloud_sources(const config::settings& settings,
              const aliyun::environment& env) {
  surroundings x{settings, env};
  auto wanted = x.own().sources;
  // Whoever names a source wants it, and not what else there may be.
  auto named = !wanted.empty() || settings.role.enabled;
  if (wanted.empty() && settings.role.enabled)
    wanted = {credential_origin::oidc};
  for (size_t i = 0; !named && i < credential_origin_count; ++i)
    wanted.push_back(static_cast<credential_origin>(i));
  std::vector<credential_source> result;
  for (auto origin : wanted) {
    auto made = make_source(origin, x);
    if (!made)
      return std::unexpected{made.error()};
    if (*made)
      result.push_back(std::move(**made));
    else if (named)
      return fail(ec::credential, std::string{to_string(origin)} + " needs "
                                    + what_it_needs(origin));
  }
  return result;
}

} // namespace natgw::cli
