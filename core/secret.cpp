#include "core/secret.hpp"

#include <algorithm>
#include <utility>

#include <openssl/crypto.h>

namespace natgw::core {

secret::secret(std::string_view text)
  : bytes_{std::make_unique<char[]>(text.size())},
    size_{text.size()} {
  std::ranges::copy(text, bytes_.get());
}

secret::secret(secret&& other) noexcept
  : bytes_{std::move(other.bytes_)},
    size_{std::exchange(other.size_, 0)} {
}

secret& secret::operator=(const secret& other) {
  if (this != &other)
    *this = secret{other};
  return *this;
}

secret& secret::operator=(secret&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  std::swap(size_, other.size_);
  return *this;
}

secret::~secret() {
  if (bytes_)
    OPENSSL_cleanse(bytes_.get(), size_);
}

} // namespace natgw::core
