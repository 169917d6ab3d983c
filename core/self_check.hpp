#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "core/entry_name.hpp"
#include "messages/entry.hpp"
#include "messages/object_key.hpp"
#include "messages/pod.hpp"
#include "messages/record.hpp"

namespace natgw::core {

/// What must hold at any time between pods, PodDNATs and a forward table, and
/// can be recomputed from them; docs/architecture.md has the numbers.
enum class invariant : uint8_t {
  /// No public port is promised to, published for, or forwards for two.
  one_owner = 1,
  /// No entry of ours forwards to an address that another pod has.
  no_stranger = 2,
  /// An entry of somebody else is not taken for ours.
  foreign_untouched = 4,
  /// What a status shows is Available and points at the pod's address.
  status_true = 5,
};

/// "1", "2", "4" or "5"; the value of the metric's label.
std::string_view to_string(invariant x);

inline constexpr invariant checked_invariants[]
  = {invariant::one_owner, invariant::no_stranger, invariant::foreign_untouched,
     invariant::status_true};

/// A PodDNAT, as it was last read.
struct checked_record {
  record_ptr record;
  /// The pod whose mapping it is; null: there is none now.
  pod_ptr pod;
  /// A write of it is under way, or a clash of its promise is known.
  bool in_flux = false;
};

/// What is compared. The entries in `sweep` have their owners.
struct self_check_input {
  const table_sweep* sweep = nullptr;
  std::vector<checked_record> records;
  /// Names of our entries whose change or end is under way.
  std::set<std::string, std::less<>> moving;
};

/// Two of the three records contradict each other.
struct violation {
  invariant broken = invariant::one_owner;
  /// The object whose mapping is wrong; empty if only an entry is known.
  object_key key;
  /// The other object, with `one_owner`; else empty.
  object_key other;
  /// Name and id of the entry; empty if the contradiction is between records.
  std::string entry_name;
  std::string entry_id;
  /// Both sides, in words for a log.
  std::string claim;
  std::string fact;

  bool operator==(const violation&) const = default;
};

/// Everything that contradicts, in the order of the invariants. O(n log n) in
/// entries and published ports.
std::vector<violation> find_violations(const self_check_input& x,
                                       const entry_names& names);

/// A sweep takes its time, and what changes meanwhile looks wrong in it. So
/// only what two sweeps in a row have shown is a violation.
class self_check {
public:
  /// Those that the last check had found, too. Each is told with every check
  /// until it is mended.
  std::vector<violation> check(const self_check_input& x,
                               const entry_names& names);

private:
  using mark = std::tuple<invariant, std::string, std::string, std::string>;

  std::set<mark> suspected_;
};

} // namespace natgw::core
