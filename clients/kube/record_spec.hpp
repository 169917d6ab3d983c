#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "messages/record.hpp"

namespace natgw::kube {

/// `spec` of a PodDNAT, as it is.
struct record_spec {
  std::string table_id;
  std::string external_ip;
  std::string internal_ip;
  std::string zone_id;
  std::string protocol;
  /// (externalPort, internalPort) of each element of portMapping.
  std::vector<std::pair<std::string, std::string>> ports;
};

/// What a PodDNAT promises, and why its annotation was not believed.
struct believed {
  std::optional<intent> promise;
  std::string problem;
};

/// The annotation's word if it is valid and agrees with `spec` (tableId,
/// externalIP, portMapping), else the one of `spec` alone (attempt 0), else
/// nothing. `annotation` is null if the object has none.
believed believe(const std::string* annotation, const record_spec& spec,
                 std::string_view owner_pod_uid);

} // namespace natgw::kube
