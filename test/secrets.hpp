#pragma once

#include <string>
#include <string_view>

#include "emulator/secret_mark.hpp"

namespace natgw::test {

/// A secret that `./dev test` recognises in whatever was written.
inline std::string marked_secret(std::string_view rest = {}) {
  return std::string{emulator::secret_mark} + std::string{rest};
}

} // namespace natgw::test
