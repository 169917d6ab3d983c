#include "clients/kube/client.hpp"

#include <map>
#include <mutex>
#include <type_traits>
#include <utility>

#include "clients/kube/record_body.hpp"
#include "clients/kube/status_error.hpp"
#include "clients/kube/watch_stream.hpp"

namespace natgw::kube {

namespace {

#ifdef NATGW_VERSION
constexpr std::string_view user_agent = "natgw-controller/" NATGW_VERSION;
#else
constexpr std::string_view user_agent = "natgw-controller/development";
#endif

constexpr size_t max_error_bytes = size_t{64} << 10U;

template <class Object>
constexpr const resource& type_of() {
  if constexpr (std::is_same_v<Object, pod_view>)
    return pods;
  else if constexpr (std::is_same_v<Object, node_view>)
    return nodes;
  else
    return poddnats;
}

// Only names and labels are read of a node, and its status is long and
// changes with every heartbeat.
template <class Object>
constexpr bool metadata_only = std::is_same_v<Object, node_view>;

bool is_success(const http::response& x) {
  return x.status >= 200 && x.status < 300;
}

bool is_valid(const object_key& key) {
  return is_path_segment(key.ns) && is_path_segment(key.name);
}

error bad_key(const object_key& key) {
  return {ec::invalid_argument, "not a name of an object: " + key.str()};
}

record_ptr share(record_view&& x) {
  // The write that took the last finalizer shows the object once more.
  if (x.deleting && !x.finalizer && x.foreign_finalizers.empty())
    return nullptr;
  return std::make_shared<const record_view>(std::move(x));
}

expected<record_ptr> parse_written(json_text text) {
  auto object = parse_object<record_view>(text);
  if (!object)
    return std::unexpected{object.error()};
  return share(std::move(*object));
}

expected<record_ptr> parse_after_remove(json_text text) {
  auto object = parse_removed(text);
  if (!object)
    return std::unexpected{object.error()};
  return *object ? share(std::move(**object)) : nullptr;
}

template <class Object>
expected<std::shared_ptr<const Object>> parse_shared(json_text text) {
  auto object = parse_object<Object>(text);
  if (!object)
    return std::unexpected{object.error()};
  return std::make_shared<const Object>(std::move(*object));
}

expected<void> parse_nothing(json_text) {
  return {};
}

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
    return "/api/" + escape(type.version);
  return "/apis/" + escape(type.group) + '/' + escape(type.version);
}

} // namespace

struct client::shared : std::enable_shared_from_this<client::shared> {
  shared(http::transport& transport, api_server api, client_options opts)
    : net(transport),
      server(std::move(api)),
      options(opts) {
  }

  http::transport& net;
  const api_server server;
  const client_options options;
  std::mutex mutex;
  /// By (apiVersion, kind); guarded by `mutex`.
  std::map<std::pair<std::string, std::string>, std::string> plurals;

  expected<void> sign(http::request& x) const {
    auto token = server.credentials.token();
    if (!token)
      return std::unexpected{std::move(token.error())};
    x.headers.push_back({"User-Agent", std::string{user_agent}});
    if (!token->empty())
      x.headers.push_back({"Authorization", "Bearer " + *token});
    return {};
  }

  error refuse(const http::response& answer) const {
    if (answer.status == 401)
      server.credentials.invalidate();
    return to_error(answer);
  }

  void send(http::request x, http::completion done) {
    if (auto ok = sign(x); !ok)
      done(std::unexpected{std::move(ok.error())});
    else
      net.send(std::move(x), std::move(done));
  }

  /// Sends, and hands the parsed body over.
  template <class T, class Parse>
  void ask(http::request x, completion<T> done, Parse parse) {
    send(std::move(x),
         [self = shared_from_this(), parse,
          then = std::move(done)](expected<http::response> answer) mutable {
           if (!answer)
             then(std::unexpected{std::move(answer.error())});
           else if (!is_success(*answer))
             then(std::unexpected{self->refuse(*answer)});
           else
             then(parse(pad(answer->body)));
         });
  }

  http::request bound(http::request x) const {
    x.timeout = options.timeout;
    x.max_response_bytes = options.max_object_bytes;
    return x;
  }

  void write_now(const record_write& x, std::optional<instant> not_after,
                 completion<record_ptr> done) {
    auto path = object_path(poddnats, x.key.ns, x.key.name);
    auto request = bound(request_for(x, path));
    request.not_after = not_after;
    ask(std::move(request), std::move(done),
        x.op == record_op::remove ? parse_after_remove : parse_written);
  }

  http::request request_for(const record_write& x, const std::string& path) {
    auto& url = server.base_url;
    switch (x.op) {
      case record_op::create:
        return create(url, poddnats, x.key.ns, create_body(x));
      case record_op::promise:
        return patch(url, path, patch_type::merge, promise_body(x, *x.base));
      case record_op::status:
        return patch(url, path + "/status", patch_type::merge, status_body(x));
      case record_op::release:
        return patch(url, path, patch_type::merge, release_body(x, *x.base));
      case record_op::remove:
        break;
    }
    return remove(url, path, x.uid, x.resource_version);
  }

