#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "messages/placement.hpp"

namespace natgw::core {

/// What a pod takes from a gateway.
struct gateway_need {
  uint32_t tcp = 0;
  uint32_t udp = 0;
  /// Forward entries, if no run has to be split.
  uint32_t entries = 0;
};

gateway_need need_of(const dnat_request& request);

/// A gateway by number.
using gateway_index = uint32_t;

inline constexpr gateway_index no_gateway
  = std::numeric_limits<gateway_index>::max();

/// Which gateway has how much room, and the order in which they are chosen:
/// the shortest queue first, then the most room. What was placed since a pool
/// last spoke is taken off its room, so that a burst spreads.
class gateway_board {
public:
  struct seat {
    std::string id;
    std::string zone;
    /// False: only known from records; nothing new goes there.
    bool configured = false;
    /// True once its pool has started.
    bool started = false;
    /// True once its pool has been open.
    bool opened = false;
    /// As the pool last told.
    pool_capacity told;
    /// The same, less what has been placed since.
    pool_capacity room;
    /// Grows whenever the pool tells of more than before.
    uint64_t growth = 0;
  };

  /// Adds a gateway, or returns the number it has already.
  gateway_index add(std::string_view id, std::string_view zone,
                    bool configured);

  gateway_index find(std::string_view id) const;

  const seat& operator[](gateway_index i) const {
    return seats_[i];
  }

  gateway_index size() const {
    return static_cast<gateway_index>(seats_.size());
  }

  /// A pool (re)starts: it is closed until it tells otherwise.
  void start(gateway_index i);

  /// Returns true if there is more room than was thought.
  bool tell(gateway_index i, const pool_capacity& x);

  void spend(gateway_index i, const gateway_need& need);

  /// What was spent has not been used after all.
  void refund(gateway_index i, const gateway_need& need);

  bool fits(gateway_index i, const gateway_need& need) const;

  /// The first gateway of a zone (of all zones if empty) that has the room and
  /// is `allowed`, or `no_gateway`.
  template <class Predicate>
  gateway_index best(std::string_view zone, const gateway_need& need,
                     Predicate allowed) const {
    const auto ranks = ranks_.find(zone);
    if (ranks == ranks_.end())
      return no_gateway;
    for (const auto& x : ranks->second) {
      const auto i = std::get<2>(x);
      if (fits(i, need) && allowed(i))
        return i;
    }
    return no_gateway;
  }

  /// True if a gateway of the zone (of any zone if empty) is configured.
  bool serves(std::string_view zone) const;

private:
  /// Queue depth, room that is lacking, number.
  using rank = std::tuple<uint32_t, uint64_t, gateway_index>;

  rank rank_of(gateway_index i) const;
  bool is_ranked(gateway_index i) const;
  void insert(gateway_index i);
  void erase(gateway_index i);

  std::vector<seat> seats_;
  std::map<std::string, gateway_index, std::less<>> by_id_;
  /// By zone; those with any room only. The empty zone has them all.
  std::map<std::string, std::set<rank>, std::less<>> ranks_;
};

} // namespace natgw::core
