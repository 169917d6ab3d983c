#include "core/time_text.hpp"

#include <array>
#include <cstdio>

namespace natgw::core {

std::string format_time(wall_time x) {
  auto seconds = std::chrono::floor<std::chrono::seconds>(x);
  auto day = std::chrono::floor<std::chrono::days>(seconds);
  std::chrono::year_month_day date{day};
  std::chrono::hh_mm_ss clock{seconds - day};
  std::array<char, 64> text{};
  auto size = std::snprintf(
    text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ",
    static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
    static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
    static_cast<int>(clock.minutes().count()),
    static_cast<int>(clock.seconds().count()));
  return {text.data(), static_cast<size_t>(size)};
}

} // namespace natgw::core
