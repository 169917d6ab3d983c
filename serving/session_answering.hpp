#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "serving/session.hpp"

/// How a session delivers the outcome of a request: whole, faulty on demand, or
/// as a stream.
namespace natgw::serving {

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
    // Who has asked for more already is there; and bytes that were only ever
    // added to the buffer would burst it.
    watching_ = buffer_.size() == 0;
    if (watching_)
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
    arm(owner_->cfg.idle_timeout);
    co_await sleep_on(event_);
  }
  disarm();
  co_return good&& keep && !peer_gone_;
}

} // namespace natgw::serving
