#pragma once

#include "serving/asio.hpp"

#include <array>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "serving/event_loop.hpp"
#include "serving/exchange.hpp"
#include "serving/http_head.hpp"

namespace natgw::serving {

namespace beast_http = boost::beast::http;

/// What is read or sent at once.
inline constexpr size_t block_bytes = size_t{64} << 10U;
/// A peer is listened to for so long, and so much, after our last words.
inline constexpr size_t linger_bytes = size_t{16} << 20U;
inline constexpr std::chrono::seconds linger_time{2};

/// One connection: a coroutine on a strand, and the little that runs beside.
/// How it reads is in session_reading.hpp, how it answers in
/// session_answering.hpp. Every wait for the peer has a deadline.
template <class Socket>
class session : public connection,
                public std::enable_shared_from_this<session<Socket>> {
public:
  template <class... Args>
  session(std::shared_ptr<event_loop> owner, Args&&... args)
    : owner_{std::move(owner)},
      socket_{std::forward<Args>(args)...},
      executor_{socket_.get_executor()},
      event_{executor_},
      deadline_{executor_},
      pause_{executor_},
      buffer_{owner_->cfg.max_header_bytes + block_bytes} {
    // nop
  }

  ~session() override {
    owner_->leave(this);
  }

  void shut() override {
    asio::post(executor_, [self = this->shared_from_this()] { self->close(); });
  }

  void start() {
    asio::co_spawn(
      executor_, [self = this->shared_from_this()] { return self->serve(); },
      asio::detached);
  }

private:
  static constexpr bool is_tls = !std::is_same_v<Socket, tcp::socket>;
  using parser = beast_http::request_parser<beast_http::string_body>;

  awaitable<void> serve();
  awaitable<bool> exchange_once();
  awaitable<bool> read(parser& into_parser);
  awaitable<bool> refuse(error_code err);
  static request take(parser& parsed);
  awaitable<bool> answer(const parser& asked, plain_answer& x);
  awaitable<bool> send_body(std::string_view body, const delivery& how);
  awaitable<bool> answer(const parser& asked, stream_answer& x);
  awaitable<bool> pump(stream_state& stream);
  awaitable<void> watch_peer();
  awaitable<outcome> outcome_of(exchange_state& exchange);
  awaitable<bool> send(std::string_view first, std::string_view second = {});
  awaitable<void> linger();
  awaitable<void> sleep_on(asio::steady_timer& timer);

  tcp::socket& bare() {
    if constexpr (is_tls)
      return socket_.next_layer();
    else
      return socket_;
  }

  /// Closes the connection unless `disarm` or the next `arm` comes in time.
  void arm(std::chrono::nanoseconds limit);
  void disarm();
  void close(bool reset = false);
  waker make_waker();

  std::shared_ptr<event_loop> owner_;
  Socket socket_;
  asio::any_io_executor executor_;
  /// Never expires; cancelled to say that something has changed.
  asio::steady_timer event_;
  asio::steady_timer deadline_;
  uint64_t deadline_number_ = 0;
  asio::steady_timer pause_;
  boost::beast::flat_buffer buffer_;
  bool closed_ = false;
  /// True while watch_peer has a read under way.
  bool watching_ = false;
  bool peer_gone_ = false;
};

// -- small parts of a session -------------------------------------------------

template <class Socket>
void session<Socket>::arm(std::chrono::nanoseconds limit) {
  // Nothing would disarm it, and `stop` would wait for it.
  if (closed_)
    return;
  deadline_.expires_after(limit);
  // The number tells a cancelled wait from one that had fired just before.
  deadline_.async_wait([self = this->shared_from_this(),
                        number = ++deadline_number_](error_code err) {
    if (!err && number == self->deadline_number_)
      self->close();
  });
}

template <class Socket>
void session<Socket>::disarm() {
  ++deadline_number_;
  deadline_.cancel();
}

template <class Socket>
void session<Socket>::close(bool reset) {
  if (std::exchange(closed_, true))
    return;
  error_code ignored;
  if (reset)
    bare().set_option(asio::socket_base::linger{true, 0}, ignored);
  bare().close(ignored);
  disarm();
  event_.cancel();
  pause_.cancel();
}

template <class Socket>
waker session<Socket>::make_waker() {
  // The state calls it under its mutex and only before `detach`, that is while
  // this session's coroutine lives; hence a raw pointer will do.
  return [this] {
    asio::post(executor_,
               [self = this->shared_from_this()] { self->event_.cancel(); });
  };
}

template <class Socket>
awaitable<void> session<Socket>::sleep_on(asio::steady_timer& timer) {
  error_code ignored;
  if (!closed_)
    co_await timer.async_wait(into(ignored));
}

template <class Socket>
awaitable<bool>
session<Socket>::send(std::string_view first, std::string_view second) {
  error_code err;
  const std::array<asio::const_buffer, 2> buffers{
    asio::buffer(first.data(), first.size()),
    asio::buffer(second.data(), second.size())};
  arm(owner_->cfg.write_timeout);
  co_await asio::async_write(socket_, buffers, into(err));
  disarm();
  co_return !err && !closed_;
}

/// Ends our side and reads what the peer still sends, so that the kernel does
/// not answer it with a reset that would overtake our last words.
template <class Socket>
awaitable<void> session<Socket>::linger() {
  if (closed_)
    co_return;
  error_code err;
  arm(linger_time);
  if constexpr (is_tls)
    co_await socket_.async_shutdown(into(err));
  bare().shutdown(tcp::socket::shutdown_send, err);
  size_t total = 0;
  std::vector<char> sink(block_bytes);
  while (!err && !closed_ && total < linger_bytes)
    total += co_await bare().async_read_some(asio::buffer(sink), into(err));
  close();
}

// -- the course of a session --------------------------------------------------

template <class Socket>
awaitable<bool> session<Socket>::exchange_once() {
  parser asked;
  const bool complete = co_await read(asked);
  if (!complete)
    co_return false;
  auto state = std::make_shared<exchange_state>(make_waker(),
                                                owner_->cfg.max_stream_buffer);
  {
    responder right{std::make_shared<exchange_handle>(state)};
    try {
      owner_->fn(take(asked), right);
    } catch (...) {
      right.answer(response::text(500, "internal error\n"));
    }
  }
  outcome result = co_await outcome_of(*state);
  state->detach();
  if (auto* plain = std::get_if<plain_answer>(&result))
    co_return co_await answer(asked, *plain);
  if (auto* stream = std::get_if<stream_answer>(&result))
    co_return co_await answer(asked, *stream);
  close(std::get<close_answer>(result).reset);
  co_return false;
}

template <class Socket>
awaitable<void> session<Socket>::serve() {
  const auto self = this->shared_from_this();
  if constexpr (is_tls) {
    error_code err;
    arm(owner_->cfg.idle_timeout);
    co_await socket_.async_handshake(asio::ssl::stream_base::server, into(err));
    if (err)
      close();
  }
  bool more = !closed_;
  while (more)
    more = co_await exchange_once();
  close();
}

} // namespace natgw::serving
