#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace natgw::core {

/// Tells texts apart within one process, where a rare mix-up does little harm.
/// Never 0, which callers use for "none".
inline uint32_t short_hash(std::string_view text) {
  return static_cast<uint32_t>(std::hash<std::string_view>{}(text)) | 1U;
}

} // namespace natgw::core
