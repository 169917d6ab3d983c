#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "messages/error.hpp"
#include "serving/asio.hpp"
#include "serving/http_server.hpp"

namespace natgw::serving {

/// What the server needs of a connection whatever its socket is.
class connection {
public:
  virtual ~connection() = default;
  /// Ends it soon; from any thread.
  virtual void shut() = 0;
};

/// The event loop and everything that lives on it. Sessions and the acceptor
/// hold a reference, so that it outlives them.
class event_loop {
public:
  event_loop(http_options options, handler callback)
    : cfg{std::move(options)},
      fn{std::move(callback)},
      acceptor_{asio::make_strand(io)} {
    // nop
  }

  /// Opens the acceptor and fills in `port`. Errors: invalid_argument (the
  /// address), transport.
  expected<void> listen();
  /// Reads certificate and key, if there are any. Errors: invalid_argument.
  expected<void> load_identity();
  /// Accepts, and starts the threads.
  void run(const std::shared_ptr<event_loop>& self);
  /// See http_server; neither waits for the threads, which `join` does unless
  /// it is called on one of them.
  void stop();
  void schedule(std::chrono::nanoseconds delay,
                std::move_only_function<void()> task);
  void join();
  /// Lists a connection, so that `stop` shuts it; false: it is one too many.
  bool enter(connection* x, std::weak_ptr<connection> ref);
  void leave(connection* x);
  size_t connections() const;
  bool stopped() const;

  const http_options cfg;
  const handler fn;
  asio::io_context io;
  asio::ssl::context tls{asio::ssl::context::tls_server};
  /// The one that it listens on.
  uint16_t port = 0;

private:
  using timer_set = std::unordered_set<std::shared_ptr<asio::steady_timer>>;

  awaitable<void> accept(std::shared_ptr<event_loop> self);
  void adopt(const std::shared_ptr<event_loop>& self, tcp::socket socket);

  asio::executor_work_guard<asio::io_context::executor_type> work_
    = asio::make_work_guard(io);
  tcp::acceptor acceptor_;
  mutable std::mutex mutex_;
  bool stopped_ = false;
  timer_set timers_;
  std::unordered_map<connection*, std::weak_ptr<connection>> connections_;
  std::vector<std::thread> threads_;
  /// Fixed once `run` has returned; guarded by `mutex_` until then.
  std::vector<std::thread::id> thread_ids_;
  std::mutex join_mutex_;
};

} // namespace natgw::serving
