#pragma once

#include <string>
#include <string_view>

#include "messages/error.hpp"

namespace natgw::kube {

/// Reads a small file (at most 1 MiB). Errors: invalid_config, naming it.
expected<std::string> read_file(const std::string& path);

/// Decodes base64, line breaks allowed. Errors: invalid_argument.
expected<std::string> decode_base64(std::string_view text);

} // namespace natgw::kube
