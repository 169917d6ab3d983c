#pragma once

#include <string>
#include <string_view>

#include "messages/error.hpp"

namespace natgw::kube {

/// A resource type of the API.
struct resource {
  /// Empty for the core group.
  std::string_view group;
  std::string_view version;
  std::string_view plural;
};

inline constexpr resource pods{"", "v1", "pods"};
inline constexpr resource nodes{"", "v1", "nodes"};
inline constexpr resource events{"", "v1", "events"};
inline constexpr resource namespaces{"", "v1", "namespaces"};
inline constexpr resource poddnats{"alibabacloud.com", "v1beta1", "poddnats"};
inline constexpr resource podenis{"network.alibabacloud.com", "v1beta1",
                                  "podenis"};
inline constexpr resource leases{"coordination.k8s.io", "v1", "leases"};

/// True if `text` can be one segment of an API path: not empty, at most 253
/// bytes, neither `.` nor `..`, without `/` and `%`.
bool is_path_segment(std::string_view text);

/// The path of a collection; an empty namespace means all of them, or a
/// resource that has none.
std::string collection_path(const resource& type, std::string_view ns);

/// The path of one object, or of a subresource of it.
std::string object_path(const resource& type, std::string_view ns,
                        std::string_view name,
                        std::string_view subresource = {});

} // namespace natgw::kube
