#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "emulator/vpc/options.hpp"
#include "messages/error.hpp"

/// The small languages of the flags that shape an emulated cloud. All errors
/// are `invalid_argument`, with the rule as their detail.
namespace natgw::cli {

/// A duration, or two with a dash between them: "2s", "50ms-200ms".
expected<emulator::time_range> parse_time_range(std::string_view text);

/// Calls in so many seconds, all of which may come at once: "300/60", or
/// "300/60/20" where only 20 may.
expected<emulator::call_rate> parse_rate(std::string_view text);

/// "NAME=VALUE", split at the first '='.
expected<std::pair<std::string, std::string>>
parse_assignment(std::string_view text);

/// The name of a fault and its probability: "error_after=0.01".
expected<std::pair<emulator::fault_kind, double>>
parse_fault(std::string_view text);

/// The enumerator's name.
expected<emulator::gone_spelling> parse_gone(std::string_view text);

} // namespace natgw::cli
