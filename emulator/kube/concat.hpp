#pragma once

#include <concepts>
#include <string>
#include <string_view>

namespace natgw::emulator::kube {

/// One piece of `concat`: a text or a whole number.
inline std::string piece(std::integral auto x) {
  return std::to_string(x);
}

inline std::string_view piece(std::string_view x) {
  return x;
}

/// Texts and whole numbers in a row.
template <class... Ts>
std::string concat(const Ts&... xs) {
  std::string result;
  ((result += piece(xs)), ...);
  return result;
}

} // namespace natgw::emulator::kube
