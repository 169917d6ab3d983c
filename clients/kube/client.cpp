#include "clients/kube/client.hpp"

#include <type_traits>
#include <utility>

#include "clients/kube/client_core.hpp"
#include "clients/kube/status_error.hpp"
#include "clients/kube/watch_stream.hpp"

namespace natgw::kube {

namespace {

constexpr size_t max_error_bytes = size_t{64} << 10U;

template <class Object>
constexpr const resource& type_of() {
  if constexpr (std::is_same_v<Object, pod_view>)
    return pods;
  else if constexpr (std::is_same_v<Object, node_view>)
    return nodes;
  else if constexpr (std::is_same_v<Object, interface_view>)
    return podenis;
  else
    return poddnats;
}

// Only names and labels are read of a node, and its status is long and
// changes with every heartbeat.
template <class Object>
constexpr bool metadata_only = std::is_same_v<Object, node_view>;

expected<void> parse_nothing(json_text) {
  return {};
}

} // namespace

expected<void> client_core::sign(http::request& x) const {
  auto token = server.credentials.token();
  if (!token)
    return std::unexpected{std::move(token.error())};
  if (!token->empty())
    x.headers.push_back({"Authorization", "Bearer " + *token});
  return {};
}

error client_core::refuse(const http::response& answer) const {
  if (answer.status == 401)
    server.credentials.invalidate();
  return to_error(answer);
}

error client_core::refuse_one(const http::response& answer) const {
  auto result = refuse(answer);
  if (result.code == ec::not_found && !names_missing_object(answer))
    result.code = ec::unavailable;
  return result;
}

void client_core::note_refusal(const access& what,
                               const http::response& answer) const {
  if (answer.status == 403 && options.on_forbidden
      && to_error(answer).code == ec::forbidden)
    options.on_forbidden(what.verb, what.resource);
}

http::request client_core::bound(http::request x) const {
  x.timeout = options.timeout;
  x.max_response_bytes = options.max_object_bytes;
  return x;
}

client::client(http::transport& net, api_server server, client_options options)
  : core_(std::make_shared<client_core>(net, std::move(server),
                                        std::move(options))) {
}

template <class Object>
void client::list_page(const list_query& query, completion<page<Object>> done) {
  auto request = list(core_->server.base_url, type_of<Object>(), query,
                      metadata_only<Object>);
  request.timeout = core_->options.list_timeout;
  request.max_response_bytes = core_->options.max_list_bytes;
  core_->ask(std::move(request), std::move(done), parse_page<Object>);
}

template <class Object>
uint64_t
client::watch(const watch_query& query, watch_handler<Object> handler) {
  auto request = kube::watch(core_->server.base_url, type_of<Object>(), query,
                             metadata_only<Object>);
  request.timeout = core_->options.timeout;
  request.idle_timeout = core_->options.watch_idle;
  request.max_response_bytes = max_error_bytes;
  if (auto ok = core_->sign(request); !ok) {
    handler.on_end(std::unexpected{std::move(ok.error())});
    return no_stream;
  }
  auto refuse = [self = core_,
                 what = access_of(request, core_->server.base_url)](
                  const http::response& answer) {
    self->note_refusal(what, answer);
    return self->refuse(answer);
  };
  return std::make_shared<watch_stream<Object>>(core_->net, std::move(handler),
                                                std::move(refuse))
    ->start(std::move(request));
}

void client::consumed(uint64_t id, size_t bytes) {
  core_->net.consumed(id, bytes);
}

void client::cancel(uint64_t id) {
  core_->net.cancel(id);
}

void client::get_record(const object_key& key, completion<record_ptr> done) {
  core_->read_one<record_view>(poddnats, key, std::move(done));
}

void client::create_event(const object_event& x, const event_times& seen,
                          uint64_t suffix, std::optional<instant> not_after,
                          completion<void> done) {
  if (!is_valid(x.key)) {
    done(std::unexpected{bad_key(x.key)});
    return;
  }
  auto request = core_->bound(create(core_->server.base_url, events, x.key.ns,
                                     event_body(x, seen, suffix)));
  request.not_after = not_after;
  core_->ask(std::move(request), std::move(done), parse_nothing);
}

void client::get_lease(const object_key& key, completion<lease_view> done) {
  core_->ask(core_->bound(get(core_->server.base_url,
                              object_path(leases, key.ns, key.name))),
             std::move(done), parse_lease);
}

void client::create_lease(const lease_view& x, completion<lease_view> done) {
  auto fresh = x;
  fresh.resource_version.clear();
  core_->ask(core_->bound(create(core_->server.base_url, leases, x.key.ns,
                                 lease_body(fresh))),
             std::move(done), parse_lease);
}

void client::put_lease(const lease_view& x, std::chrono::milliseconds timeout,
                       completion<lease_view> done) {
  if (x.resource_version.empty()) {
    done(fail(ec::invalid_argument, "a write without preconditions"));
    return;
  }
  auto request = core_->bound(replace(core_->server.base_url,
                                      object_path(leases, x.key.ns, x.key.name),
                                      lease_body(x)));
  request.timeout = timeout;
  core_->ask(std::move(request), std::move(done), parse_lease);
}

void client::get_namespace_uid(const std::string& name,
                               completion<std::string> done) {
  core_->ask(core_->bound(get(core_->server.base_url,
                              object_path(namespaces, "", name), true)),
             std::move(done), parse_uid);
}

const api_server& client::server() const {
  return core_->server;
}

template void client::list_page<pod_view>(const list_query&,
                                          completion<page<pod_view>>);
template void client::list_page<node_view>(const list_query&,
                                           completion<page<node_view>>);
template void
client::list_page<interface_view>(const list_query&,
                                  completion<page<interface_view>>);
template void client::list_page<record_view>(const list_query&,
                                             completion<page<record_view>>);
template uint64_t client::watch<pod_view>(const watch_query&,
                                          watch_handler<pod_view>);
template uint64_t client::watch<node_view>(const watch_query&,
                                           watch_handler<node_view>);
template uint64_t client::watch<interface_view>(const watch_query&,
                                                watch_handler<interface_view>);
template uint64_t client::watch<record_view>(const watch_query&,
                                             watch_handler<record_view>);

} // namespace natgw::kube
