#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace natgw::emulator::kube {

/// What the emulated API server needs of one HTTP request.
struct request {
  /// In upper case, as on the wire.
  std::string method;
  /// Path and query, percent-encoded, as on the wire.
  std::string target;
  /// The headers it looks at; empty where absent.
  std::string authorization;
  std::string accept;
  std::string content_type;
  std::string user_agent;
  std::string body;
};

/// The answer to a request.
struct response {
  int status = 200;
  std::string content_type = "application/json";
  /// Further headers, such as Retry-After.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  /// An injected fault: the edge waits so long before it answers.
  std::chrono::milliseconds delay{0};
  /// An injected fault: the edge resets the connection instead of answering.
  bool reset = false;
};

/// One line of a watch with its newline, shared by all watches that get it.
using watch_line = std::shared_ptr<const std::string>;

/// What a watch has to send.
struct watch_batch {
  std::vector<watch_line> lines;
  /// No line will follow: the edge ends the body in good order.
  bool ended = false;
  /// An injected fault: the edge resets the connection after the lines.
  bool broken = false;
};

/// The answer to a request with `watch=true`.
struct opened_watch {
  /// The watch; 0 if it was refused.
  uint64_t id = 0;
  /// The head of the stream, or the whole answer of a refusal.
  response head;
};

} // namespace natgw::emulator::kube
