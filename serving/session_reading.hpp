#pragma once

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <cctype>
#include <string>
#include <utility>

#include "serving/session.hpp"

/// How a session reads a request: within bounds of size and time.
namespace natgw::serving {

/// The answer to a request that Beast could not read; 0: none, since nobody
/// would hear it.
inline int refusal_status(error_code err) {
  using beast_http::error;
  if (err == error::header_limit || err == error::buffer_overflow)
    return 431;
  if (err == error::body_limit)
    return 413;
  const auto& malformed
    = beast_http::make_error_code(error::bad_method).category();
  const bool ended = err == error::end_of_stream
                     || err == error::partial_message;
  return !ended && err.category() == malformed ? 400 : 0;
}

template <class Socket>
awaitable<bool> session<Socket>::refuse(error_code err) {
  const int status = refusal_status(err);
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

template <class Socket>
request session<Socket>::take(parser& parsed) {
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

} // namespace natgw::serving
