#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "clients/kube/reader.hpp"
#include "messages/object_key.hpp"
#include "messages/pod.hpp"
#include "messages/record.hpp"

namespace natgw::kube {

/// Bounds in bytes: longer than anything the API server makes or accepts.
inline constexpr size_t max_name = 253;
inline constexpr size_t max_uid = 128;
inline constexpr size_t max_version = 64;

/// What is read of every object's metadata.
struct metadata {
  object_key key;
  std::string uid;
  std::string resource_version;
  /// RFC 3339 in UTC, or empty.
  std::string created;
  bool deleting = false;
};

/// Why an object with such metadata cannot be used; empty if it can.
std::string check(const metadata& x, bool namespaced);

/// Reads the common member `key`; false if it is none of them.
bool read_common(std::string_view key, json::value& from, metadata& out,
                 json::error_code& code);

/// Reads metadata; members that are not common go to `visit(key, value)`.
template <class Visit>
json::error_code
read_metadata(json::value& from, metadata& out, Visit&& visit) {
  return json::each_member(from, [&](std::string_view key, json::value& item) {
    auto code = json::SUCCESS;
    if (read_common(key, item, out, code))
      return code;
    return json::error_code{visit(key, item)};
  });
}

json::error_code read_owner(json::value& from, foreign_owner& out);

} // namespace natgw::kube
