#include "core/forward_table/edge_estimate.hpp"

#include <algorithm>

namespace natgw::core::table {

namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

constexpr nanoseconds unknown_look = 20ms;
constexpr nanoseconds shortest_pause = 5ms;
constexpr nanoseconds longest_pause = 2s;
constexpr nanoseconds stuck_pause = 30s;
constexpr nanoseconds margin = 1ms;
/// So many brackets that agree, and a time that has become shorter is sought.
constexpr uint32_t doubt_after = 16;

} // namespace

bool edge_estimate::exact() const {
  return high_ - low_ <= std::max<nanoseconds>(4ms, high_ / 64);
}

nanoseconds edge_estimate::first_look() const {
  if (high_ == 0ns)
    return unknown_look;
  return exact() ? high_ + margin : low_ + (high_ - low_) / 2;
}

nanoseconds edge_estimate::next_look(uint32_t n) const {
  auto pause = high_ == 0ns ? unknown_look
                            : std::max(shortest_pause, (high_ - low_) / 4);
  for (uint32_t i = 0; i < std::min(n, looks_in_vain) && pause < longest_pause;
       ++i)
    pause += pause / 2;
  pause = std::min(pause, longest_pause);
  for (auto i = looks_in_vain; i < n && pause < stuck_pause; ++i)
    pause += pause / 2;
  return std::min(pause, stuck_pause);
}

void edge_estimate::learn(nanoseconds early, nanoseconds late) {
  if (late <= early)
    return;
  if (high_ == 0ns || late <= low_ || early >= high_) {
    low_ = early;
    high_ = late;
    doubt_ = high_ / 32;
    agreed_ = 0;
    return;
  }
  low_ = std::max(low_, early);
  high_ = std::min(high_, late);
  if (early > 0ns)
    doubt_ = high_ / 32;
  if (++agreed_ >= doubt_after) {
    low_ = std::max(low_ - doubt_, nanoseconds{0});
    doubt_ = std::min(doubt_ * 2, high_);
    agreed_ = 0;
  }
}

} // namespace natgw::core::table
