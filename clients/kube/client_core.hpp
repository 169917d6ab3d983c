#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "clients/kube/access.hpp"
#include "clients/kube/client.hpp"

namespace natgw::kube {

inline bool is_success(const http::response& x) {
  return x.status >= 200 && x.status < 300;
}

inline bool is_valid(const object_key& key) {
  return is_path_segment(key.ns) && is_path_segment(key.name);
}

inline error bad_key(const object_key& key) {
  return {ec::invalid_argument, "not a name of an object: " + key.str()};
}

template <class Object>
expected<std::shared_ptr<const Object>> parse_shared(json_text text) {
  auto object = parse_object<Object>(text);
  if (!object)
    return std::unexpected{object.error()};
  return std::make_shared<const Object>(std::move(*object));
}

/// What the requests of a client share; held by each that is under way.
struct client_core : std::enable_shared_from_this<client_core> {
  client_core(http::transport& transport, api_server api, client_options opts)
    : net(transport),
      server(std::move(api)),
      options(std::move(opts)) {
  }

  http::transport& net;
  const api_server server;
  const client_options options;
  std::mutex mutex;
  /// By (apiVersion, kind); guarded by `mutex`.
  std::map<std::pair<std::string, std::string>, std::string> plurals;

  /// Adds who asks.
  expected<void> sign(http::request& x) const;

  /// The error of an answer that is not a success.
  error refuse(const http::response& answer) const;

  /// The same for a request about one object. Only an answer that names it
  /// as missing is `not_found`: a path that is not served for a moment (a
  /// server that starts, a CRD that is replaced) is `unavailable`, or a
  /// record would count as gone that is still there.
  error refuse_one(const http::response& answer) const;

  /// Tells `options.on_forbidden` if that is what the answer says.
  void note_refusal(const access& what, const http::response& answer) const;

  /// Sets the bounds of an exchange about one object.
  http::request bound(http::request x) const;

  void send(http::request x, http::completion done) {
    if (auto ok = sign(x); !ok) {
      done(std::unexpected{std::move(ok.error())});
      return;
    }
    if (options.on_forbidden)
      done = [self = shared_from_this(), what = access_of(x, server.base_url),
              then = std::move(done)](expected<http::response> answer) mutable {
        if (answer)
          self->note_refusal(what, *answer);
        then(std::move(answer));
      };
    net.send(std::move(x), std::move(done));
  }

  /// Sends, and hands the parsed body over.
  template <class T, class Parse>
  void ask(http::request x, completion<T> done, Parse parse,
           error (client_core::*refusal)(const http::response&) const
           = &client_core::refuse) {
    send(std::move(x),
         [self = shared_from_this(), parse = std::move(parse), refusal,
          then = std::move(done)](expected<http::response> answer) mutable {
           if (!answer)
             then(std::unexpected{std::move(answer.error())});
           else if (!is_success(*answer))
             then(std::unexpected{(*self.*refusal)(*answer)});
           else
             then(parse(pad(answer->body)));
         });
  }

  /// The same about one object.
  template <class T, class Parse>
  void ask_one(http::request x, completion<T> done, Parse parse) {
    ask(std::move(x), std::move(done), std::move(parse),
        &client_core::refuse_one);
  }

  /// Reads one object, fresh.
  template <class Object>
  void read_one(const resource& type, const object_key& key,
                completion<std::shared_ptr<const Object>> done) {
    if (!is_valid(key)) {
      done(std::unexpected{bad_key(key)});
      return;
    }
    ask_one(bound(get(server.base_url, object_path(type, key.ns, key.name))),
            std::move(done), parse_shared<Object>);
  }
};

using core_ptr = std::shared_ptr<client_core>;

} // namespace natgw::kube
