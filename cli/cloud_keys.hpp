#pragma once

#include "clients/aliyun/credentials.hpp"
#include "config/model.hpp"
#include "messages/error.hpp"

namespace natgw::cli {

/// What signs the calls to the cloud: the key pair of the configuration, else
/// the one of the environment. Roles (of the node, or RRSA) are not known yet.
/// Errors: `credential`, with a detail that says what is missing and never a
/// secret.
expected<aliyun::credentials> cloud_keys(const config::settings& settings,
                                         const aliyun::environment& env);

} // namespace natgw::cli
