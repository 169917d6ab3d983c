#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "clients/http/transport.hpp"
#include "clients/kube/api_server.hpp"
#include "clients/kube/lease_body.hpp"
#include "clients/kube/objects.hpp"
#include "clients/kube/pod_body.hpp"
#include "clients/kube/requests.hpp"
#include "messages/object_query.hpp"
#include "messages/record.hpp"

namespace natgw::kube {

/// Called exactly once. On the transport's thread, or, if the request could
/// not even be made, before the call returns. Must be quick, must not throw.
template <class T>
using completion = std::move_only_function<void(expected<T>)>;

/// Events of a watch that arrived together. Whoever has dealt with them says
/// `consumed(id, bytes)`, or the stream pauses when its window is full.
template <class Object>
struct watch_batch {
  std::vector<watch_event<Object>> events;
  size_t bytes = 0;
};

/// Receives a watch. `on_events` never carries an event of kind `failed`: that
/// is how `on_end` is reached, once, with `expired` where a new list is due. A
/// success means that the server ended the watch in good order: resume it.
template <class Object>
struct watch_handler {
  std::move_only_function<void(watch_batch<Object>)> on_events;
  completion<void> on_end;
};

struct client_options {
  /// Bound on every exchange but lists and watches.
  std::chrono::milliseconds timeout{5'000};
  std::chrono::milliseconds list_timeout{60'000};
  /// A watch ends with `timeout` after so long without a byte. Bookmarks come
  /// about once a minute.
  std::chrono::milliseconds watch_idle{150'000};
  size_t max_list_bytes = size_t{64} << 20U;
  size_t max_object_bytes = size_t{4} << 20U;
  /// Told the verb and the resource of every request that is refused because a
  /// right is missing, both from a small set of words. On the transport's
  /// thread.
  std::function<void(std::string_view, std::string_view)> on_forbidden;
};

/// The API server as the controller uses it: one method for each thing asked
/// of it, parsed answers, errors as values. Keeps no rate and repeats nothing.
/// May be used from several threads. The transport outlives it; the client may
/// go while requests are under way.
///
/// Errors of every method: those of http::completion, and malformed,
/// not_found, conflict, unauthorized, forbidden, rejected, throttled,
/// unavailable (`retry_after` is set where the server named it).
class client {
public:
  client(http::transport& net, api_server server, client_options options = {});

  /// Reads one page. Also: expired. `Object`: pod_view, node_view (asked for
  /// without spec and status), interface_view or record_view.
  template <class Object>
  void list_page(const list_query& query, completion<page<Object>> done);

  /// Begins to watch. Returns the id for `consumed` and `cancel`. After a
  /// cancel `on_end` is still called, with `cancelled`.
  template <class Object>
  uint64_t watch(const watch_query& query, watch_handler<Object> handler);

  void consumed(uint64_t id, size_t bytes);

  void cancel(uint64_t id);

  /// Reads one PodDNAT, fresh.
  void get_record(const object_key& key, completion<record_ptr> done);

  /// Writes to a PodDNAT; the answer is the object as it is now, or null if
  /// it is gone. Also: already_exists, fenced. A promise or release without
  /// `base` reads the object first, and is a `conflict` if it is not the one
  /// that the preconditions name.
  void write(record_write x, std::optional<instant> not_after,
             completion<record_ptr> done);

  /// Sets the condition, then the annotation, whichever are there. `since` is
  /// the condition's lastTransitionTime. `not_found` also if the uid differs.
  void patch_pod(pod_patch x, wall_time since, std::optional<instant> not_after,
                 completion<void> done);

  void create_event(const object_event& x, const event_times& seen,
                    uint64_t suffix, std::optional<instant> not_after,
                    completion<void> done);

  void get_lease(const object_key& key, completion<lease_view> done);
  /// Also: already_exists.
  void create_lease(const lease_view& x, completion<lease_view> done);
  /// Replaces it, if it still has this resource version (else: conflict).
  /// `timeout` bounds the exchange, for a deadline that comes early.
  void put_lease(const lease_view& x, std::chrono::milliseconds timeout,
                 completion<lease_view> done);

  /// Looks whether an object exists; found is never `unknown`: that is an
  /// error. The plural of a kind that is not built in is asked of the server
  /// once; an API version that is not served is an error, not an absence.
  void exists(const object_query& query, completion<object_answer> done);

  /// The uid of a namespace (kube-system's is the identity of the cluster).
  void get_namespace_uid(const std::string& name, completion<std::string> done);

  const api_server& server() const;

private:
  std::shared_ptr<struct client_core> core_;
};

} // namespace natgw::kube
