#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "messages/time.hpp"

namespace natgw::kube {

/// Calendar time as MicroTime has it.
using micro_time = std::chrono::sys_time<std::chrono::microseconds>;

/// `2026-01-31T12:34:56.123456Z`, the form of metav1.MicroTime.
std::string format_micro_time(micro_time x);

/// RFC 3339, in UTC or with an offset, with any number of decimals; what is
/// finer than a microsecond is cut off. Years 1 to 9999.
std::optional<micro_time> parse_time(std::string_view text);

} // namespace natgw::kube
