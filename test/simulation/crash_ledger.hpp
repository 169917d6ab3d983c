#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "test/simulation/facts.hpp"
#include "test/simulation/tally.hpp"

namespace natgw::simulation {

/// The writes that the life of a mapping consists of, in its order.
enum class step : uint8_t {
  /// The PodDNAT is created, or says something else.
  promise,
  create,
  modify,
  /// Its status shows something, ...
  status,
  /// ... and the pod says so.
  pod,
  /// The status is emptied, ...
  withdraw,
  /// ... the entry deleted, ...
  erase,
  /// ... the PodDNAT deleted, ...
  remove,
  /// ... and the finalizer taken off it.
  release,
};

inline constexpr size_t step_count = 9;

std::string_view to_string(step x);

/// Between which writes processes have died: two that follow each other in the
/// life of one mapping, carried out for two processes of which the first has
/// died. What it had sent and the network has kept counts as its own.
class crash_ledger {
public:
  explicit crash_ledger(tally& to) : tally_{to} {
    // nop
  }

  /// Learns whose names entries carry.
  void see(const pod_fact& x);

  /// A write of `who` has been carried out for a record ("namespace/name").
  void wrote(const std::string& key, step what, std::string_view who);

  /// The same for an entry, by its name.
  void wrote_entry(std::string_view name, step what, std::string_view who);

  /// Whether the entry of a record was turned from another one.
  bool recycles(const std::string& key) const {
    auto found = stories_.find(key);
    return found != stories_.end() && found->second.modified;
  }

  /// Whether another pod than the one that a record was promised to has its
  /// name now.
  bool is_superseded(const std::string& key) const;

  /// A process has crashed.
  void died(std::string_view who) {
    dead_.emplace(who);
  }

private:
  struct story {
    std::optional<step> last;
    std::string author;
    /// The uid of the pod that it was promised to.
    std::string owner;
    /// Its entry was turned from another one.
    bool modified = false;
    /// An entry has been deleted since the status was emptied.
    bool erased = false;
  };

  static std::optional<crash_point> between(const story& x, step next);

  tally& tally_;
  std::map<std::string, story> stories_;
  /// The uids of the pods that there are, by key.
  std::map<std::string, std::string> present_;
  /// Records by the part of entries' names that is theirs.
  std::map<std::string, std::string, std::less<>> owners_;
  std::set<std::string, std::less<>> dead_;
};

} // namespace natgw::simulation
