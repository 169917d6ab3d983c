#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/self_check.hpp"
#include "messages/entry.hpp"
#include "messages/object_key.hpp"
#include "messages/object_query.hpp"
#include "messages/placement.hpp"
#include "messages/record.hpp"

namespace natgw::core {

/// The records must be listed afresh; the answer is a number for
/// `pool::refresh_numbered`.
struct refresh_records {};

/// The table may modify and delete from now on.
struct table_settled {};

/// Nothing of this object is left in the pool.
struct slot_settled {
  object_key key;
};

/// Something worth a log line about one pod.
struct pool_note {
  bool warning = false;
  /// A fixed snake_case word.
  std::string_view event;
  object_key key;
  std::string uid;
  std::string detail;
};

/// What is counted and timed, for metrics.
enum class pool_measure_kind : uint8_t {
  /// A pod became reachable; `elapsed` counts from its order to its address
  /// being published.
  birth,
  /// A mapping is completely gone; `elapsed` counts from the pod's end.
  death,
  /// A mapping could not be made.
  failure,
  /// An entry of ours was changed or deleted by somebody else.
  drift,
  /// Two records promised one port.
  clash,
  /// An entry of ours had neither record nor pod.
  orphan,
  /// The self-check has found `broken` violated.
  violation,
};

struct pool_measure {
  pool_measure_kind kind = pool_measure_kind::birth;
  std::chrono::nanoseconds elapsed{0};
  invariant broken = invariant::one_owner;
};

/// Everything a pool can ask of the world. The actor carries each one out, in
/// order; none has to be finished before the next one starts, because the pool
/// itself waits for the answers that matter.
using pool_effect
  = std::variant<record_write, pod_patch, object_event, entry_want, entry_drop,
                 object_query, pool_capacity, bind_refused, refresh_records,
                 table_settled, slot_settled, pool_note, pool_measure>;

using pool_effects = std::vector<pool_effect>;

} // namespace natgw::core
