#include "test/integration/relay.hpp"

#include <array>
#include <cerrno>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace natgw::test {

namespace {

/// A side that is slower than this holds the other one up.
constexpr size_t most_waiting = size_t{1} << 20U;
/// How long a change of the mode waits at most.
constexpr int round_ms = 2;

sockaddr_in loopback(uint16_t port) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_port = htons(port);
  result.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return result;
}

const sockaddr* as_address(const sockaddr_in& x) {
  return reinterpret_cast<const sockaddr*>(&x);
}

/// Closes it so that the peer sees a reset.
void reset(int socket) {
  linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  close(socket);
}

} // namespace

relay::relay(uint16_t target) : target_{target} {
  listen();
  thread_ = std::jthread{[this](const std::stop_token& stop) { serve(stop); }};
}

relay::~relay() {
  thread_.request_stop();
  thread_.join();
  drop_all();
  if (listener_ >= 0)
    close(listener_);
}

void relay::listen() {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int yes = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  auto at = loopback(port_);
  socklen_t size = sizeof(at);
  if (bind(listener_, as_address(at), size) != 0
      || ::listen(listener_, SOMAXCONN) != 0
      || getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size) != 0)
    throw std::runtime_error{"the relay cannot listen"};
  port_ = ntohs(at.sin_port);
}

void relay::set(relay_mode x) {
  std::lock_guard lock{mutex_};
  drop_all();
  mode_ = x;
  if (x == relay_mode::refusing && listener_ >= 0) {
    close(listener_);
    listener_ = -1;
  } else if (x != relay_mode::refusing && listener_ < 0) {
    listen();
  }
}

void relay::drop_all() {
  for (auto& x : connections_) {
    reset(x.client.socket);
    reset(x.server.socket);
  }
  connections_.clear();
}

void relay::accept() {
  auto client = accept4(listener_, nullptr, nullptr,
                        SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (client < 0)
    return;
  auto server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto at = loopback(target_);
  if (connect(server, as_address(at), sizeof(at)) != 0) {
    reset(client);
    close(server);
    return;
  }
  connections_.push_back({.client = {client, {}}, .server = {server, {}}});
}

bool relay::send_waiting(side& to) {
  if (to.waiting.empty())
    return true;
  auto sent = send(to.socket, to.waiting.data(), to.waiting.size(),
                   MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent > 0)
    to.waiting.erase(0, static_cast<size_t>(sent));
  return sent > 0 || errno == EAGAIN;
}

bool relay::move_bytes(side& from, side& to, short events) {
  if ((events & (POLLIN | POLLHUP | POLLERR)) == 0)
    return send_waiting(to);
  std::array<char, size_t{64} * 1024> part{};
  auto got = recv(from.socket, part.data(), part.size(), MSG_DONTWAIT);
  if (got > 0)
    to.waiting.append(part.data(), static_cast<size_t>(got));
  auto alive = got > 0 || (got < 0 && errno == EAGAIN);
  return send_waiting(to) && alive;
}

void relay::serve_once() {
  std::vector<pollfd> all;
  std::unique_lock lock{mutex_};
  auto interest = [](const side& own, const side& other) {
    auto in = other.waiting.size() < most_waiting ? POLLIN : 0;
    return pollfd{own.socket,
                  static_cast<short>(in | (own.waiting.empty() ? 0 : POLLOUT)),
                  0};
  };
  all.push_back({listener_, POLLIN, 0});
  if (mode_ == relay_mode::passing)
    for (const auto& x : connections_) {
      all.push_back(interest(x.client, x.server));
      all.push_back(interest(x.server, x.client));
    }
  // Sockets are closed under the lock alone, so they are polled under it.
  poll(all.data(), all.size(), round_ms);
  if (mode_ == relay_mode::passing)
    for (size_t i = 0; i < connections_.size(); ++i) {
      auto& x = connections_[i];
      auto good = move_bytes(x.client, x.server, all[2 * i + 1].revents);
      x.over = !move_bytes(x.server, x.client, all[2 * i + 2].revents) || !good;
    }
  std::erase_if(connections_, [](const connection& x) {
    if (x.over) {
      close(x.client.socket);
      close(x.server.socket);
    }
    return x.over;
  });
  if ((all.front().revents & POLLIN) != 0)
    accept();
}

void relay::serve(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    serve_once();
    std::this_thread::yield();
  }
}

} // namespace natgw::test
