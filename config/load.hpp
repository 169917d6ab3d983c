#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "config/model.hpp"

namespace natgw::config {

/// A larger file is refused; more does not fit into a ConfigMap either.
inline constexpr size_t max_file_bytes = size_t{1} << 20U;

/// A configuration that may be used.
struct loaded {
  settings values;
  /// For people, one line each: "file:line:column: what is odd".
  std::vector<std::string> warnings;
  /// Keys of the product that have no meaning here, as the file writes them.
  std::vector<std::string> ignored;
};

/// Why a file cannot be used.
struct load_failure {
  /// True if the file is fine but `enableControllers` does not list natgw.
  bool nothing_to_do = false;
  /// For people, one line each: "file:line:column: key: rule". Never a secret.
  std::vector<std::string> errors;
  std::vector<std::string> warnings;

  /// All errors as one text, joined by newlines.
  std::string text() const;
};

/// Reads the product's file (contract: keys are found with any letter case and
/// in every plausible place) and what is ours under `natgw:`. Also in bounded
/// time and memory if the text is hostile.
std::expected<loaded, load_failure> parse(std::string_view text,
                                          std::string_view file_name);

/// Reads and parses a file.
std::expected<loaded, load_failure> load(const std::string& path);

} // namespace natgw::config
