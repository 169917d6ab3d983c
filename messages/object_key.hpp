#pragma once

#include <compare>
#include <functional>
#include <string>

namespace natgw {

/// Namespace and name of a namespaced Kubernetes object.
struct object_key {
  std::string ns;
  std::string name;

  auto operator<=>(const object_key&) const = default;

  /// `namespace/name`, the form of logs and events.
  std::string str() const {
    return ns + '/' + name;
  }
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, object_key& x) {
  return f(x.ns, x.name);
}

} // namespace natgw

template <>
struct std::hash<natgw::object_key> {
  size_t operator()(const natgw::object_key& x) const noexcept {
    auto first = std::hash<std::string>{}(x.ns);
    auto second = std::hash<std::string>{}(x.name);
    return first ^ (second + 0x9e3779b97f4a7c15ULL + (first << 6U));
  }
};
