#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messages/error.hpp"

namespace natgw::serving {

struct header {
  std::string name;
  std::string value;
};

/// One request, completely read and within the server's bounds.
struct request {
  /// As on the wire: "GET", "PATCH", ...
  std::string method;
  /// Path and query as on the wire, not decoded: "/api/v1/pods?watch=1".
  std::string target;
  /// In the order of arrival, names in lower case.
  std::vector<header> headers;
  std::string body;

  /// The value of the first header called `name` (lower case), or empty.
  std::string_view find(std::string_view name) const;
  /// `target` without its query.
  std::string_view path() const;
  /// What follows the first '?' of `target`; empty if there is none.
  std::string_view query() const;
};

struct response {
  int status = 200;
  /// Content-Length, Transfer-Encoding and Connection are the server's own.
  std::vector<header> headers;
  std::string body;

  static response json(int status, std::string body);
  static response text(int status, std::string body);
};

/// How an answer reaches the peer. The default is a decent delivery; anything
/// else is a fault on demand, after which the connection is closed.
struct delivery {
  /// Bytes of the body that are really sent: fewer than it has truncate it,
  /// more repeat it (an endless body costs no memory).
  std::optional<uint64_t> send_bytes = {};
  /// The Content-Length that is claimed instead of the true one.
  std::optional<uint64_t> claimed_length = {};
  /// If positive: the body leaves so many bytes at a time ...
  size_t drip_bytes = 0;
  /// ... with such a pause after each.
  std::chrono::milliseconds drip_interval{0};
};

class stream_handle;
class exchange_handle;

/// The sending side of a chunked answer of unknown length, such as a watch.
/// A cheap handle: copies mean the same stream. All functions may be called
/// from any thread, also after the server has stopped. When the last copy goes
/// without `end`, the stream is cut.
class body_stream {
public:
  body_stream() = default;
  explicit body_stream(std::shared_ptr<stream_handle> impl);

  /// Queues one chunk. Returns false, and sends nothing, once the stream has
  /// ended: by us, by the peer, or because more than `max_stream_buffer` bytes
  /// wait for a peer that does not read (its connection is then cut).
  bool write(std::string_view chunk);

  /// Ends the body in good order after everything queued.
  void end();

  /// Closes the connection without the last chunk; unsent bytes are lost.
  void cut();

  /// Calls `fn` once, on the server's thread, when the peer is gone or the
  /// server stops before `end` or `cut`. If that has happened already, calls
  /// it at once, on the caller's thread.
  void on_gone(std::move_only_function<void()> fn);

  /// True once nothing can be sent any more.
  bool closed() const;

  /// Bytes that wait to be sent.
  size_t buffered() const;

private:
  std::shared_ptr<stream_handle> impl_;
};

/// The right to answer one request, at once or later, from any thread, also
/// after the server has stopped (it is then ignored). A cheap handle: copies
/// mean the same request; the first answer counts, later ones are ignored.
/// When the last copy goes without an answer, the peer gets a 500.
class responder {
public:
  responder() = default;
  explicit responder(std::shared_ptr<exchange_handle> impl);

  void answer(response x);

  /// Answers with a fault, see `delivery`.
  void answer(response x, delivery how);

  /// Sends the head now and the body as the stream is written.
  body_stream stream(int status, std::vector<header> headers);

  /// Closes the connection without an answer (the peer sees its end).
  void close();

  /// Resets the connection without an answer (the peer sees a RST).
  void reset();

private:
  std::shared_ptr<exchange_handle> impl_;
};

/// Called on (one of) the server's thread(s); must be quick. An exception that
/// leaves it becomes a 500.
using handler = std::function<void(request, responder)>;

/// What a TLS server shows: PEM texts, the certificate first in its chain.
struct tls_identity {
  std::string certificate_pem;
  std::string key_pem;
};

struct http_options {
  /// A numeric IPv4 or IPv6 address.
  std::string address = "127.0.0.1";
  /// 0: any free port, see `http_server::port`.
  uint16_t port = 0;
  /// Plain HTTP if absent.
  std::optional<tls_identity> tls;
  /// With more than one, handlers of different connections run at once.
  unsigned threads = 1;
  /// Larger heads are answered with 431.
  uint32_t max_header_bytes = 64U << 10U;
  /// Larger bodies are answered with 413.
  uint64_t max_body_bytes = 4U << 20U;
  /// Further connections are closed as they come.
  size_t max_connections = 4096;
  /// See `body_stream::write`.
  size_t max_stream_buffer = 16U << 20U;
  /// Bound on the wait for a request, head and body.
  std::chrono::milliseconds idle_timeout{120'000};
  /// Bound on the wait for a peer that does not take its answer; a stream
  /// whose peer reads nothing for so long is cut too.
  std::chrono::milliseconds write_timeout{60'000};
};

/// An HTTP/1.1 server with its own thread(s): keep-alive, pipelining one by
/// one, chunked streams, optional TLS, and faults on demand. Nothing of Asio or
/// Beast shows here.
class http_server {
public:
  /// Listens and serves. Errors: invalid_argument (address, certificate, key),
  /// transport (the port is taken, or may not be used).
  static expected<std::unique_ptr<http_server>> start(http_options cfg,
                                                      handler fn);

  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;

  /// Stops. Must not be called on a thread of the server.
  ~http_server();

  /// The port that it listens on.
  uint16_t port() const;

  /// "http://127.0.0.1:34567", or https.
  std::string url() const;

  /// Closes the listener and every connection and ends the threads. Pending
  /// timers are dropped. Repeating it is harmless. On a thread of the server
  /// it returns before the threads have ended.
  void stop();

  /// Runs `fn` on a thread of the server after `delay`, unless stopped before.
  void schedule(std::chrono::nanoseconds delay,
                std::move_only_function<void()> fn);

  /// Connections that are open now.
  size_t connections() const;

private:
  class impl;
  explicit http_server(std::unique_ptr<impl> x);
  std::unique_ptr<impl> impl_;
};

} // namespace natgw::serving
