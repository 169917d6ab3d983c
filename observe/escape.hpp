#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace natgw::observe {

/// The length of the valid UTF-8 sequence that `text` begins with: 1 to 4, or
/// 0 if there is none. Overlong forms and surrogates are not valid.
size_t utf8_length(std::string_view text);

/// Appends `text` so that it may stand between the quotes of a JSON string:
/// quotes, backslashes and control characters (C1 too) are escaped, and what
/// is not UTF-8 becomes U+FFFD. Stops with an ellipsis once `out` has grown
/// to `limit` bytes.
void escape_json(std::string& out, std::string_view text, size_t limit);

/// Appends `text` as a value of a text log: bare if it is plain, else between
/// quotes, with every byte escaped that could move a terminal's cursor or
/// forge a line. Same limit.
void escape_text(std::string& out, std::string_view text, size_t limit);

} // namespace natgw::observe
