#include <map>
#include <mutex>
#include <utility>

#include "clients/http/percent_encoding.hpp"
#include "clients/kube/client_core.hpp"

namespace natgw::kube {

namespace {

std::optional<std::string> built_in_plural(const object_query& query) {
  using entry = std::pair<std::string_view, std::string_view>;
  static const std::map<entry, std::string_view> known{
    {{"v1", "Pod"}, "pods"},
    {{"v1", "ReplicationController"}, "replicationcontrollers"},
    {{"apps/v1", "DaemonSet"}, "daemonsets"},
    {{"apps/v1", "Deployment"}, "deployments"},
    {{"apps/v1", "ReplicaSet"}, "replicasets"},
    {{"apps/v1", "StatefulSet"}, "statefulsets"},
    {{"batch/v1", "Job"}, "jobs"},
  };
  auto found = known.find({query.api_version, query.kind});
  if (found == known.end())
    return std::nullopt;
  return std::string{found->second};
}

// `group/version`, or `v1` for the core group; false if it is neither.
bool split_api_version(std::string_view text, resource& out) {
  auto slash = text.find('/');
  out.group = slash == std::string_view::npos ? "" : text.substr(0, slash);
  out.version = slash == std::string_view::npos ? text : text.substr(slash + 1);
  return is_path_segment(out.version)
         && (slash == std::string_view::npos || is_path_segment(out.group));
}

std::string discovery_path(const resource& type) {
  if (type.group.empty())
    return "/api/" + http::percent_encode(type.version);
  return "/apis/" + http::percent_encode(type.group) + '/'
         + http::percent_encode(type.version);
}

expected<object_answer> judge(const core_ptr& core, uint64_t token,
                              http::response& answer) {
  if (is_success(answer)) {
    auto uid = parse_uid(pad(answer.body));
    if (!uid)
      return std::unexpected{std::move(uid.error())};
    return object_answer{token, presence::exists, std::move(*uid)};
  }
  auto problem = core->refuse_one(answer);
  if (problem.code == ec::not_found)
    return object_answer{token, presence::absent, {}};
  return std::unexpected{std::move(problem)};
}

void look(const core_ptr& core, const object_query& query,
          const std::string& plural, completion<object_answer> done) {
  resource type;
  split_api_version(query.api_version, type);
  type.plural = plural;
  auto path = object_path(type, query.key.ns, query.key.name);
  core->send(core->bound(get(core->server.base_url, path, true)),
             [core, token = query.token,
              then = std::move(done)](expected<http::response> answer) mutable {
               if (answer)
                 then(judge(core, token, *answer));
               else
                 then(std::unexpected{std::move(answer.error())});
             });
}

std::optional<std::string> plural_of(const core_ptr& core,
                                     const object_query& query) {
  if (auto known = built_in_plural(query))
    return known;
  std::lock_guard guard{core->mutex};
  auto found = core->plurals.find({query.api_version, query.kind});
  if (found == core->plurals.end())
    return std::nullopt;
  return found->second;
}

void remember(const core_ptr& core, const object_query& query,
              const std::string& plural) {
  std::lock_guard guard{core->mutex};
  core->plurals[{query.api_version, query.kind}] = plural;
}

void discover(const core_ptr& core, const object_query& query,
              const resource& type, completion<object_answer> done) {
  completion<std::string> next = [core, query, then = std::move(done)](
                                   expected<std::string> plural) mutable {
    if (plural) {
      remember(core, query, *plural);
      look(core, query, *plural, std::move(then));
      return;
    }
    auto problem = std::move(plural.error());
    if (problem.code == ec::not_found)
      problem.code = ec::unavailable;
    problem.detail.insert(0, query.api_version + ' ' + query.kind + ": ");
    then(std::unexpected{std::move(problem)});
  };
  core->ask(core->bound(get(core->server.base_url, discovery_path(type))),
            std::move(next), [kind = query.kind](json_text text) {
              return parse_plural(text, kind);
            });
}

} // namespace

void client::exists(const object_query& query, completion<object_answer> done) {
  resource type;
  if (!is_valid(query.key) || !split_api_version(query.api_version, type)) {
    done(std::unexpected{bad_key(query.key)});
    return;
  }
  if (auto plural = plural_of(core_, query))
    look(core_, query, *plural, std::move(done));
  else
    discover(core_, query, type, std::move(done));
}

} // namespace natgw::kube