  void read_then_write(record_write x, std::optional<instant> not_after,
                       completion<record_ptr> done) {
    auto path = object_path(poddnats, x.key.ns, x.key.name);
    completion<record_ptr> next
      = [self = shared_from_this(), x = std::move(x), not_after,
         then = std::move(done)](expected<record_ptr> base) mutable {
          if (!base) {
            then(std::move(base));
            return;
          }
          if ((*base)->uid != x.uid
              || (*base)->resource_version != x.resource_version) {
            then(fail(ec::conflict, "the object has changed"));
            return;
          }
          x.base = std::move(*base);
          self->write_now(x, not_after, std::move(then));
        };
    ask(bound(get(server.base_url, path)), std::move(next),
        parse_shared<record_view>);
  }

  void patch_one(http::request x, std::optional<instant> not_after,
                 completion<void> done) {
    auto request = bound(std::move(x));
    request.not_after = not_after;
    send(std::move(request),
         [self = shared_from_this(),
          then = std::move(done)](expected<http::response> answer) mutable {
           if (!answer)
             then(std::unexpected{std::move(answer.error())});
           else if (is_success(*answer))
             then({});
           else if (is_other_object(*answer))
             then(fail(ec::not_found, "the pod of this name is another one"));
           else
             then(std::unexpected{self->refuse(*answer)});
         });
  }

  void patch_annotation(const pod_patch& x, std::optional<instant> not_after,
                        completion<void> done) {
    patch_one(patch(server.base_url, object_path(pods, x.key.ns, x.key.name),
                    patch_type::merge, annotation_body(x)),
              not_after, std::move(done));
  }

  void look(const object_query& query, const std::string& plural,
            completion<object_answer> done) {
    resource type;
    split_api_version(query.api_version, type);
    type.plural = plural;
    auto path = object_path(type, query.key.ns, query.key.name);
    completion<std::string> next
      = [token = query.token,
         then = std::move(done)](expected<std::string> uid) mutable {
          if (uid)
            then(object_answer{token, presence::exists, std::move(*uid)});
          else if (uid.error().code == ec::not_found)
            then(object_answer{token, presence::absent, {}});
          else
            then(std::unexpected{std::move(uid.error())});
        };
    ask(bound(get(server.base_url, path, true)), std::move(next), parse_uid);
  }

  std::optional<std::string> plural_of(const object_query& query) {
    if (auto known = built_in_plural(query))
      return known;
    std::lock_guard guard{mutex};
    auto found = plurals.find({query.api_version, query.kind});
    if (found == plurals.end())
      return std::nullopt;
    return found->second;
  }

  void discover(const object_query& query, const resource& type,
                completion<object_answer> done) {
    auto request = bound(get(server.base_url, discovery_path(type)));
    completion<std::string> next = [self = shared_from_this(), query,
                                    then = std::move(done)](
                                     expected<std::string> plural) mutable {
      if (!plural) {
        // An API that is not served any more proves nothing about the
        // object: it may live on under another version.
        auto code = plural.error().code == ec::not_found ? ec::unavailable
                                                         : plural.error().code;
        then(fail(code, query.api_version + " " + query.kind + ": "
                          + plural.error().detail));
        return;
      }
      {
        std::lock_guard guard{self->mutex};
        self->plurals[{query.api_version, query.kind}] = *plural;
      }
      self->look(query, *plural, std::move(then));
    };
    ask(std::move(request), std::move(next),
        [kind = query.kind](json_text text) {
          return parse_plural(text, kind);
        });
  }
};

client::client(http::transport& net, api_server server, client_options options)
  : shared_(std::make_shared<shared>(net, std::move(server), options)) {
}

template <class Object>
void client::list_page(const list_query& query, completion<page<Object>> done) {
  auto request = list(shared_->server.base_url, type_of<Object>(), query,
                      metadata_only<Object>);
  request.timeout = shared_->options.list_timeout;
  request.max_response_bytes = shared_->options.max_list_bytes;
  shared_->ask(std::move(request), std::move(done), parse_page<Object>);
}

template <class Object>
uint64_t
client::watch(const watch_query& query, watch_handler<Object> handler) {
  auto request = kube::watch(shared_->server.base_url, type_of<Object>(), query,
                             metadata_only<Object>);
  request.timeout = shared_->options.timeout;
  request.idle_timeout = shared_->options.watch_idle;
  request.max_response_bytes = max_error_bytes;
  if (auto ok = shared_->sign(request); !ok) {
    handler.on_end(std::unexpected{std::move(ok.error())});
    return no_stream;
  }
  auto refuse = [self = shared_](const http::response& answer) {
    return self->refuse(answer);
  };
  return std::make_shared<watch_stream<Object>>(
           shared_->net, std::move(handler), std::move(refuse))
    ->start(std::move(request));
}

void client::consumed(uint64_t id, size_t bytes) {
  shared_->net.consumed(id, bytes);
}

void client::cancel(uint64_t id) {
  shared_->net.cancel(id);
}

