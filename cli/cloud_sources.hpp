#pragma once

#include <vector>

#include "clients/aliyun/credential_source.hpp"
#include "config/model.hpp"
#include "messages/error.hpp"

namespace natgw::cli {

/// The places that are asked for credentials, in their order: those that the
/// configuration lists, else with `enableRRSA` only the role of the service
/// account, else all that are set up. The order and the variables of the
/// environment are those of docs/cloud.md; the configuration wins over them.
/// Errors: `credential`, with a detail that says what is missing or which
/// variable is wrong, and never a secret.
expected<std::vector<aliyun::credential_source>>
cloud_sources(const config::settings& settings, const aliyun::environment& env);

} // namespace natgw::cli
