#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messages/error.hpp"
#include "messages/time.hpp"

namespace natgw::http {

enum class method : uint8_t { get, post, put, patch, del };

std::string_view to_string(method x);

struct header {
  std::string name;
  std::string value;
};

/// One HTTP request. URLs are absolute, http or https.
struct request {
  method verb = method::get;
  std::string url;
  std::vector<header> headers;
  std::string body;
  /// Bound on the whole exchange; for a stream on the time to its head. Must
  /// be positive.
  std::chrono::milliseconds timeout{10'000};
  /// For a stream: ends with `timeout` after so long without a byte; 0: never.
  std::chrono::milliseconds idle_timeout{0};
  /// Bound on the body, in bytes; for a stream on the body of an error answer.
  size_t max_response_bytes = size_t{16} << 20U;
  /// A fence: right before its bytes leave, the request fails with `fenced`
  /// unless now + timeout < not_after.
  std::optional<instant> not_after;
  /// Never sent again by the transport itself, as it does where a kept
  /// connection turns out to be dead: for what carries a signature that holds
  /// once.
  bool only_once = false;
};

struct response {
  int status = 0;
  /// Names in lower case.
  std::vector<header> headers;
  std::string body;

  /// The value of the first header called `name` (lower case), or empty.
  std::string_view find(std::string_view name) const;
};

/// Receives the answer, exactly once, on the transport's thread. Errors:
/// transport, timeout, too_large, fenced, cancelled. Must be quick and must
/// not throw: it hands the result to an actor and returns.
using completion = std::move_only_function<void(expected<response>)>;

/// Receives a stream, on the transport's thread, under the same rules:
/// `on_head` once, then `on_data` as bytes arrive, then `on_end` once. A
/// failure before the head goes straight to `on_end`. An answer whose status
/// is not 2xx has no data: its bounded body comes with the head.
struct stream_handler {
  std::move_only_function<void(response)> on_head;
  std::move_only_function<void(std::string_view)> on_data;
  /// A success means that the server ended the body in good order.
  std::move_only_function<void(expected<void>)> on_end;
};

/// Sends requests and never blocks its caller. Implemented by a libcurl multi
/// loop (clients/http/curl_transport.hpp) and by the simulated network.
class transport {
public:
  virtual ~transport() = default;

  /// Starts a request. Returns an id for `cancel`.
  virtual uint64_t send(request x, completion done) = 0;

  /// Starts a request whose body is handed over as it arrives.
  virtual uint64_t stream(request x, stream_handler handler) = 0;

  /// Tells that the consumer of a stream has dealt with so many bytes. A
  /// stream with more than its window unconsumed is paused.
  virtual void consumed(uint64_t id, size_t bytes) = 0;

  /// Ends a request or stream; its callback is called with `cancelled` unless
  /// it has been called already. Unknown ids are ignored.
  virtual void cancel(uint64_t id) = 0;
};

} // namespace natgw::http
