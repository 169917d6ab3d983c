#pragma once

#include <cstddef>
#include <string>

namespace natgw::cli {

/// So many random lower-case letters and digits, for keys and tokens of the
/// emulators.
std::string random_text(size_t length);

} // namespace natgw::cli
