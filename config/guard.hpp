#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace natgw::config {

/// Why a YAML text was not let in. Lines and columns count from 1; 0: the text
/// as a whole.
struct yaml_problem {
  int line = 0;
  int column = 0;
  std::string rule;
};

/// Reads a YAML text through without building anything, and refuses it if it
/// is broken, nested more than 32 deep, made of more than 200,000 nodes, of
/// more than 1,000 aliases or of several documents. Such a text may be built
/// without harm.
std::optional<yaml_problem> guard_yaml(const std::string& text);

} // namespace natgw::config
