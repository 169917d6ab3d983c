#pragma once

#include <string>
#include <vector>

#include "config/model.hpp"

namespace natgw::config {

/// A rule that the settings break.
struct violation {
  /// The key, as in the file: "natgw.lease.renewDeadline".
  std::string key;
  /// A sentence that says what must hold.
  std::string rule;
};

/// Checks the rules that hold between values, and that what must be there is
/// there. Rules about single values are the loader's. Empty: all is well.
std::vector<violation> validate(const settings& x);

} // namespace natgw::config
