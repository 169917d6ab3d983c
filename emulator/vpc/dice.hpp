#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include "emulator/vpc/options.hpp"

namespace natgw::emulator {

/// Everything random, from one seed. Independent uses have dice of their own,
/// so that one more draw here does not change everything there.
class dice {
public:
  explicit dice(uint64_t seed) : engine_{seed} {
    // nop
  }

  /// 0 .. `sides` - 1; `sides` must be positive.
  uint64_t roll(uint64_t sides) {
    return engine_() % sides;
  }

  bool chance(double probability) {
    if (probability <= 0)
      return false;
    constexpr double whole = 9007199254740992.0; // 2^53
    return static_cast<double>(engine_() >> 11U) / whole < probability;
  }

  std::chrono::nanoseconds draw(const time_range& x) {
    const std::chrono::nanoseconds min = x.min;
    const auto span = std::chrono::nanoseconds{x.max} - min;
    if (span.count() <= 0)
      return min;
    const auto sides = static_cast<uint64_t>(span.count()) + 1;
    return min + std::chrono::nanoseconds{static_cast<int64_t>(roll(sides))};
  }

  /// So many characters of the alphabet.
  std::string text(size_t size, std::string_view alphabet) {
    std::string result(size, ' ');
    std::ranges::generate(result,
                          [&] { return alphabet[roll(alphabet.size())]; });
    return result;
  }

private:
  std::mt19937_64 engine_;
};

} // namespace natgw::emulator
