#include "cli/gateway_table.hpp"

#include <algorithm>
#include <cstdio>
#include <string>

#include <fmt/format.h>

namespace natgw::cli {

namespace {

constexpr auto plain_interval = std::chrono::seconds{5};
/// More gateways than this are summed up in the last line.
constexpr size_t max_rows = 12;
constexpr size_t bar_width = 30;

std::string row_of(const emulator::gateway& x, uint32_t quota) {
  size_t pending = 0;
  x.table.for_each([&pending](const emulator::entry& e) {
    pending += e.state == emulator::entry_state::available ? 0U : 1U;
  });
  auto size = x.table.size();
  auto full = std::min(bar_width, quota == 0 ? 0 : size * bar_width / quota);
  return fmt::format("  {:26} {:16} {:>5} entries {:>4} in transition  {}{}\n",
                     x.id, x.zone, size, pending, std::string(full, '#'),
                     std::string(bar_width - full, '.'));
}

} // namespace

void gateway_table::show(const char* phase, uint32_t ready, uint32_t wanted,
                         std::chrono::nanoseconds elapsed,
                         emulator::vpc_server& cloud) {
  if (!terminal_ && elapsed - last_ < plain_interval)
    return;
  last_ = elapsed;
  auto seconds = std::chrono::duration<double>(elapsed).count();
  auto text = fmt::format("{:9} {:>6.1f} s  {} of {} pods reachable\n", phase,
                          seconds, ready, wanted);
  size_t lines = 1;
  if (terminal_)
    cloud.with_core([&](emulator::vpc_core& core) {
      auto& all = core.resources().gateways();
      for (const auto& [id, gateway] : all)
        if (lines <= max_rows) {
          text += row_of(gateway, core.behaviour().quota);
          ++lines;
        }
      if (all.size() > max_rows) {
        text += fmt::format("  and {} more\n", all.size() - max_rows);
        ++lines;
      }
    });
  clear();
  fmt::print("{}", text);
  std::fflush(stdout);
  lines_ = lines;
}

void gateway_table::clear() {
  if (terminal_ && lines_ > 0)
    fmt::print("\x1b[{}A\x1b[J", lines_);
  lines_ = 0;
}

} // namespace natgw::cli
