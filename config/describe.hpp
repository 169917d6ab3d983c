#pragma once

#include <string>
#include <vector>

#include "config/model.hpp"

namespace natgw::config {

/// The settings as lines "key: value", secrets masked: for logs and `check`.
std::vector<std::string> describe(const settings& x);

} // namespace natgw::config
