#include "cli/random_text.hpp"

#include <random>
#include <string_view>

#include "emulator/secret_mark.hpp"

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

std::string random_secret() {
  return std::string{emulator::secret_mark} + random_text(24);
}

} // namespace natgw::cli
