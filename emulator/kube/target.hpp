#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace natgw::emulator::kube {

/// A request's path and query, decoded and cut into what they mean.
struct target {
  /// The decoded path as it is.
  std::string path;
  /// True if the path names a resource: all below is set then.
  bool is_resource = false;
  std::string group;
  std::string version;
  std::string ns;
  std::string plural;
  std::string name;
  std::string subresource;
  std::map<std::string, std::string, std::less<>> query;

  /// A query parameter; empty if absent.
  std::string_view param(std::string_view key) const;
  bool has(std::string_view key) const {
    return query.contains(key);
  }
  /// True for "true" and "1", as Kubernetes reads flags.
  bool flag(std::string_view key) const;
};

/// Decodes "%2F" and, in a query, "+". Broken escapes stay as they are.
std::string percent_decode(std::string_view text, bool plus_is_space);

/// Reads a request target such as "/api/v1/namespaces/a/pods/b?watch=1".
target parse_target(std::string_view raw);

/// A number without sign or anything else around it.
std::optional<uint64_t> parse_number(std::string_view text);

} // namespace natgw::emulator::kube
