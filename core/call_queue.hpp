#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "messages/record.hpp"
#include "messages/time.hpp"

namespace natgw::core {

/// The calls of one action that wait for a token. Order:
/// 1. `harm` before everything else;
/// 2. then by urgency, where every `ageing` of waiting raises a call by one
///    level, up to `birth`: nothing starves;
/// 3. within a level the gateway that has used least goes first. A gateway
///    whose calls only fail pays double for each failure in a row, up to
///    `max_price`, so that it cannot eat the tokens of the others;
/// 4. within a gateway the oldest first.
/// Every operation is O(log n), `drop` O(k log n).
class call_queue {
public:
  struct options {
    /// Calls that may wait; `harm` may use as much again.
    size_t capacity = 10'000;
    /// Calls of one gateway that may run at once.
    uint32_t max_running = 8;
    std::chrono::nanoseconds ageing = std::chrono::seconds{5};
    uint32_t max_price = 32;
  };

  explicit call_queue(options cfg);

  call_queue(const call_queue&) = delete;
  call_queue& operator=(const call_queue&) = delete;

  /// Adds a call. `ticket` is the caller's and not in the queue yet; of two
  /// calls of the same time the lower ticket is the older.
  /// @returns false if the queue is full.
  bool push(uint64_t ticket, std::string_view gateway, urgency priority,
            instant now);

  /// Takes the next call, which then runs until `finished`. Gateways with
  /// `max_running` calls are passed over.
  std::optional<uint64_t> pop(instant now);

  /// The level of the call that `pop` would give.
  std::optional<urgency> head(instant now);

  /// A call that `pop` gave is over. `failed` means an answer that says
  /// nothing good of the gateway; throttling is nobody's failure.
  void finished(std::string_view gateway, bool failed);

  /// A call that `pop` gave got nothing: it costs its gateway nothing.
  void withdrawn(std::string_view gateway);

  /// Adds a call that had been taken before, with its age and whatever the
  /// capacity.
  void push_back(uint64_t ticket, std::string_view gateway, urgency priority,
                 instant since);

  /// Removes one waiting call.
  bool remove(uint64_t ticket);

  /// Removes and returns all waiting calls of a gateway, in order of age.
  std::vector<uint64_t> drop(std::string_view gateway);

  /// Removes and returns everything that waits.
  std::vector<uint64_t> drop_all();

  size_t size() const {
    return waiting_.size();
  }

  bool empty() const {
    return waiting_.empty();
  }

private:
  static constexpr size_t levels = 4;

  /// A waiting call's place: by age, then by ticket.
  using place = std::pair<instant, uint64_t>;

  struct lane;

  /// Where a gateway stands among those with calls in a level.
  using turn = std::tuple<uint64_t, uint64_t, lane*>;

  struct lane {
    /// What it has used, in prices paid.
    uint64_t used = 0;
    /// When it was last served, as a count of pops.
    uint64_t served = 0;
    uint32_t price = 1;
    uint32_t running = 0;
    size_t waiting = 0;
    /// For each level, in order of age.
    std::array<std::set<place>, levels> calls;
  };

  struct item {
    lane* owner;
    size_t level;
    place at;
    /// When it came to its level.
    instant since;
  };

  lane& lane_of(std::string_view gateway);
  void insert(uint64_t ticket, lane& owner, size_t level, place at,
              instant since);
  void erase(uint64_t ticket, const item& x);
  void raise_aged(instant now);
  void enter_turns(lane& x);
  void leave_turns(lane& x);

  options cfg_;
  uint64_t pops_ = 0;
  /// What the last served gateway had used: one that comes (back) starts here.
  uint64_t virtual_time_ = 0;
  /// Never shrinks: there are as many as gateways.
  std::map<std::string, lane, std::less<>> lanes_;
  std::unordered_map<uint64_t, item> waiting_;
  /// For each level, the gateways that may be served.
  std::array<std::set<turn>, levels> turns_;
  /// For each level, its calls by the time they came to it.
  std::array<std::set<std::pair<instant, uint64_t>>, levels> ages_;
};

} // namespace natgw::core
