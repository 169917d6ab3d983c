#pragma once

#include <memory>
#include <utility>

namespace natgw {

/// A value that most objects leave at its default, and which then takes no
/// more room than a pointer. Copied like the value.
template <class T>
class boxed {
public:
  boxed() = default;

  boxed(T x) : value_(std::make_unique<T>(std::move(x))) {
    // nop
  }

  boxed(const boxed& x) : value_(x.value_ ? std::make_unique<T>(*x) : nullptr) {
    // nop
  }

  boxed(boxed&&) noexcept = default;

  ~boxed() = default;

  boxed& operator=(const boxed& x) {
    return *this = boxed{x};
  }

  boxed& operator=(boxed&&) noexcept = default;

  const T& operator*() const {
    static const T nothing{};
    return value_ ? *value_ : nothing;
  }

  const T* operator->() const {
    return &**this;
  }

  operator const T&() const {
    return **this;
  }

  /// The value, to be changed. Takes room even if it is only looked at.
  T& edit() {
    if (!value_)
      value_ = std::make_unique<T>();
    return *value_;
  }

  /// Back to the default.
  void reset() {
    value_.reset();
  }

  bool operator==(const boxed& x) const {
    return value_ == x.value_ || **this == *x;
  }

  bool operator==(const T& x) const {
    return **this == x;
  }

private:
  std::unique_ptr<T> value_;
};

} // namespace natgw
