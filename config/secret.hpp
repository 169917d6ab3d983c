#pragma once

#include <string>
#include <utility>

namespace natgw::config {

/// A text that must not be shown. It has no stream operator and no formatter
/// on purpose: whoever needs it says so by calling `reveal`.
class secret {
public:
  secret() = default;

  explicit secret(std::string text) : text_(std::move(text)) {
    // nop
  }

  const std::string& reveal() const {
    return text_;
  }

  bool empty() const {
    return text_.empty();
  }

  /// What may be shown instead: "(set)" or "(not set)".
  std::string masked() const {
    return text_.empty() ? "(not set)" : "(set)";
  }

  bool operator==(const secret&) const = default;

private:
  std::string text_;
};

} // namespace natgw::config
