#include "cli/random_text.hpp"

#include <random>
#include <string_view>

namespace natgw::cli {

std::string random_text(size_t length) {
  constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::random_device source;
  std::uniform_int_distribution<size_t> index{0, alphabet.size() - 1};
  std::string result;
  while (result.size() < length)
    result += alphabet[index(source)];
  return result;
}

} // namespace natgw::cli
