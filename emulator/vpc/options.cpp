#include "emulator/vpc/options.hpp"

#include <algorithm>
#include <utility>

#include "emulator/vpc/address.hpp"

namespace natgw::emulator {

namespace {

constexpr auto fault_names
  = std::to_array<std::pair<fault_kind, std::string_view>>(
    {{fault_kind::delay, "delay"},
     {fault_kind::error_before, "error_before"},
     {fault_kind::error_after, "error_after"},
     {fault_kind::reset_before, "reset_before"},
     {fault_kind::reset_after, "reset_after"},
     {fault_kind::truncated, "truncated"},
     {fault_kind::drip, "drip"},
     {fault_kind::wrong_type, "wrong_type"},
     {fault_kind::endless, "endless"},
     {fault_kind::throttle, "throttle"},
     {fault_kind::refuse, "refuse"}});

static_assert(fault_names.size() == fault_kind_count);

std::string padded(std::string_view prefix, size_t number, size_t width) {
  const auto digits = std::to_string(number);
  std::string result{prefix};
  result.append(width - std::min(width, digits.size()), '0');
  return result + digits;
}

std::string zone_name(std::string_view region, size_t number) {
  // Zones are lettered; a busy region begins in the middle of the alphabet.
  std::string result{region};
  result += '-';
  result += static_cast<char>('a' + (7 + number) % 26);
  if (number >= 26)
    result += std::to_string(number / 26);
  return result;
}

} // namespace

std::string_view to_string(fault_kind x) {
  const auto found = std::ranges::find(fault_names, x,
                                       [](const auto& y) { return y.first; });
  return found == fault_names.end() ? "unknown" : found->second;
}

std::optional<fault_kind> fault_kind_of(std::string_view name) {
  const auto found = std::ranges::find(fault_names, name,
                                       [](const auto& y) { return y.second; });
  if (found == fault_names.end())
    return std::nullopt;
  return found->first;
}

std::vector<gateway_options> make_gateways(size_t count, size_t zones,
                                           size_t eips,
                                           std::string_view region) {
  constexpr ipv4 first_address = 198U << 24U | 18U << 16U;
  std::vector<gateway_options> result;
  ipv4 address = first_address;
  for (size_t i = 0; i < count; ++i) {
    gateway_options x;
    x.id = padded("ngw-emu", i, 17);
    x.zone = zone_name(region, i % std::max<size_t>(zones, 1));
    for (size_t k = 0; k < eips; ++k)
      x.eips.push_back({.address = format_ipv4(++address)});
    result.push_back(std::move(x));
  }
  return result;
}

vpc_behaviour prompt_behaviour() {
  vpc_behaviour result;
  result.pending = {};
  result.deleting = {};
  result.write_time = {};
  result.read_time = {};
  result.eip_binding = {};
  result.conflict = false;
  result.rate = {.per_second = 1e9, .burst = 1e9};
  result.quota = 1'000'000;
  return result;
}

} // namespace natgw::emulator
