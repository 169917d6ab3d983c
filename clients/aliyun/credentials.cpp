#include "clients/aliyun/credentials.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace natgw::aliyun {

namespace {

struct variable_names {
  const char* key;
  const char* secret;
  const char* token;
};

constexpr std::array names{
  variable_names{"ALIBABA_CLOUD_ACCESS_KEY_ID",
                 "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
                 "ALIBABA_CLOUD_SECURITY_TOKEN"},
  variable_names{"ALICLOUD_ACCESS_KEY", "ALICLOUD_SECRET_KEY",
                 "ALICLOUD_ACCESS_KEY_STS_TOKEN"},
};

std::string_view read(const environment& env, const char* name) {
  const auto* x = env(name);
  return x == nullptr ? std::string_view{} : std::string_view{x};
}

bool is_clean(std::string_view x) {
  return std::ranges::all_of(x, [](char c) { return c > ' ' && c <= '~'; });
}

} // namespace

expected<credentials> read_environment(const environment& env) {
  for (const auto& x : names) {
    auto key = read(env, x.key);
    auto secret_text = read(env, x.secret);
    if (key.empty() || secret_text.empty())
      continue;
    credentials result{std::string{key}, secret{secret_text},
                       secret{read(env, x.token)}, std::nullopt};
    if (auto ok = validate(result); !ok)
      return std::unexpected{ok.error()};
    return result;
  }
  return fail(ec::credential, "the environment holds no access key");
}

expected<void> validate(const credentials& x) {
  if (x.access_key.empty() || x.access_secret.empty())
    return fail(ec::credential, "access key or secret is missing");
  if (!is_clean(x.access_key) || !is_clean(x.access_secret.reveal())
      || !is_clean(x.security_token.reveal()))
    return fail(ec::credential,
                "access key, secret or token holds a blank or a character "
                "that is not printable ASCII");
  return {};
}

bool same(const credentials& a, const credentials& b) {
  return a.access_key == b.access_key
         && a.access_secret.reveal() == b.access_secret.reveal()
         && a.security_token.reveal() == b.security_token.reveal()
         && a.expires == b.expires;
}

} // namespace natgw::aliyun
