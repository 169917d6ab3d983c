#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "clients/kube/json_text.hpp"
#include "clients/kube/timestamps.hpp"
#include "messages/error.hpp"
#include "messages/object_key.hpp"

namespace natgw::kube {

/// A Lease of coordination.k8s.io/v1.
struct lease_view {
  object_key key;
  std::string uid;
  std::string resource_version;
  /// Empty: nobody holds it.
  std::string holder;
  std::chrono::seconds duration{0};
  /// Unset if absent or not a time.
  std::optional<micro_time> acquired;
  std::optional<micro_time> renewed;
  uint64_t transitions = 0;

  bool operator==(const lease_view&) const = default;
};

/// Errors: malformed.
expected<lease_view> parse_lease(json_text text);

/// The whole object. With `resource_version` set it is a replacement that is
/// refused if the lease has changed; without, the body of a create.
std::string lease_body(const lease_view& x);

} // namespace natgw::kube
