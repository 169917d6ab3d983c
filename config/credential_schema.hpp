#pragma once

#include <yaml-cpp/yaml.h>

#include "config/model.hpp"
#include "config/reader.hpp"

namespace natgw::config {

/// Reads the map under `natgw.credentials`.
void read_credential_settings(reader& in, const YAML::Node& x,
                              credential_settings& out);

} // namespace natgw::config
