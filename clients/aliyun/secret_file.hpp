#pragma once

#include <optional>
#include <string>

#include "messages/error.hpp"

namespace natgw::aliyun {

/// Reads a small file (at most 64 KiB) without leaving copies of its content
/// behind; empty if there is no such file. Errors: `credential`, naming it.
expected<std::optional<std::string>> read_secret_file(const std::string& path);

/// Overwrites a text and makes it empty.
void wipe(std::string& x);

} // namespace natgw::aliyun
