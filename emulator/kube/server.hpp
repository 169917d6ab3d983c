#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "emulator/kube/api_server.hpp"
#include "emulator/kube/fleet.hpp"
#include "emulator/kube/history.hpp"
#include "emulator/kube/options.hpp"
#include "messages/error.hpp"

namespace natgw::emulator::kube {

struct server_options {
  /// Its `wall_origin` is set from the machine's clock.
  options api;
  /// A numeric address, and a port or 0 for a free one.
  std::string address = "127.0.0.1";
  uint16_t port = 0;
  /// HTTPS with an authority made up at the start. Without it kubectl sends
  /// no token.
  bool tls = true;
  /// Nodes, scheduling and kubelets, if wanted.
  std::optional<fleet_options> fleet;
};

/// The emulated API server behind HTTP(S), on a thread of its own, driven by
/// CLOCK_BOOTTIME.
class server {
public:
  /// Listens and serves. Errors: those of serving::http_server::start, and
  /// `rejected` if no certificate could be made.
  static expected<std::unique_ptr<server>> start(server_options cfg);

  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// Stops.
  ~server();

  uint16_t port() const;
  /// "https://127.0.0.1:34567".
  std::string url() const;
  /// What clients must trust; empty without TLS.
  const std::string& ca_pem() const;
  /// A kubeconfig for this server.
  std::string kubeconfig(std::string_view token) const;

  /// Runs `f` with the core and the present time, alone; for demos and tests
  /// in this process. Must not be nested.
  void with(const std::function<void(api_server&, instant)>& f);

  /// Runs `f` with all that has happened so far, alone.
  void with_history(const std::function<void(const history&)>& f) const;

  /// Closes every connection and ends. Repeating it is harmless.
  void stop();

private:
  class impl;
  explicit server(std::shared_ptr<impl> x);
  std::shared_ptr<impl> impl_;
};

} // namespace natgw::emulator::kube
