#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/harm.hpp"

namespace natgw::cli {

/// What a demo tells at its end; every figure comes from the emulators.
struct demo_report {
  uint32_t pods_requested = 0;
  /// Of those requested: reachable, their replacements included.
  uint32_t pods_ready = 0;
  /// Replacements included.
  uint32_t pods_created = 0;
  uint32_t mappings_ready = 0;
  /// From a pod's address to its published mapping.
  uint64_t ready_p50_ms = 0;
  uint64_t ready_p99_ms = 0;
  uint64_t ready_max_ms = 0;
  /// Pods whose gateway is in their node's zone, or is not.
  uint32_t zone_hits = 0;
  uint32_t zone_misses = 0;
  uint64_t creates = 0;
  uint64_t modifies = 0;
  uint64_t deletes = 0;
  uint64_t describes = 0;
  uint64_t throttled = 0;
  uint64_t conflicts = 0;
  uint64_t unsigned_or_badly_signed = 0;
  uint64_t kube_writes = 0;
  harm done;
  uint64_t leaked_entries = 0;
  uint64_t leaked_ports = 0;
  uint64_t leaked_poddnats = 0;
  uint64_t elapsed_ms = 0;

  /// Sets the percentiles.
  void set_ready_times(std::vector<uint64_t> times);

  /// Nothing was harmed, nothing is left, everything became reachable.
  bool good() const;

  std::string json() const;
  std::string text() const;
};

} // namespace natgw::cli
