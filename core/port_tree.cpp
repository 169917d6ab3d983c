#include "core/port_tree.hpp"

#include <algorithm>
#include <bit>

namespace natgw::core {

namespace {

constexpr uint32_t word_bits = port_bits::word_bits;
constexpr uint32_t word_count = port_bits::word_count;

uint64_t mask_of(uint32_t word_begin, port_tree::stretch where) {
  auto result = ~uint64_t{0};
  if (where.begin > word_begin)
    result &= ~uint64_t{0} << (where.begin - word_begin);
  if (where.end < word_begin + word_bits)
    result &= ~(~uint64_t{0} << (where.end - word_begin));
  return result;
}

/// Bit i of the result is set if bits i .. i + count - 1 are; count <= 64.
uint64_t starts_of_runs(uint64_t word, uint32_t count) {
  uint32_t have = 1;
  while (have < count && word != 0) {
    const auto step = std::min(have, count - have);
    word &= word >> step;
    have += step;
  }
  return word;
}

} // namespace

port_tree::summary port_tree::summarize(uint64_t word) {
  summary result;
  result.low = static_cast<uint16_t>(std::countr_one(word));
  result.high = static_cast<uint16_t>(std::countl_one(word));
  while (word != 0) {
    word &= word << 1U;
    ++result.best;
  }
  return result;
}

port_tree::summary port_tree::join(summary left, summary right, uint32_t half) {
  summary result;
  const uint32_t middle = uint32_t{left.high} + right.low;
  result.low = left.low == half ? static_cast<uint16_t>(half + right.low)
                                : left.low;
  result.high = right.high == half ? static_cast<uint16_t>(half + left.high)
                                   : right.high;
  result.best = static_cast<uint16_t>(
    std::max<uint32_t>({middle, left.best, right.best}));
  return result;
}

port_tree::summary port_tree::at(place x) const {
  return x.size == word_bits ? summarize(bits_.word(x.begin / word_bits))
                             : nodes_[x.index];
}

void port_tree::put(uint32_t index, uint64_t word) {
  const auto before = std::popcount(bits_.word(index));
  size_ += static_cast<uint32_t>(std::popcount(word) - before);
  bits_.assign(index, word);
  uint32_t node = (word_count + index) / 2;
  const auto even = index & ~1U;
  nodes_[node] = join(summarize(bits_.word(even)),
                      summarize(bits_.word(even + 1)), word_bits);
  for (uint32_t half = 2 * word_bits; node > 1; half *= 2) {
    node /= 2;
    const auto* children = &nodes_[size_t{node} * 2];
    nodes_[node] = join(children[0], children[1], half);
  }
}

// `carry` is the length of the run that ends where the node begins, within
// the stretch.
std::optional<uint32_t> port_tree::up(place x, stretch where, uint32_t count,
                                      uint32_t& carry) const {
  const auto end = x.begin + x.size;
  if (end <= where.begin || x.begin >= where.end)
    return std::nullopt;
  const bool whole = where.begin <= x.begin && end <= where.end;
  if (whole) {
    const auto sum = at(x);
    if (carry + sum.low >= count)
      return x.begin - carry;
    if (sum.best < count) {
      carry = sum.low == x.size ? carry + x.size : sum.high;
      return std::nullopt;
    }
  }
  if (x.size == word_bits) {
    const auto word = bits_.word(x.begin / word_bits) & mask_of(x.begin, where);
    const auto low = static_cast<uint32_t>(std::countr_one(word));
    if (carry + low >= count)
      return x.begin - carry;
    const auto starts = count <= word_bits ? starts_of_runs(word, count) : 0;
    if (starts != 0)
      return x.begin + static_cast<uint32_t>(std::countr_zero(starts));
    carry = low == word_bits ? carry + word_bits
                             : static_cast<uint32_t>(std::countl_one(word));
    return std::nullopt;
  }
  const auto half = x.size / 2;
  if (auto left = up({2 * x.index, x.begin, half}, where, count, carry))
    return left;
  return up({2 * x.index + 1, x.begin + half, half}, where, count, carry);
}

// The mirror image of `up`: `carry` is the run that begins where the node
// ends.
std::optional<uint32_t> port_tree::down(place x, stretch where, uint32_t count,
                                        uint32_t& carry) const {
  const auto end = x.begin + x.size;
  if (end <= where.begin || x.begin >= where.end)
    return std::nullopt;
  const bool whole = where.begin <= x.begin && end <= where.end;
  if (whole) {
    const auto sum = at(x);
    if (carry + sum.high >= count)
      return end + carry - count;
    if (sum.best < count) {
      carry = sum.high == x.size ? carry + x.size : sum.low;
      return std::nullopt;
    }
  }
  if (x.size == word_bits) {
    const auto word = bits_.word(x.begin / word_bits) & mask_of(x.begin, where);
    const auto high = static_cast<uint32_t>(std::countl_one(word));
    if (carry + high >= count)
      return end + carry - count;
    const auto starts = count <= word_bits ? starts_of_runs(word, count) : 0;
    if (starts != 0)
      return end - 1 - static_cast<uint32_t>(std::countl_zero(starts));
    carry = high == word_bits ? carry + word_bits
                              : static_cast<uint32_t>(std::countr_one(word));
    return std::nullopt;
  }
  const auto half = x.size / 2;
  if (auto right = down({2 * x.index + 1, x.begin + half, half}, where, count,
                        carry))
    return right;
  return down({2 * x.index, x.begin, half}, where, count, carry);
}

std::optional<uint32_t> port_tree::find_up(stretch where,
                                           uint32_t count) const {
  uint32_t carry = 0;
  return up({1, 0, word_bits * word_count}, where, count, carry);
}

std::optional<uint32_t> port_tree::find_down(stretch where,
                                             uint32_t count) const {
  uint32_t carry = 0;
  return down({1, 0, word_bits * word_count}, where, count, carry);
}

} // namespace natgw::core
