#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "emulator/vpc/core.hpp"
#include "emulator/vpc/options.hpp"
#include "messages/error.hpp"
#include "messages/time.hpp"

namespace natgw::emulator {

/// The VPC OpenAPI over HTTP on a loopback port: `vpc_core` on the machine's
/// clocks (CLOCK_BOOTTIME and the calendar). Besides the API on `/` it serves
/// `GET /state` and `POST /control`, see core.hpp; both without a signature.
class vpc_server {
public:
  /// Listens and serves. `address` is numeric, port 0 means any free one.
  /// Errors: those of serving::http_server, invalid_argument (the options).
  static expected<std::unique_ptr<vpc_server>>
  start(const vpc_options& options, std::string address = "127.0.0.1",
        uint16_t port = 0);

  vpc_server(const vpc_server&) = delete;
  vpc_server& operator=(const vpc_server&) = delete;
  ~vpc_server();

  uint16_t port() const;
  /// "http://127.0.0.1:34567"
  std::string url() const;

  /// Closes everything; harmless if repeated.
  void stop();

  /// Calls `fn` while no request is served, with the core brought up to the
  /// present. `fn` must not block, nor call this server.
  void with_core(const std::function<void(vpc_core&)>& fn);

  /// The time that the emulator would give a request now; the history is in
  /// this time.
  static instant now();

private:
  class impl;
  explicit vpc_server(std::unique_ptr<impl> x);
  std::unique_ptr<impl> impl_;
};

} // namespace natgw::emulator
