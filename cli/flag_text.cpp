#include "cli/flag_text.hpp"

#include <array>
#include <charconv>
#include <optional>

#include "config/text.hpp"

namespace natgw::cli {

namespace {

using emulator::gone_spelling;

constexpr auto gone_names
  = std::to_array<std::pair<gone_spelling, std::string_view>>(
    {{gone_spelling::not_found, "not_found"},
     {gone_spelling::status_not_exist, "status_not_exist"},
     {gone_spelling::resource_not_found, "resource_not_found"},
     {gone_spelling::mixed, "mixed"}});

std::unexpected<error> bad(std::string rule) {
  return fail(ec::invalid_argument, std::move(rule));
}

/// A non-negative decimal number, all of the text.
std::optional<double> parse_real(std::string_view text) {
  double result = 0;
  const auto* end = text.data() + text.size();
  auto [rest, problem] = std::from_chars(text.data(), end, result,
                                         std::chars_format::fixed);
  if (problem != std::errc{} || rest != end || result < 0)
    return std::nullopt;
  return result;
}

/// Takes what stands before the next '/' off the front of `text`.
std::string_view take_field(std::string_view& text) {
  auto slash = text.find('/');
  auto field = text.substr(0, slash);
  text = slash == std::string_view::npos ? "" : text.substr(slash + 1);
  return field;
}

} // namespace

expected<emulator::time_range> parse_time_range(std::string_view text) {
  auto dash = text.find('-');
  auto low = config::parse_duration(text.substr(0, dash));
  auto high = dash == std::string_view::npos
                ? low
                : config::parse_duration(text.substr(dash + 1));
  if (!low || !high || *low > *high)
    return bad("must be a duration or two, such as 2s or 50ms-200ms");
  return emulator::time_range{*low, *high};
}

expected<emulator::call_rate> parse_rate(std::string_view text) {
  auto calls = parse_real(take_field(text));
  auto seconds = parse_real(take_field(text));
  auto burst = text.empty() ? calls : parse_real(text);
  if (!calls || !seconds || !burst || *seconds <= 0 || *burst < 1)
    return bad("must be calls per seconds, such as 300/60, or with a burst, "
               "300/60/20");
  return emulator::call_rate{*calls / *seconds, *burst};
}

expected<std::pair<std::string, std::string>>
parse_assignment(std::string_view text) {
  auto sign = text.find('=');
  if (sign == std::string_view::npos || sign == 0)
    return bad("must be NAME=VALUE");
  return std::pair{std::string{text.substr(0, sign)},
                   std::string{text.substr(sign + 1)}};
}

expected<std::pair<emulator::fault_kind, double>>
parse_fault(std::string_view text) {
  auto parts = parse_assignment(text);
  if (!parts)
    return std::unexpected{parts.error()};
  auto kind = emulator::fault_kind_of(parts->first);
  auto probability = parse_real(parts->second);
  if (!kind || !probability || *probability > 1)
    return bad("must be a fault and its probability, such as "
               "error_after=0.01; faults: delay, error_before, error_after, "
               "reset_before, reset_after, truncated, drip, wrong_type, "
               "endless, throttle, refuse");
  return std::pair{*kind, *probability};
}

expected<emulator::gone_spelling> parse_gone(std::string_view text) {
  for (const auto& [value, name] : gone_names)
    if (name == text)
      return value;
  return bad("must be not_found, status_not_exist, resource_not_found or "
             "mixed");
}

} // namespace natgw::cli
