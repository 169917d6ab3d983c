#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

namespace natgw::core {

/// A text that must not be logged. It has no stream operator, no conversion
/// and no comparison; whoever needs the text says `reveal`, which makes every
/// use easy to find. The memory is wiped when it ends.
class secret {
public:
  secret() = default;

  explicit secret(std::string_view text);

  secret(const secret& other) : secret{other.reveal()} {
  }

  secret(secret&& other) noexcept;

  secret& operator=(const secret& other);

  secret& operator=(secret&& other) noexcept;

  ~secret();

  bool empty() const {
    return size_ == 0;
  }

  /// The text, for as long as this object lives unchanged.
  std::string_view reveal() const {
    return {bytes_.get(), size_};
  }

  /// What may be shown instead: "(set)" or "(not set)".
  std::string_view masked() const {
    return empty() ? "(not set)" : "(set)";
  }

private:
  // Not a string: that would leave copies behind when it moves.
  std::unique_ptr<char[]> bytes_;
  size_t size_ = 0;
};

} // namespace natgw::core
