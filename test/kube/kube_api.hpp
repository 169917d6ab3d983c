#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include "clients/http/curl_transport.hpp"

namespace natgw::test {

using nlohmann::json;

/// Whom to ask, and as whom.
struct kube_access {
  /// "https://127.0.0.1:34567"
  std::string url;
  std::string ca_pem;
  std::string token;
};

/// An API server as a test uses it: each call waits for its answer. May be
/// used from several threads.
class kube_api {
public:
  struct answer {
    /// 0 if there was none.
    int status = 0;
    json body;

    bool good() const {
      return status >= 200 && status < 300;
    }
  };

  explicit kube_api(kube_access access);

  /// One request. `target` begins with a slash; `type` is the Content-Type of
  /// a body.
  answer call(http::method verb, const std::string& target,
              const json& body = nullptr,
              const std::string& type = "application/json");

  answer get(const std::string& target) {
    return call(http::method::get, target);
  }
  answer post(const std::string& target, const json& body) {
    return call(http::method::post, target, body);
  }
  answer put(const std::string& target, const json& body) {
    return call(http::method::put, target, body);
  }
  answer merge(const std::string& target, const json& body) {
    return call(http::method::patch, target, body,
                "application/merge-patch+json");
  }
  answer strategic(const std::string& target, const json& body) {
    return call(http::method::patch, target, body,
                "application/strategic-merge-patch+json");
  }
  answer remove(const std::string& target, const json& options = nullptr) {
    return call(http::method::del, target, options);
  }

  /// The body of an answer that must be good; throws otherwise.
  static json must(const answer& x);

  /// Watches: calls `on_line` for each line, and `on_end` once. Both on
  /// another thread.
  uint64_t watch(const std::string& target,
                 std::function<void(std::string_view)> on_line,
                 std::function<void()> on_end);

  void cancel(uint64_t id);

  const kube_access& access() const {
    return access_;
  }

private:
  http::request make(http::method verb, const std::string& target) const;

  kube_access access_;
  http::curl_transport net_;
};

} // namespace natgw::test
