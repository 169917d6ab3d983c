#pragma once

#include <cstddef>
#include <string>

namespace natgw::cli {

/// So many random lower-case letters and digits, for keys and tokens of the
/// emulators.
std::string random_text(size_t length);

/// A random secret of an emulator, with the mark of `emulator/secret_mark.hpp`.
std::string random_secret();

} // namespace natgw::cli
