#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "config/model.hpp"
#include "messages/error.hpp"
#include "observe/metrics.hpp"
#include "serving/http_server.hpp"

namespace natgw::cli {

/// How the process feels. Both are called on the server's thread and must be
/// quick and thread-safe.
struct probes {
  /// False: restart me.
  std::function<bool()> healthy;
  /// False: not (yet) at work.
  std::function<bool()> ready;
};

/// `GET /metrics`, `/healthz` and `/readyz` on one port. The health endpoints
/// answer 200 "ok" or 503 "not ok" and tell nothing else.
class http_endpoints {
public:
  /// Listens and serves. `from` must outlive the result. Errors: those of
  /// serving::http_server.
  static expected<std::unique_ptr<http_endpoints>>
  start(const config::listen_address& at, const observe::metrics& from,
        probes how);

  uint16_t port() const {
    return server_->port();
  }

  /// "http://127.0.0.1:9461"
  std::string url() const {
    return server_->url();
  }

  /// Closes everything; harmless if repeated.
  void stop() {
    server_->stop();
  }

private:
  explicit http_endpoints(std::unique_ptr<serving::http_server> server)
    : server_(std::move(server)) {
    // nop
  }

  std::unique_ptr<serving::http_server> server_;
};

} // namespace natgw::cli
