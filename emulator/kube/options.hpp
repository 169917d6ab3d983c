#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "messages/time.hpp"

namespace natgw::emulator::kube {

/// What happens to a request without a bearer token.
enum class anonymous_policy : uint8_t {
  /// It may do everything, as `system:anonymous`.
  allow,
  /// 403, as RBAC answers it by default; probes and /version still work.
  forbid,
  /// 401, as with --anonymous-auth=false.
  reject,
};

/// Takes a right away. Empty fields match everything.
struct deny_rule {
  std::string user;
  /// get, list, watch, create, update, patch, delete, deletecollection.
  std::string verb;
  /// As in a role: "pods", "pods/status", "poddnats".
  std::string resource;
};

enum class fault_kind : uint8_t {
  /// Answers with `status` instead of doing anything.
  refuse,
  /// 429 with Retry-After (`seconds`).
  throttle,
  /// 409 Conflict instead of a write.
  conflict,
  /// Answers after `delay`; the request itself is done at once.
  slow,
  /// Resets the connection; nothing was done.
  reset_before,
  /// Resets the connection; the request was done.
  reset_after,
  /// The answer's body is cut, so that it is no JSON.
  malformed,
  /// A watch sends a line without an end, `bytes` long, then breaks.
  endless_line,
};

/// An injected fault. Empty texts match everything; rules are tried in their
/// order, and the first one that fires wins.
struct fault_rule {
  fault_kind kind = fault_kind::refuse;
  std::string user;
  std::string verb;
  std::string resource;
  /// Of a request that matches, in 0 to 1.
  double probability = 1;
  /// How often it may still fire.
  uint64_t times = std::numeric_limits<uint64_t>::max();
  int status = 503;
  std::chrono::seconds retry_after{1};
  std::chrono::milliseconds delay{0};
  size_t bytes = size_t{64} << 20U;
};

struct options {
  /// Calendar time at the instant zero of the core's time line.
  wall_time wall_origin{};
  /// Feeds uids, generated names and the probabilities of faults.
  uint64_t seed = 1;
  /// What GET /version calls the server.
  std::string git_version = "v1.31.0";
  /// Bearer token -> user name.
  std::map<std::string, std::string> tokens;
  anonymous_policy anonymous = anonymous_policy::forbid;
  /// How often a watch with allowWatchBookmarks gets one.
  std::chrono::milliseconds bookmark_interval{60'000};
  /// Changes that are kept of each resource; older ones are compacted.
  size_t log_window = 20'000;
  /// How far the objects of a list with resourceVersion=0 lag behind.
  std::chrono::milliseconds list_lag{0};
  /// A watch from before the log gets status 410 instead of the usual 200
  /// with an ERROR event.
  bool gone_as_status = false;
  /// Lines a watch may have waiting; a slower reader loses its watch.
  size_t watch_queue_limit = 200'000;
  /// How long the garbage and namespace collectors take to act.
  std::chrono::milliseconds collect_delay{100};
  /// Requests that the audit log keeps.
  size_t audit_limit = 10'000;
  /// Bound on a request's body; beyond it 413.
  size_t max_body_bytes = size_t{3} << 20U;
};

} // namespace natgw::emulator::kube
