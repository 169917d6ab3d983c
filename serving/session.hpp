#pragma once

#include "serving/asio.hpp"

#include <algorithm>
#include <array>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <cctype>
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

inline constexpr size_t block_bytes = size_t{64} << 10U;
inline constexpr size_t linger_bytes = size_t{16} << 20U;
inline constexpr std::chrono::seconds linger_time{2};

/// One connection: a coroutine on a strand, and the little that runs beside.
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

// -- reading ------------------------------------------------------------------

template <class Socket>
awaitable<bool> session<Socket>::refuse(error_code err) {
  int status = 0;
  if (err == beast_http::error::header_limit
      || err == beast_http::error::buffer_overflow)
    status = 431;
  else if (err == beast_http::error::body_limit)
    status = 413;
  else if (err != beast_http::error::end_of_stream
           && err != beast_http::error::partial_message
           && err.category()
                == beast_http::make_error_code(beast_http::error::bad_method)
                     .category())
    status = 400;
  if (status != 0 && !closed_) {
    const auto body = std::string{reason_phrase(status)} + "\n";
    const auto head = format_head(status, {},
                                  {.length = body.size(), .keep_alive = false});
    co_await send(head, body);
  }
  co_await linger();
  co_return false;
}

template <class Socket>
awaitable<bool> session<Socket>::read(parser& into_parser) {
  into_parser.header_limit(owner_->cfg.max_header_bytes);
  into_parser.body_limit(owner_->cfg.max_body_bytes);
  error_code err;
  arm(owner_->cfg.idle_timeout);
  co_await beast_http::async_read_header(socket_, buffer_, into_parser,
                                         into(err));
  if (err)
    co_return co_await refuse(err);
  const auto expect = into_parser.get()[beast_http::field::expect];
  if (boost::beast::iequals(expect, "100-continue")) {
    const bool sent = co_await send("HTTP/1.1 100 Continue\r\n\r\n");
    if (!sent)
      co_return false;
    arm(owner_->cfg.idle_timeout);
  }
  co_await beast_http::async_read(socket_, buffer_, into_parser, into(err));
  disarm();
  if (err)
    co_return co_await refuse(err);
  co_return !closed_;
}

template <class Parser>
request take_request(Parser& parsed) {
  auto& from = parsed.get();
  request result;
  result.method = std::string{from.method_string()};
  result.target = std::string{from.target()};
  for (const auto& x : from) {
    std::string name{x.name_string()};
    std::ranges::transform(name, name.begin(), [](unsigned char c) {
      return static_cast<char>(std::tolower(c));
    });
    result.headers.push_back({std::move(name), std::string{x.value()}});
  }
  result.body = std::move(from.body());
  return result;
}

// -- answering ----------------------------------------------------------------

template <class Socket>
awaitable<outcome> session<Socket>::outcome_of(exchange_state& exchange) {
  for (;;) {
    // Once stopped, a 500 may only mean that a timer went with its responder.
    if (closed_ || owner_->stopped())
      co_return close_answer{};
    auto result = exchange.take();
    if (result)
      co_return std::move(*result);
    event_.expires_at(asio::steady_timer::time_point::max());
    co_await sleep_on(event_);
  }
}

template <class Socket>
awaitable<bool> session<Socket>::answer(const parser& asked, plain_answer& x) {
  const auto& how = x.how;
  const auto size = x.what.body.size();
  const bool keep = x.decent && asked.get().keep_alive();
  body_framing framing{.length = size, .keep_alive = keep};
  if (how.claimed_length)
    framing.length = how.claimed_length;
  else if (how.send_bytes.value_or(0) > size)
    framing.length = how.send_bytes;
  const auto head = format_head(x.what.status, x.what.headers, framing);
  const bool no_body = asked.get().method() == beast_http::verb::head;
  if (x.decent) {
    const bool sent = co_await send(head,
                                    no_body ? std::string_view{} : x.what.body);
    if (!sent || keep)
      co_return sent;
    co_await linger();
    co_return false;
  }
  if (co_await send(head) && !no_body && co_await send_body(x.what.body, how))
    co_await linger();
  co_return false;
}

template <class Socket>
awaitable<bool>
session<Socket>::send_body(std::string_view body, const delivery& how) {
  uint64_t left = how.send_bytes.value_or(body.size());
  const size_t step = how.drip_bytes > 0 ? how.drip_bytes : block_bytes;
  std::string block;
  size_t offset = 0;
  while (left > 0 && !body.empty()) {
    block.clear();
    while (block.size() < std::min<uint64_t>(step, left)) {
      const auto room = std::min<uint64_t>(step, left) - block.size();
      const auto piece = body.substr(offset, room);
      block += piece;
      offset = (offset + piece.size()) % body.size();
    }
    left -= block.size();
    const bool sent = co_await send(block);
    if (!sent)
      co_return false;
    if (how.drip_interval.count() > 0) {
      pause_.expires_after(how.drip_interval);
      co_await sleep_on(pause_);
    }
  }
  co_return true;
}

/// Notices that the peer goes while we only send. What it sends meanwhile is
/// kept for the next request; then the noticing ends.
template <class Socket>
awaitable<void> session<Socket>::watch_peer() {
  const auto self = this->shared_from_this();
  error_code err;
  const auto bytes = co_await socket_.async_read_some(buffer_.prepare(4096),
                                                      into(err));
  buffer_.commit(bytes);
  watching_ = false;
  peer_gone_ = static_cast<bool>(err);
  event_.cancel();
}

template <class Socket>
awaitable<bool> session<Socket>::pump(stream_state& stream) {
  for (;;) {
    const auto work = stream.take();
    if (closed_ || peer_gone_ || work.cut) {
      close();
      co_return false;
    }
    if (!work.bytes.empty()) {
      const bool sent = co_await send(work.bytes);
      stream.sent();
      if (!sent)
        co_return false;
    } else if (work.ended) {
      co_return co_await send(last_chunk);
    } else {
      event_.expires_at(asio::steady_timer::time_point::max());
      co_await sleep_on(event_);
    }
  }
}

template <class Socket>
awaitable<bool> session<Socket>::answer(const parser& asked, stream_answer& x) {
  const bool keep = asked.get().keep_alive();
  const auto head = format_head(x.status, x.headers,
                                {.length = {}, .keep_alive = keep});
  const bool sent = co_await send(head);
  bool good = false;
  if (sent) {
    watching_ = true;
    asio::co_spawn(
      executor_,
      [self = this->shared_from_this()] { return self->watch_peer(); },
      asio::detached);
    x.stream->attach(make_waker(), [this] { shut(); });
    good = co_await pump(*x.stream);
  }
  x.stream->detach();
  if (good && !keep)
    co_await linger();
  // The next request's first bytes may be on their way into the buffer.
  while (good && keep && watching_ && !closed_) {
    event_.expires_at(asio::steady_timer::time_point::max());
    if (buffer_.size() == 0)
      arm(owner_->cfg.idle_timeout);
    co_await sleep_on(event_);
  }
  disarm();
  co_return good&& keep && !peer_gone_;
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
      owner_->fn(take_request(asked), right);
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
