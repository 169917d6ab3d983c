#pragma once

#include <string_view>

namespace natgw::test {

/// Keeps what a controller wrote in the folder that NATGW_KEPT names, where
/// `./dev test` looks for secrets at its end. Without that nothing is kept.
/// @param kind "log", "output", "metrics" or "events"
void keep_output(std::string_view kind, std::string_view text);

} // namespace natgw::test
