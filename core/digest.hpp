#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace natgw::core {

using sha256_digest = std::array<uint8_t, 32>;

/// SHA-256 by OpenSSL.
sha256_digest sha256(std::string_view bytes);

/// Base32 of RFC 4648 in lower case, without padding.
std::string base32(std::span<const uint8_t> bytes);

/// Appends a field with its length in front, so that no two lists of fields
/// give the same text.
void append_field(std::string& out, std::string_view field);

} // namespace natgw::core
