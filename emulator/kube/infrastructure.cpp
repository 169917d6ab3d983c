#include "emulator/kube/infrastructure.hpp"

#include <algorithm>
#include <utility>

#include "emulator/kube/present.hpp"

namespace natgw::emulator::kube {

namespace {

response plain(int status, std::string body, const char* type) {
  response x;
  x.status = status;
  x.content_type = type;
  x.body = std::move(body);
  return x;
}

response as_json(const json& body) {
  return plain(200, body.dump() + "\n", "application/json");
}

} // namespace

response plain_answer(std::string body) {
  return plain(200, std::move(body), "application/json");
}

std::optional<response> infrastructure(const std::string& path,
                                       const catalog& types,
                                       std::string_view git_version) {
  if (path == "/healthz" || path == "/readyz" || path == "/livez"
      || path.starts_with("/healthz/") || path.starts_with("/readyz/")
      || path.starts_with("/livez/"))
    return plain(200, "ok", "text/plain");
  if (path == "/version" || path == "/version/") {
    auto minor = git_version.substr(std::min<size_t>(3, git_version.size()));
    return as_json({{"major", "1"},
                    {"minor", minor.substr(0, minor.find('.'))},
                    {"gitVersion", git_version},
                    {"gitCommit", "emulator"},
                    {"gitTreeState", "clean"},
                    {"buildDate", "1970-01-01T00:00:00Z"},
                    {"goVersion", "none"},
                    {"compiler", "none"},
                    {"platform", "linux/amd64"}});
  }
  if (path == "/api" || path == "/api/")
    return as_json(api_versions());
  if (path == "/apis" || path == "/apis/")
    return as_json(api_groups(types));
  json found;
  if (path == "/api/v1")
    found = api_resources(types, "", "v1");
  else if (path.starts_with("/apis/")) {
    auto rest = std::string_view{path}.substr(6);
    auto slash = rest.find('/');
    found = slash == std::string_view::npos
              ? api_group(types, rest)
              : api_resources(types, rest.substr(0, slash),
                              rest.substr(slash + 1));
  }
  if (found.is_null())
    return std::nullopt;
  return as_json(found);
}

} // namespace natgw::emulator::kube
