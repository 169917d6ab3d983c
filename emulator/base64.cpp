#include "emulator/base64.hpp"

#include <openssl/evp.h>

namespace natgw::emulator {

std::string encode_base64(std::span<const unsigned char> bytes) {
  std::string result(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  auto size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(result.data()),
                              bytes.data(), static_cast<int>(bytes.size()));
  result.resize(static_cast<size_t>(size));
  return result;
}

} // namespace natgw::emulator
