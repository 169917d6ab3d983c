#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "clients/kube/json_text.hpp"
#include "messages/error.hpp"

namespace natgw::kube {

/// Cuts a stream of bytes, however it is chunked, into lines.
class watch_decoder {
public:
  static constexpr size_t default_limit = size_t{4} << 20U;

  /// `limit` bounds the length of a line, in bytes.
  explicit watch_decoder(size_t limit = default_limit) : limit_(limit) {
  }

  /// Adds bytes. Views given out before become invalid.
  void append(std::string_view bytes);

  /// The next complete line that is not blank, without its end; nothing if
  /// there is none yet; `too_large` once a line exceeds the limit, and from
  /// then on.
  expected<std::optional<json_text>> next();

  /// Bytes held that have not been given out.
  size_t held() const {
    return buffer_.size() - begin_;
  }

private:
  size_t limit_;
  std::string buffer_;
  /// Start of the first line that was not given out.
  size_t begin_ = 0;
  /// No line end lies in [begin_, searched_).
  size_t searched_ = 0;
};

} // namespace natgw::kube
