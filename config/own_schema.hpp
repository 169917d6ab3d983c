#pragma once

#include <yaml-cpp/yaml.h>

#include "config/model.hpp"
#include "config/reader.hpp"

namespace natgw::config {

/// Reads the map under `natgw:`.
void read_own(reader& in, const YAML::Node& x, own_settings& out);

} // namespace natgw::config
