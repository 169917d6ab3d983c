#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "core/port_text.hpp"

namespace natgw::core {

/// A set of ports, one bit each.
class port_bits {
public:
  static constexpr uint32_t word_bits = 64;
  static constexpr uint32_t word_count = 65536 / word_bits;

  bool test(uint32_t port) const {
    return (words_[port / word_bits] >> (port % word_bits) & 1U) != 0;
  }

  uint64_t word(uint32_t index) const {
    return words_[index];
  }

  void set(port_span ports) {
    each_word(ports, [this](uint32_t i, uint64_t mask) { words_[i] |= mask; });
  }

  void reset(port_span ports) {
    each_word(ports, [this](uint32_t i, uint64_t mask) { words_[i] &= ~mask; });
  }

  void assign(uint32_t index, uint64_t word) {
    words_[index] = word;
  }

  uint32_t count(port_span ports) const {
    uint32_t result = 0;
    each_word(ports, [&](uint32_t i, uint64_t mask) {
      result += static_cast<uint32_t>(std::popcount(words_[i] & mask));
    });
    return result;
  }

  uint32_t count() const {
    uint32_t result = 0;
    for (auto word : words_)
      result += static_cast<uint32_t>(std::popcount(word));
    return result;
  }

  /// The first member in the span, or 65536 if there is none.
  uint32_t first_in(port_span ports) const {
    uint32_t result = word_count * word_bits;
    each_word(ports, [&](uint32_t i, uint64_t mask) {
      auto hits = words_[i] & mask;
      if (hits != 0 && result == word_count * word_bits)
        result = i * word_bits + static_cast<uint32_t>(std::countr_zero(hits));
    });
    return result;
  }

  /// Calls `f(index, mask)` for each word that the span touches.
  template <class F>
  static void each_word(port_span ports, F f) {
    uint32_t port = ports.first;
    // One past the last, which is 65536 at the most: no 16-bit arithmetic.
    const uint32_t end = port + ports.count;
    while (port < end) {
      const auto bit = port % word_bits;
      const auto size = std::min(end - port, word_bits - bit);
      const auto ones = ~uint64_t{0} >> (word_bits - size);
      f(port / word_bits, ones << bit);
      port += size;
    }
  }

private:
  std::array<uint64_t, word_count> words_{};
};

} // namespace natgw::core
