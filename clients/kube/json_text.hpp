#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace natgw::kube {

/// How many readable bytes the parser needs behind a text (simdjson's
/// SIMDJSON_PADDING); their content does not matter.
inline constexpr size_t json_padding = 64;

/// A view of JSON whose buffer is readable for `json_padding` bytes more.
struct json_text {
  const char* data = nullptr;
  size_t size = 0;

  std::string_view str() const {
    return {data, size};
  }
};

/// Makes room for the padding behind `buffer`, which moves only if its
/// capacity is too small. The view holds until the buffer changes.
inline json_text pad(std::string& buffer) {
  buffer.reserve(buffer.size() + json_padding);
  return {buffer.data(), buffer.size()};
}

} // namespace natgw::kube
