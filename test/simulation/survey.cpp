#include "test/simulation/survey.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace natgw::simulation {

namespace {

/// A process that begins anew deletes an entry that it finds without a pod, and
/// seldom is in time to let a successor have it: these two are only reported.
bool is_demanded(crash_point x) {
  return x != crash_point::recycle_withdraw_release
         && x != crash_point::recycle_remove_release;
}

} // namespace

void survey::add(const run_report& x) {
  ++runs_;
  good_ += x.good ? 1 : 0;
  // One that fails ends early.
  if (x.good)
    fewest_lives_ = std::min(fewest_lives_, x.lives);
  for (size_t i = 0; i < mishap_count; ++i)
    runs_with_[i] += x.met.mishaps[i] > 0 ? 1 : 0;
  for (size_t i = 0; i < crash_point_count; ++i)
    crashes_[i] += x.met.crashes[i];
}

double survey::percent_of(mishap x) const {
  return runs_ == 0
           ? 0
           : 100.0 * static_cast<double>(runs_with_[static_cast<size_t>(x)])
               / static_cast<double>(runs_);
}

std::vector<std::string> survey::lines() const {
  std::vector<std::string> result;
  for (size_t i = 0; i < mishap_count; ++i) {
    auto x = static_cast<mishap>(i);
    result.push_back(fmt::format("{:<34} in {:5.1f} % of the runs",
                                 to_string(x), percent_of(x)));
  }
  for (size_t i = 0; i < crash_point_count; ++i)
    result.push_back(fmt::format("{:<34} {:6} crashes",
                                 to_string(static_cast<crash_point>(i)),
                                 crashes_[i]));
  result.push_back(fmt::format("{:<34} {:6} pods", "the shortest run",
                               runs_ == 0 ? 0 : fewest_lives_));
  return result;
}

std::vector<std::string> survey::missing(const demands& x) const {
  std::vector<std::string> result;
  for (size_t i = 0; i < mishap_count; ++i)
    if (auto y = static_cast<mishap>(i); percent_of(y) < x.percent)
      result.push_back(
        fmt::format("too rare: {}: in {:.1f} %", to_string(y), percent_of(y)));
  for (size_t i = 0; i < crash_point_count; ++i)
    if (crashes_[i] < x.crashes && is_demanded(static_cast<crash_point>(i)))
      result.push_back(fmt::format("too rare: a crash at {}: {} times",
                                   to_string(static_cast<crash_point>(i)),
                                   crashes_[i]));
  if (runs_ == 0 || fewest_lives_ < x.lives)
    result.push_back(fmt::format("too short: a run of {} pods",
                                 runs_ == 0 ? 0 : fewest_lives_));
  return result;
}

} // namespace natgw::simulation
