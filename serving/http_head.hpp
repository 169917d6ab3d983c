#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "serving/http_server.hpp"

namespace natgw::serving {

/// How the end of a body is told.
struct body_framing {
  /// Content-Length, or chunked if absent.
  std::optional<uint64_t> length;
  bool keep_alive = true;
};

/// The standard phrase of a status, or "Unknown".
std::string_view reason_phrase(int status);

/// Status line and header fields up to the empty line. Header values cannot
/// break the frame: control characters in them become spaces.
std::string format_head(int status, std::span<const header> headers,
                        body_framing framing);

/// Appends `data` to `out` as one chunk of a chunked body; nothing if empty.
void append_chunk(std::string& out, std::string_view data);

/// What ends a chunked body.
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

} // namespace natgw::serving
