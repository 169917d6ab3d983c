#include "core/digest.hpp"

#include <stdexcept>

#include <openssl/evp.h>

namespace natgw::core {

sha256_digest sha256(std::string_view bytes) {
  sha256_digest result{};
  if (EVP_Digest(bytes.data(), bytes.size(), result.data(), nullptr,
                 EVP_sha256(), nullptr)
      != 1)
    throw std::runtime_error("OpenSSL refuses to compute a SHA-256");
  return result;
}

std::string base32(std::span<const uint8_t> bytes) {
  static constexpr std::string_view alphabet
    = "abcdefghijklmnopqrstuvwxyz234567";
  std::string result;
  result.reserve((bytes.size() * 8 + 4) / 5);
  uint32_t bits = 0;
  unsigned have = 0;
  for (auto byte : bytes) {
    bits = bits << 8U | byte;
    have += 8;
    while (have >= 5) {
      have -= 5;
      result += alphabet[bits >> have & 31U];
    }
  }
  if (have > 0)
    result += alphabet[bits << (5 - have) & 31U];
  return result;
}

void append_field(std::string& out, std::string_view field) {
  out += std::to_string(field.size());
  out += ':';
  out += field;
}

} // namespace natgw::core
