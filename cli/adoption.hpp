#pragma once

#include <string>
#include <vector>

#include "clients/kube/api_server.hpp"
#include "config/model.hpp"
#include "core/adoption_plan.hpp"
#include "messages/error.hpp"

namespace natgw::cli {

struct adoption_findings {
  core::adoption_plan plan;
  /// What could not be read, and is therefore not planned; for people.
  std::vector<std::string> problems;
};

/// Reads cluster and cloud, and says what a first start would make of them.
/// Writes to neither, and needs no lease; blocks. Errors: where there is
/// nothing to plan at all; the detail says what was asked for, and holds no
/// secret.
expected<adoption_findings> foresee_adoption(const config::settings& settings,
                                             const kube::api_server& server);

} // namespace natgw::cli
