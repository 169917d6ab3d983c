#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "serving/http_server.hpp"

/// What the handles of http_server.hpp share with the connection that serves
/// them. Internal to this folder; free of Asio.
namespace natgw::serving {

/// Wakes the coroutine that looks at a shared state. Set while a connection
/// cares, empty afterwards; called under the state's mutex, hence never on a
/// connection that has ended.
using waker = std::function<void()>;

/// A stream between its writers and its connection.
class stream_state {
public:
  explicit stream_state(size_t max_buffer) : max_buffer_{max_buffer} {
    // nop
  }

  /// What the connection should do next.
  struct work {
    /// Framed chunks to send.
    std::string bytes;
    /// No more will come: send the last chunk.
    bool ended = false;
    /// Close at once.
    bool cut = false;

    bool idle() const {
      return bytes.empty() && !ended && !cut;
    }
  };

  bool write(std::string_view chunk);
  void end();
  void cut();
  void on_gone(std::move_only_function<void()> fn);
  bool closed() const;
  size_t buffered() const;

  /// For the connection: takes what is to be done; if nothing, `wake` will be
  /// called once as soon as there is something.
  work take();
  /// For the connection: bytes of the last `take` have left.
  void sent();
  /// `shut` ends the connection, also while it waits for its peer to read.
  void attach(waker wake, waker shut);
  /// For the connection: it is over, whatever the reason.
  void detach();

private:
  void wake_locked();
  void cut_locked();

  mutable std::mutex mutex_;
  waker wake_;
  waker shut_;
  bool waiting_ = false;
  bool ended_ = false;
  bool cut_ = false;
  bool gone_ = false;
  std::string pending_;
  /// Bytes that `take` has handed out and that have not left yet.
  size_t sending_ = 0;
  size_t max_buffer_;
  std::move_only_function<void()> on_gone_;
};

struct plain_answer {
  response what;
  delivery how;
  bool decent = true;
};

struct stream_answer {
  int status = 200;
  std::vector<header> headers;
  std::shared_ptr<stream_state> stream;
};

struct close_answer {
  bool reset = false;
};

using outcome = std::variant<plain_answer, stream_answer, close_answer>;

/// A request between its responders and its connection.
class exchange_state {
public:
  exchange_state(waker wake, size_t max_buffer)
    : wake_{std::move(wake)},
      max_buffer_{max_buffer} {
    // nop
  }

  /// Returns false, and drops `x`, unless it is the first and still wanted.
  bool settle(outcome x);

  /// For the connection: the outcome; if none yet, `wake` will be called once
  /// as soon as there is one.
  std::optional<outcome> take();
  void detach();

  size_t max_buffer() const {
    return max_buffer_;
  }

private:
  std::mutex mutex_;
  waker wake_;
  bool waiting_ = false;
  bool settled_ = false;
  std::optional<outcome> outcome_;
  size_t max_buffer_;
};

/// Cuts the stream when the last writer goes.
class stream_handle {
public:
  explicit stream_handle(std::shared_ptr<stream_state> x)
    : state{std::move(x)} {
    // nop
  }
  stream_handle(const stream_handle&) = delete;
  stream_handle& operator=(const stream_handle&) = delete;
  ~stream_handle() {
    state->cut();
  }

  const std::shared_ptr<stream_state> state;
};

/// Answers 500 when the last responder goes.
class exchange_handle {
public:
  explicit exchange_handle(std::shared_ptr<exchange_state> x)
    : state{std::move(x)} {
    // nop
  }
  exchange_handle(const exchange_handle&) = delete;
  exchange_handle& operator=(const exchange_handle&) = delete;
  ~exchange_handle();

  const std::shared_ptr<exchange_state> state;
};

} // namespace natgw::serving
