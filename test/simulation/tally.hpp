#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace natgw::simulation {

/// What may go wrong. Each is counted where it is seen to happen, not where it
/// is planned.
enum class mishap : uint8_t {
  // -- of the network ---------------------------------------------------------
  lost_request,
  lost_answer,
  delayed,
  duplicated,
  /// An answer overtakes the one to an earlier request.
  reordered,
  // -- of the API server ------------------------------------------------------
  watch_break,
  /// 410: what a list or watch goes on from is forgotten.
  compacted,
  /// A watch that tells of nothing but its bookmarks.
  bookmarks_only,
  /// A list of a server that lags behind.
  stale_list,
  /// 409 to a write of a status.
  status_conflict,
  cluster_throttled,
  cluster_error,
  // -- of the cloud -----------------------------------------------------------
  cloud_throttled,
  /// A write is refused since an entry is Pending.
  strict_barrier,
  error_before,
  error_after,
  credentials_expired,
  /// A write after a ClientToken has been forgotten within the run, ...
  short_retention,
  /// ... and an answer out of a memory that lasts.
  long_retention,
  /// Entries come or go between two pages of one reading.
  pages_shift,
  // -- of others --------------------------------------------------------------
  eip_removed,
  gateway_removed,
  entry_edited,
  record_deleted,
  record_edited,
  record_forged,
  /// Another cluster's controller has entries in the same table.
  other_cluster,
  // -- of pods and nodes ------------------------------------------------------
  pod_killed,
  pod_evicted,
  pod_completed,
  pod_replaced,
  address_reused,
  annotations_changed,
  zone_changed,
  // -- of processes -----------------------------------------------------------
  process_crash,
  /// A leader that was stopped goes on while another one leads.
  late_leader,
  pool_crash,
  table_crash,
};

inline constexpr size_t mishap_count = 38;

std::string_view to_string(mishap x);

/// Between which two writes, one following the other, a process has died.
enum class crash_point : uint8_t {
  birth_promise_create,
  birth_create_create,
  birth_create_status,
  birth_status_pod,
  /// The collector deletes the record, since its pod is gone.
  recycle_withdraw_release,
  recycle_remove_release,
  recycle_release_promise,
  recycle_promise_modify,
  recycle_modify_status,
  recycle_status_pod,
  release_withdraw_delete,
  release_delete_delete,
  release_delete_remove,
  release_remove_release,
  /// Where the collector has deleted the record, since its pod is gone.
  release_delete_release,
};

inline constexpr size_t crash_point_count = 15;

std::string_view to_string(crash_point x);

/// What a run has met, as plain numbers: it travels between processes as bytes.
struct tally {
  std::array<uint32_t, mishap_count> mishaps{};
  std::array<uint32_t, crash_point_count> crashes{};

  void add(mishap x) {
    ++mishaps[static_cast<size_t>(x)];
  }

  void add(crash_point x) {
    ++crashes[static_cast<size_t>(x)];
  }

  uint32_t of(mishap x) const {
    return mishaps[static_cast<size_t>(x)];
  }

  uint32_t of(crash_point x) const {
    return crashes[static_cast<size_t>(x)];
  }
};

} // namespace natgw::simulation
