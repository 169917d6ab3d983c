#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace natgw::test {

/// How a relay treats its clients.
enum class relay_mode : uint8_t {
  /// Every byte goes through.
  passing,
  /// Nobody listens: connections are reset, new ones refused.
  refusing,
  /// The far side has vanished: connections open, and nothing ever comes.
  silent,
};

/// A way to a server on this machine that can be cut: TCP on a loopback port,
/// byte by byte, on a thread of its own. What a client has sent before a change
/// of the mode never arrives after it.
class relay {
public:
  /// To 127.0.0.1:`target`. Throws if there is no socket to be had.
  explicit relay(uint16_t target);

  relay(const relay&) = delete;
  relay& operator=(const relay&) = delete;
  ~relay();

  uint16_t port() const {
    return port_;
  }

  /// Takes hold before it returns.
  void set(relay_mode x);

private:
  /// One side of a connection, and what waits to be sent to it.
  struct side {
    int socket = -1;
    std::string waiting;
  };
  struct connection {
    side client;
    side server;
    bool over = false;
  };

  void listen();
  void drop_all();
  void serve(const std::stop_token& stop);
  void serve_once();
  void accept();
  static bool move_bytes(side& from, side& to, short events);
  static bool send_waiting(side& to);

  uint16_t target_;
  uint16_t port_ = 0;
  int listener_ = -1;
  std::mutex mutex_;
  relay_mode mode_ = relay_mode::passing;
  std::vector<connection> connections_;
  std::jthread thread_;
};

} // namespace natgw::test
