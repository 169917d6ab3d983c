#include "config/credential_schema.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>

#include "config/text.hpp"

namespace natgw::config {

namespace {

using namespace std::chrono_literals;
using yaml = YAML::Node;
using target = credential_settings;

expected<credential_origin> parse_origin(std::string_view raw) {
  if (auto result = credential_origin_of(raw))
    return *result;
  return fail(ec::invalid_argument,
              "must be configuration, file, addonToken, environment, oidc, "
              "credentialsURI or ecsRole");
}

void read_sources(reader& in, const yaml& x, target& out) {
  out.sources.clear();
  in.each(x, [&](const yaml& element) {
    auto count = in.errors().size();
    credential_origin origin{};
    in.parsed(element, origin, parse_origin, false);
    if (in.errors().size() > count || !element.IsScalar())
      return;
    if (std::ranges::find(out.sources, origin) != out.sources.end())
      in.error(position_of(element), "must not name a source twice");
    else
      out.sources.push_back(origin);
  });
}

expected<std::string> parse_role_arn(std::string_view raw) {
  return parse_arn(raw, "role");
}

expected<std::string> parse_provider_arn(std::string_view raw) {
  return parse_arn(raw, "oidc-provider");
}

template <std::string target::* Member,
          expected<std::string> (*Parse)(std::string_view)>
void read_as(reader& in, const yaml& x, target& out) {
  in.parsed(x, out.*Member, Parse);
}

constexpr key_rule<target> credential_setting_keys[] = {
  {"sources", read_sources},
  {"file", read_as<&target::file, parse_path>},
  {"addonTokenFile", read_as<&target::addon_token_file, parse_path>},
  {"credentialsURI", read_as<&target::uri, parse_url>},
  {"roleARN", read_as<&target::role_arn, parse_role_arn>},
  {"oidcProviderARN", read_as<&target::provider_arn, parse_provider_arn>},
  {"oidcTokenFile", read_as<&target::token_file, parse_path>},
  {"roleSessionName", read_as<&target::session_name, parse_ram_name>},
  {"sessionDuration",
   [](reader& in, const yaml& x, target& out) {
     in.duration(x, out.session_duration, 15min, 12h);
   }},
  {"stsEndpoint", read_as<&target::sts_endpoint, parse_endpoint>},
  {"ecsRole", read_as<&target::ecs_role, parse_ram_name>},
  {"metadataEndpoint",
   read_as<&target::metadata_endpoint, parse_local_endpoint>},
  {"metadataV1", [](reader& in, const yaml& x,
                    target& out) { in.boolean(x, out.metadata_v1); }},
};

} // namespace

void read_credential_settings(reader& in, const YAML::Node& x,
                              credential_settings& out) {
  read_map(in, x, credential_setting_keys, out);
}

} // namespace natgw::config
