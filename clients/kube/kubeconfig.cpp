#include "clients/kube/kubeconfig.hpp"

#include <yaml-cpp/yaml.h>

#include <cstdlib>
#include <filesystem>
#include <optional>

#include "clients/kube/files.hpp"
#include "core/trim.hpp"

namespace natgw::kube {

namespace {

namespace fs = std::filesystem;

struct document {
  std::string path;
  YAML::Node root;
};

using documents = std::vector<document>;

// A cluster, user or context, and the file it is from.
struct entry {
  const document* source = nullptr;
  YAML::Node node;

  std::string text(const char* name) const {
    auto value = node[name];
    return value && value.IsScalar() ? value.Scalar() : std::string{};
  }

  bool has(const char* name) const {
    auto value = node[name];
    return value && !value.IsNull();
  }

  // Paths in a kubeconfig are relative to where it lies.
  std::string path(const char* name) const {
    auto value = fs::path{text(name)};
    if (value.is_relative())
      value = fs::path{source->path}.parent_path() / value;
    return value.string();
  }
};

std::unexpected<error> refuse(std::string detail) {
  return fail(ec::invalid_config, "kubeconfig: " + std::move(detail));
}

expected<documents> read_all(const std::vector<std::string>& paths) {
  documents result;
  std::optional<error> missing;
  for (auto& path : paths) {
    auto text = read_file(path);
    if (!text) {
      // As kubectl has it: a list may name files that do not exist.
      missing = text.error();
      continue;
    }
    auto root = YAML::Load(*text);
    if (!root.IsMap())
      return refuse(path + " is not a mapping");
    result.push_back({path, root});
  }
  if (!result.empty())
    return result;
  return std::unexpected{
    missing.value_or(error{ec::invalid_config, "kubeconfig: no file given"})};
}

expected<entry> find_named(const documents& files, const char* list,
                           const char* inner, std::string_view name) {
  for (auto& file : files) {
    auto items = file.root[list];
    if (!items || !items.IsSequence())
      continue;
    for (const auto& item : items) {
      if (!item.IsMap() || !item["name"] || !item["name"].IsScalar()
          || item["name"].Scalar() != name)
        continue;
      if (auto node = item[inner]; node && node.IsMap())
        return entry{&file, node};
      return refuse(file.path + ": " + inner + " \"" + std::string{name}
                    + "\" is not a mapping");
    }
  }
  return refuse("there is no " + std::string{inner} + " \"" + std::string{name}
                + "\" in " + files.front().path);
}

std::string current_context(const documents& files) {
  for (auto& file : files) {
    auto node = file.root["current-context"];
    if (node && node.IsScalar() && !node.Scalar().empty())
      return node.Scalar();
  }
  return {};
}

// The PEM of `<name>-data`, or of the file that `<name>` points to; empty if
// neither is there.
expected<std::string> load_pem(const entry& from, const std::string& name) {
  auto data_name = name + "-data";
  if (from.has(data_name.c_str())) {
    auto pem = decode_base64(from.text(data_name.c_str()));
    if (!pem)
      return refuse(from.source->path + ": " + data_name + " is "
                    + pem.error().detail);
    return pem;
  }
  if (!from.has(name.c_str()))
    return std::string{};
  return read_file(from.path(name.c_str()));
}

expected<std::string> check_url(std::string url, const std::string& where) {
  while (url.ends_with('/'))
    url.pop_back();
  if (!url.starts_with("https://") && !url.starts_with("http://"))
    return refuse(where + ": server must begin with https:// or http://");
  if (url.find_first_of(" \t\r\n@?#") != std::string::npos)
    return refuse(where + ": server is not a plain URL");
  return url;
}

expected<void> apply_cluster(const entry& cluster, api_server& result) {
  auto& where = cluster.source->path;
  if (cluster.has("proxy-url"))
    return refuse(where + ": proxy-url is not supported");
  auto url = check_url(cluster.text("server"), where);
  if (!url)
    return std::unexpected{url.error()};
  auto authorities = load_pem(cluster, "certificate-authority");
  if (!authorities)
    return std::unexpected{authorities.error()};
  result.base_url = std::move(*url);
  result.tls.ca_pem = std::move(*authorities);
  result.tls.server_name = cluster.text("tls-server-name");
  result.tls.insecure = cluster.text("insecure-skip-tls-verify") == "true";
  return {};
}

// What would silently change who we are is refused rather than ignored.
expected<void> check_user(const entry& user) {
  auto& where = user.source->path;
  if (user.has("exec"))
    return refuse(where
                  + ": the user's credentials come from an exec plugin, which "
                    "is not supported; use a token, a tokenFile or a client "
                    "certificate");
  for (auto* name : {"auth-provider", "username", "password", "as", "as-uid",
                     "as-groups", "as-user-extra"})
    if (user.has(name))
      return refuse(where + ": the user's \"" + name + "\" is not supported");
  return {};
}

expected<void> apply_user(const entry& user, api_server& result) {
  if (auto ok = check_user(user); !ok)
    return ok;
  auto cert = load_pem(user, "client-certificate");
  if (!cert)
    return std::unexpected{cert.error()};
  auto key = load_pem(user, "client-key");
  if (!key)
    return std::unexpected{key.error()};
  if (cert->empty() != key->empty())
    return refuse(user.source->path
                  + ": a client certificate and its key belong together");
  result.tls.cert_pem = std::move(*cert);
  result.tls.key_pem = std::move(*key);
  if (user.has("tokenFile"))
    result.credentials = token_source::file(user.path("tokenFile"));
  else if (user.has("token"))
    result.credentials = token_source::fixed(user.text("token"));
  return {};
}

expected<api_server> resolve(const documents& files, std::string name) {
  if (name.empty())
    name = current_context(files);
  if (name.empty())
    return refuse("no context is named, and " + files.front().path
                  + " has no current-context");
  auto context = find_named(files, "contexts", "context", name);
  if (!context)
    return std::unexpected{context.error()};
  auto cluster = find_named(files, "clusters", "cluster",
                            context->text("cluster"));
  if (!cluster)
    return std::unexpected{cluster.error()};
  api_server result;
  if (auto ok = apply_cluster(*cluster, result); !ok)
    return std::unexpected{ok.error()};
  if (context->has("user")) {
    auto user = find_named(files, "users", "user", context->text("user"));
    if (!user)
      return std::unexpected{user.error()};
    if (auto ok = apply_user(*user, result); !ok)
      return std::unexpected{ok.error()};
  }
  if (auto ns = context->text("namespace"); !ns.empty())
    result.namespace_name = ns;
  return result;
}

std::vector<std::string> split_paths(std::string_view list) {
  std::vector<std::string> result;
  while (!list.empty()) {
    auto end = list.find(':');
    if (end != 0)
      result.emplace_back(list.substr(0, end));
    list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
  }
  return result;
}

std::string variable(const char* name) {
  const auto* value = std::getenv(name);
  return value == nullptr ? std::string{} : std::string{value};
}

} // namespace

environment environment::of_process() {
  environment result;
  result.kubeconfig = variable("KUBECONFIG");
  result.home = variable("HOME");
  result.service_host = variable("KUBERNETES_SERVICE_HOST");
  result.service_port = variable("KUBERNETES_SERVICE_PORT");
  return result;
}

expected<api_server> load_kubeconfig(const std::vector<std::string>& paths,
                                     std::string_view context) {
  // yaml-cpp throws; its exceptions end here.
  try {
    auto files = read_all(paths);
    if (!files)
      return std::unexpected{files.error()};
    return resolve(*files, std::string{context});
  } catch (const YAML::Exception& problem) {
    // Only the position: the message may quote the text, which has secrets.
    return refuse(
      "not valid YAML at line " + std::to_string(problem.mark.line + 1) + " of "
      + (paths.size() == 1 ? paths.front() : "a file in KUBECONFIG"));
  }
}

expected<api_server> load_in_cluster(const environment& env) {
  if (env.service_host.empty() || env.service_port.empty())
    return fail(ec::invalid_config, "not in a cluster: KUBERNETES_SERVICE_HOST "
                                    "or KUBERNETES_SERVICE_PORT is not set");
  auto authorities = read_file(env.account_dir + "/ca.crt");
  if (!authorities)
    return std::unexpected{authorities.error()};
  api_server result;
  auto host = env.service_host.find(':') == std::string::npos
                ? env.service_host
                : '[' + env.service_host + ']';
  auto url = check_url("https://" + host + ':' + env.service_port,
                       "environment");
  if (!url)
    return std::unexpected{url.error()};
  result.base_url = std::move(*url);
  result.tls.ca_pem = std::move(*authorities);
  result.credentials = token_source::file(env.account_dir + "/token");
  if (auto token = result.credentials.token(); !token)
    return fail(ec::invalid_config, token.error().detail);
  auto ns = read_file(env.account_dir + "/namespace");
  if (ns && !core::trim(*ns).empty())
    result.namespace_name = core::trim(*ns);
  return result;
}

expected<api_server> find_api_server(const environment& env,
                                     std::string_view path,
                                     std::string_view context) {
  if (!path.empty())
    return load_kubeconfig({std::string{path}}, context);
  if (!env.kubeconfig.empty())
    return load_kubeconfig(split_paths(env.kubeconfig), context);
  if (!env.service_host.empty())
    return load_in_cluster(env);
  return load_kubeconfig({env.home + "/.kube/config"}, context);
}

} // namespace natgw::kube
