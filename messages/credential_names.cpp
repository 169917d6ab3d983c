#include <array>

#include "messages/credential.hpp"

namespace natgw {

namespace {

/// In the order of the enumerators.
constexpr std::array<std::string_view, credential_origin_count> origin_names{
  "configuration", "file",           "addonToken", "environment",
  "oidc",          "credentialsURI", "ecsRole",
};

} // namespace

std::string_view to_string(credential_origin x) {
  return origin_names[static_cast<size_t>(x)];
}

std::optional<credential_origin> credential_origin_of(std::string_view name) {
  for (size_t i = 0; i < origin_names.size(); ++i)
    if (origin_names[i] == name)
      return static_cast<credential_origin>(i);
  return std::nullopt;
}

} // namespace natgw
