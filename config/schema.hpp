#pragma once

#include <vector>

#include <yaml-cpp/yaml.h>

#include "config/merge.hpp"
#include "config/model.hpp"
#include "config/reader.hpp"

namespace natgw::config {

/// The settings while they are read.
struct draft {
  settings values;
  std::vector<pool_item> pools;
  std::vector<std::string> controllers;
};

/// Reads the root of the tree; the tables of keys are in the source.
void read_root(reader& in, const YAML::Node& root, draft& out);

} // namespace natgw::config
