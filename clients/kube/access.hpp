#pragma once

#include <string_view>

#include "clients/http/transport.hpp"

namespace natgw::kube {

/// What a request needs a right for, as a role names it. Both texts are of
/// static storage and from a small set, so they may label a metric.
struct access {
  /// get, list, watch, create, update, patch or delete.
  std::string_view verb;
  /// "pods", "pods/status", ...; "other" for a type that is not our own
  /// business, such as the workload of a fixed mapping.
  std::string_view resource;

  bool operator==(const access&) const = default;
};

/// `base_url` is what the request's URL begins with.
access access_of(const http::request& x, std::string_view base_url);

} // namespace natgw::kube
