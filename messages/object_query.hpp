#pragma once

#include <cstdint>
#include <string>

#include "messages/object_key.hpp"

namespace natgw {

/// Asks whether a Kubernetes object exists, read fresh from the API server.
struct object_query {
  /// The asker's, returned with the answer.
  uint64_t token = 0;
  std::string api_version;
  std::string kind;
  object_key key;
};

enum class presence : uint8_t {
  exists,
  absent,
  /// The question could not be answered (forbidden, unavailable, ...).
  unknown,
};

struct object_answer {
  uint64_t token = 0;
  presence found = presence::unknown;
  /// The object's uid, if it exists.
  std::string uid;
};

} // namespace natgw
