#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>

#include "core/port_bits.hpp"
#include "core/port_holders.hpp"
#include "core/port_text.hpp"
#include "core/port_tree.hpp"

namespace natgw::core {

/// What a port is used for.
enum class port_use : uint8_t {
  free,
  /// By `port_state::holder`; possibly outside the range, or foreign as well.
  held,
  /// Freed a short while ago.
  cooling,
  /// An entry that is not ours uses it.
  foreign,
  /// Configured never to be handed out, or outside the range.
  blocked,
  /// The EIP is not known.
  unknown,
};

struct port_state {
  port_use use = port_use::unknown;
  holder_id holder = 0;

  bool operator==(const port_state&) const = default;
};

/// The ports that may be handed out: within an inclusive range, not blocked.
struct port_limits {
  port_bits eligible;
  uint16_t first = 1;
  uint16_t last = 65535;
  /// Members of `eligible`.
  uint32_t count = 0;
};

/// The ports of one EIP and one protocol: bit sets for each use, and the order
/// in which free ports are handed out. It knows nothing of time: its owner
/// tells when ports begin and end to cool.
class port_lane {
public:
  /// Ports are handed out from `start` on, single ones upwards, runs
  /// downwards, around the range.
  port_lane(std::shared_ptr<const port_limits> limits, uint32_t start);

  /// Finds free ports in a row: those never used so far, then the longest
  /// rested run of this very length, then any. Takes them for the holder.
  std::optional<port_span> take(uint32_t count, holder_id holder);

  /// The longest run of free ports.
  uint32_t longest() const {
    return free_.longest();
  }

  uint32_t free_count() const {
    return free_.size();
  }

  uint32_t held_count() const {
    return held_count_;
  }

  uint32_t cooling_count() const {
    return cooling_count_;
  }

  uint32_t foreign_count() const {
    return foreign_.count();
  }

  port_use use(uint32_t port) const;

  const port_holders& holders() const {
    return holders_;
  }

  const port_bits& foreign() const {
    return foreign_;
  }

  bool cooling(uint32_t port) const {
    return cooling_.test(port);
  }

  /// Gives ports that nobody holds to a holder, whatever else they are.
  void hold(port_span ports, holder_id holder);

  /// Takes ports from their holder; they are cooling, or free at once.
  void release(port_span ports, bool cool);

  /// Ends the cooling of ports; they go to the end of the queue.
  void rest(port_span ports);

  void set_foreign(port_span ports, bool value);

private:
  using stretch = port_tree::stretch;

  void refresh(port_span ports);
  std::optional<port_span> take_fresh(uint32_t count);
  std::optional<port_span> take_rested(uint32_t count);
  std::optional<port_span> take_any(uint32_t count);
  void prune();
  uint32_t range_size() const;

  std::shared_ptr<const port_limits> limits_;
  port_holders holders_;
  port_bits cooling_;
  port_bits foreign_;
  /// Eligible and of no use so far: what `take` chooses from.
  port_tree free_;
  uint32_t held_count_ = 0;
  uint32_t cooling_count_ = 0;

  // Ports never used lie between two marks that move towards each other,
  // counted from the start around the range.
  uint32_t start_ = 0;
  uint32_t low_ = 0;
  uint32_t high_ = 0;

  /// Runs that have rested, by length, the longest rested first. May name
  /// ports that are not free any more; looked at when they are popped.
  std::map<uint16_t, std::deque<uint16_t>> rested_;
  /// Ports in `rested_`, counted as often as they are named.
  uint64_t rested_ports_ = 0;
};

} // namespace natgw::core
