#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "emulator/credentials/desk.hpp"
#include "messages/error.hpp"

namespace natgw::emulator {

/// `credential_desk` over HTTP on a loopback port, by the machine's calendar.
class credential_server {
public:
  /// Listens and serves. `on_issue` is called on the server's thread. Errors:
  /// those of serving::http_server.
  static expected<std::unique_ptr<credential_server>>
  start(desk_options options, credential_desk::listener on_issue,
        std::string address = "127.0.0.1", uint16_t port = 0);

  credential_server(const credential_server&) = delete;
  credential_server& operator=(const credential_server&) = delete;
  ~credential_server();

  /// "http://127.0.0.1:34567"
  std::string url() const;

  /// Closes everything; harmless if repeated.
  void stop();

  /// Calls `fn` while no request is served. `fn` must not call this server.
  void with_desk(const std::function<void(credential_desk&)>& fn);

  /// The time that the emulator would give a request now.
  static wall_time now();

private:
  class impl;
  explicit credential_server(std::unique_ptr<impl> x);
  std::unique_ptr<impl> impl_;
};

} // namespace natgw::emulator
