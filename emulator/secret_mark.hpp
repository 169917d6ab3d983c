#pragma once

#include <string_view>

namespace natgw::emulator {

/// Every secret that the emulators make out, and every one of the tests whose
/// subject may write it somewhere, contains this word. So whoever looks for it
/// in what a program wrote finds each secret that leaked (tools/secrets.sh).
inline constexpr std::string_view secret_mark = "Hush7x2Secret";

} // namespace natgw::emulator
