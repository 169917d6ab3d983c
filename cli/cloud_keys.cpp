#include "cli/cloud_keys.hpp"

#include <string>

namespace natgw::cli {

namespace {

std::string advice(const config::settings& settings) {
  std::string result{"; set credential.accessKey and credential.accessSecret, "
                     "or ALIBABA_CLOUD_ACCESS_KEY_ID and "
                     "ALIBABA_CLOUD_ACCESS_KEY_SECRET in the environment"};
  result += settings.role.enabled ? " (enableRRSA is not supported yet)"
                                  : " (the role of the node is not used)";
  return result;
}

} // namespace

expected<aliyun::credentials> cloud_keys(const config::settings& settings,
                                         const aliyun::environment& env) {
  auto& keys = settings.keys;
  if (keys.access_key.empty()) {
    auto found = aliyun::read_environment(env);
    if (!found)
      return fail(ec::credential, found.error().detail + advice(settings));
    return found;
  }
  aliyun::credentials result{.access_key
                             = std::string{keys.access_key.reveal()},
                             .access_secret = keys.access_secret,
                             .security_token = {},
                             .expires = {}};
  if (auto sound = aliyun::validate(result); !sound)
    return std::unexpected{sound.error()};
  return result;
}

} // namespace natgw::cli
