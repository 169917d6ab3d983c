#pragma once

#include <span>
#include <string>

namespace natgw::emulator {

/// Base64 of RFC 4648 with padding, in one line.
std::string encode_base64(std::span<const unsigned char> bytes);

} // namespace natgw::emulator