void client::get_record(const object_key& key, completion<record_ptr> done) {
  if (!is_valid(key)) {
    done(std::unexpected{bad_key(key)});
    return;
  }
  shared_->ask(shared_->bound(get(shared_->server.base_url,
                                  object_path(poddnats, key.ns, key.name))),
               std::move(done), parse_shared<record_view>);
}

void client::get_pod(const object_key& key, completion<pod_ptr> done) {
  if (!is_valid(key)) {
    done(std::unexpected{bad_key(key)});
    return;
  }
  shared_->ask(shared_->bound(get(shared_->server.base_url,
                                  object_path(pods, key.ns, key.name))),
               std::move(done), parse_shared<pod_view>);
}

void client::write(record_write x, std::optional<instant> not_after,
                   completion<record_ptr> done) {
  if (!is_valid(x.key)) {
    done(std::unexpected{bad_key(x.key)});
    return;
  }
  if (x.op != record_op::create
      && (x.uid.empty() || x.resource_version.empty())) {
    done(fail(ec::invalid_argument, "a write without preconditions"));
    return;
  }
  auto replaces_lists = x.op == record_op::promise
                        || x.op == record_op::release;
  if (replaces_lists
      && (!x.base || x.base->resource_version != x.resource_version))
    shared_->read_then_write(std::move(x), not_after, std::move(done));
  else
    shared_->write_now(x, not_after, std::move(done));
}

void client::patch_pod(pod_patch x, wall_time since,
                       std::optional<instant> not_after,
                       completion<void> done) {
  if (!is_valid(x.key) || x.uid.empty()) {
    done(std::unexpected{bad_key(x.key)});
    return;
  }
  if (!x.condition) {
    if (x.status_annotation)
      shared_->patch_annotation(x, not_after, std::move(done));
    else
      done({});
    return;
  }
  auto request = patch(shared_->server.base_url,
                       object_path(pods, x.key.ns, x.key.name, "status"),
                       patch_type::strategic_merge, condition_body(x, since));
  // The annotation comes second: it is what wakes whoever watches.
  completion<void> next = [self = shared_, x = std::move(x), not_after,
                           then = std::move(done)](expected<void> ok) mutable {
    if (ok && x.status_annotation)
      self->patch_annotation(x, not_after, std::move(then));
    else
      then(std::move(ok));
  };
  shared_->patch_one(std::move(request), not_after, std::move(next));
}

void client::create_event(const pod_event& x, const event_times& seen,
                          uint64_t suffix, completion<void> done) {
  if (!is_valid(x.key)) {
    done(std::unexpected{bad_key(x.key)});
    return;
  }
  shared_->ask(shared_->bound(create(shared_->server.base_url, events, x.key.ns,
                                     event_body(x, seen, suffix))),
               std::move(done), parse_nothing);
}

void client::get_lease(const object_key& key, completion<lease_view> done) {
  shared_->ask(shared_->bound(get(shared_->server.base_url,
                                  object_path(leases, key.ns, key.name))),
               std::move(done), parse_lease);
}

void client::create_lease(const lease_view& x, completion<lease_view> done) {
  auto fresh = x;
  fresh.resource_version.clear();
  shared_->ask(shared_->bound(create(shared_->server.base_url, leases, x.key.ns,
                                     lease_body(fresh))),
               std::move(done), parse_lease);
}

void client::put_lease(const lease_view& x, std::chrono::milliseconds timeout,
                       completion<lease_view> done) {
  if (x.resource_version.empty()) {
    done(fail(ec::invalid_argument, "a write without preconditions"));
    return;
  }
  auto request = shared_->bound(
    replace(shared_->server.base_url, object_path(leases, x.key.ns, x.key.name),
            lease_body(x)));
  request.timeout = timeout;
  shared_->ask(std::move(request), std::move(done), parse_lease);
}

void client::exists(const object_query& query, completion<object_answer> done) {
  resource type;
  if (!is_valid(query.key) || !split_api_version(query.api_version, type)) {
    done(std::unexpected{bad_key(query.key)});
    return;
  }
  if (auto plural = shared_->plural_of(query))
    shared_->look(query, *plural, std::move(done));
  else
    shared_->discover(query, type, std::move(done));
}

void client::get_namespace_uid(const std::string& name,
                               completion<std::string> done) {
  shared_->ask(shared_->bound(get(shared_->server.base_url,
                                  object_path(namespaces, "", name), true)),
               std::move(done), parse_uid);
}

const api_server& client::server() const {
  return shared_->server;
}

template void client::list_page<pod_view>(const list_query&,
                                          completion<page<pod_view>>);
template void client::list_page<node_view>(const list_query&,
                                           completion<page<node_view>>);
template void client::list_page<record_view>(const list_query&,
                                             completion<page<record_view>>);
template uint64_t client::watch<pod_view>(const watch_query&,
                                          watch_handler<pod_view>);
template uint64_t client::watch<node_view>(const watch_query&,
                                           watch_handler<node_view>);
template uint64_t client::watch<record_view>(const watch_query&,
                                             watch_handler<record_view>);

} // namespace natgw::kube
