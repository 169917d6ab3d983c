#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

// Each source of this folder is a target of libFuzzer: `LLVMFuzzerTestOneInput`
// hands its bytes to a parser, as a peer would, and checks what comes out.
// docs/fuzzing.md tells how they are run.

namespace natgw::fuzz {

/// Ends the process, so that libFuzzer keeps the input, unless `x` holds.
inline void require(bool x) {
  if (!x)
    std::abort();
}

inline std::string_view text_of(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Cuts an input into parts: what a separator ends, one after the other.
class parts {
public:
  explicit parts(std::string_view rest) : rest_{rest} {
    // nop
  }

  /// Up to the next `end`, which is dropped; everything if there is none.
  std::string next(char end = '\n') {
    auto at = rest_.find(end);
    auto result = std::string{rest_.substr(0, at)};
    rest_.remove_prefix(at == std::string_view::npos ? rest_.size() : at + 1);
    return result;
  }

  /// One byte; 0 at the end.
  uint8_t byte() {
    if (rest_.empty())
      return 0;
    auto result = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return result;
  }

  std::string rest() {
    auto result = std::string{rest_};
    rest_ = {};
    return result;
  }

  bool empty() const {
    return rest_.empty();
  }

private:
  std::string_view rest_;
};

} // namespace natgw::fuzz
