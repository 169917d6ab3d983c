#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace natgw::test {

/// One connection of a raw_server, for scripts that misbehave on purpose.
class raw_connection {
public:
  explicit raw_connection(int fd) : fd_{fd} {
  }

  raw_connection(const raw_connection&) = delete;
  raw_connection& operator=(const raw_connection&) = delete;

  ~raw_connection() {
    close(fd_);
  }

  /// Reads a request: its head and, by Content-Length, its body. Empty if the
  /// peer is gone.
  std::string read_request() {
    while (true) {
      auto end = buffer_.find("\r\n\r\n");
      if (end != std::string::npos) {
        auto size = end + 4 + body_length(buffer_.substr(0, end));
        while (buffer_.size() < size && fill()) {
        }
        auto result = buffer_.substr(0, size);
        buffer_.erase(0, size);
        return result;
      }
      if (!fill())
        return {};
    }
  }

  /// Returns false if the peer is gone.
  bool write(std::string_view bytes) const {
    while (!bytes.empty()) {
      auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0)
        return false;
      bytes.remove_prefix(static_cast<size_t>(n));
    }
    return true;
  }

  bool answer(std::string_view body, std::string_view status = "200 OK") const {
    return write("HTTP/1.1 " + std::string{status}
                 + "\r\nContent-Length: " + std::to_string(body.size())
                 + "\r\n\r\n" + std::string{body});
  }

  /// Waits until the peer closes or sends something, at most so long.
  void wait(int milliseconds) const {
    pollfd x{fd_, POLLIN | POLLRDHUP, 0};
    poll(&x, 1, milliseconds);
  }

private:
  static size_t body_length(std::string_view head) {
    constexpr std::string_view name = "Content-Length: ";
    auto at = head.find(name);
    if (at == std::string_view::npos)
      return 0;
    return std::stoul(std::string{head.substr(at + name.size())});
  }

  bool fill() {
    char chunk[4096];
    auto n = recv(fd_, chunk, sizeof(chunk), 0);
    if (n <= 0)
      return false;
    buffer_.append(chunk, static_cast<size_t>(n));
    return true;
  }

  int fd_;
  std::string buffer_;
};

/// Accepts connections on a free loopback port and runs a script for each on a
/// thread of its own.
class raw_server {
public:
  using script = std::function<void(raw_connection&)>;

  explicit raw_server(script what) : what_{std::move(what)} {
    fd_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd_, reinterpret_cast<sockaddr*>(&at), sizeof(at)) != 0
        || listen(fd_, 128) != 0)
      throw std::runtime_error{"cannot listen"};
    socklen_t size = sizeof(at);
    getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size);
    port_ = ntohs(at.sin_port);
    acceptor_ = std::thread{[this] { run(); }};
  }

  raw_server(const raw_server&) = delete;
  raw_server& operator=(const raw_server&) = delete;

  /// The clients must be gone by now, or the scripts end by themselves.
  ~raw_server() {
    shutdown(fd_, SHUT_RDWR);
    acceptor_.join();
    close(fd_);
    for (auto& x : threads_)
      x.join();
  }

  std::string url(std::string_view path = "/") const {
    return "http://127.0.0.1:" + std::to_string(port_) + std::string{path};
  }

  int connections() const {
    return connections_;
  }

  /// Waits until so many connections have been closed by the server.
  void wait_for_closed(int count) const {
    for (auto x = closed_.load(); x < count; x = closed_.load())
      closed_.wait(x);
  }

private:
  void run() {
    while (true) {
      auto fd = accept(fd_, nullptr, nullptr);
      if (fd < 0)
        return;
      ++connections_;
      threads_.emplace_back([this, fd] {
        {
          raw_connection x{fd};
          what_(x);
        }
        ++closed_;
        closed_.notify_all();
      });
    }
  }

  script what_;
  int fd_ = -1;
  uint16_t port_ = 0;
  std::atomic<int> connections_ = 0;
  std::atomic<int> closed_ = 0;
  std::thread acceptor_;
  std::vector<std::thread> threads_;
};

} // namespace natgw::test
