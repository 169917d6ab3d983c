#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "test/simulation/tally.hpp"

namespace natgw::simulation {

/// How one run ended, as plain bytes.
struct run_report {
  bool good = false;
  /// Pods that were created.
  uint32_t lives = 0;
  tally met;
};

/// What many runs have met.
class survey {
public:
  void add(const run_report& x);

  uint64_t runs() const {
    return runs_;
  }
  uint64_t good() const {
    return good_;
  }

  /// In how many percent of the runs each mishap happened, and how often a
  /// process died between each pair of writes.
  std::vector<std::string> lines() const;

  /// What has been met too rarely: each mishap in `percent` of the runs, each
  /// pair of writes `crashes` times, and `lives` pods in every run.
  struct demands {
    double percent = 5;
    uint64_t crashes = 100;
    uint32_t lives = 100;
  };
  std::vector<std::string> missing(const demands& x) const;

private:
  double percent_of(mishap x) const;

  uint64_t runs_ = 0;
  uint64_t good_ = 0;
  uint32_t fewest_lives_ = UINT32_MAX;
  std::array<uint64_t, mishap_count> runs_with_{};
  std::array<uint64_t, crash_point_count> crashes_{};
};

} // namespace natgw::simulation
