#include "core/gateway_board.hpp"

#include <algorithm>

#include "core/grouping.hpp"

namespace natgw::core {

namespace {

uint32_t less(uint32_t from, uint32_t what) {
  return from - std::min(from, what);
}

uint32_t more(uint32_t to, uint32_t what, uint32_t limit) {
  const auto sum = uint64_t{to} + what;
  return static_cast<uint32_t>(std::min<uint64_t>(sum, limit));
}

bool exceeds(const pool_capacity& x, const pool_capacity& y) {
  return x.open
         && (!y.open || x.free_tcp > y.free_tcp || x.free_udp > y.free_udp
             || x.free_entries > y.free_entries);
}

} // namespace

gateway_need need_of(const dnat_request& request) {
  gateway_need result;
  for (const auto& x : group(request.items)) {
    (x.proto == protocol::tcp ? result.tcp : result.udp) += x.count;
    ++result.entries;
  }
  return result;
}

gateway_index gateway_board::add(std::string_view id, std::string_view zone,
                                 bool configured) {
  const auto known = find(id);
  if (known != no_gateway)
    return known;
  const auto result = size();
  auto& x = seats_.emplace_back();
  x.id = id;
  x.zone = zone;
  x.configured = configured;
  by_id_.emplace(id, result);
  return result;
}

gateway_index gateway_board::find(std::string_view id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? no_gateway : found->second;
}

void gateway_board::start(gateway_index i) {
  erase(i);
  auto& x = seats_[i];
  x.started = true;
  x.told = {};
  x.room = {};
}

bool gateway_board::tell(gateway_index i, const pool_capacity& x) {
  erase(i);
  auto& to = seats_[i];
  if (exceeds(x, to.told))
    ++to.growth;
  const bool result = exceeds(x, to.room);
  if (to.zone.empty())
    to.zone = x.zone;
  to.opened = to.opened || x.open;
  to.told = x;
  to.room = x;
  insert(i);
  return result;
}

void gateway_board::spend(gateway_index i, const gateway_need& need) {
  erase(i);
  auto& x = seats_[i].room;
  x.free_tcp = less(x.free_tcp, need.tcp);
  x.free_udp = less(x.free_udp, need.udp);
  // As many as fit is not a number to count down from.
  if (x.free_entries != std::numeric_limits<uint32_t>::max())
    x.free_entries = less(x.free_entries, need.entries);
  x.queue_depth += need.entries;
  insert(i);
}

void gateway_board::refund(gateway_index i, const gateway_need& need) {
  erase(i);
  auto& x = seats_[i].room;
  const auto& limit = seats_[i].told;
  x.free_tcp = more(x.free_tcp, need.tcp, limit.free_tcp);
  x.free_udp = more(x.free_udp, need.udp, limit.free_udp);
  x.free_entries = more(x.free_entries, need.entries, limit.free_entries);
  x.queue_depth = std::max(limit.queue_depth,
                           less(x.queue_depth, need.entries));
  insert(i);
}

bool gateway_board::fits(gateway_index i, const gateway_need& need) const {
  const auto& x = seats_[i];
  return x.configured && x.room.open && x.room.free_tcp >= need.tcp
         && x.room.free_udp >= need.udp && x.room.free_entries >= need.entries;
}

bool gateway_board::serves(std::string_view zone) const {
  return std::ranges::any_of(seats_, [zone](const seat& x) {
    return x.configured && (zone.empty() || x.zone == zone);
  });
}

gateway_board::rank gateway_board::rank_of(gateway_index i) const {
  const auto& x = seats_[i].room;
  const auto ports = uint64_t{x.free_tcp} + x.free_udp;
  const auto room = std::min<uint64_t>(ports, x.free_entries);
  return {x.queue_depth, std::numeric_limits<uint64_t>::max() - room, i};
}

bool gateway_board::is_ranked(gateway_index i) const {
  const auto& x = seats_[i];
  return x.configured && x.room.open && x.room.free_entries != 0
         && (x.room.free_tcp != 0 || x.room.free_udp != 0);
}

void gateway_board::insert(gateway_index i) {
  if (!is_ranked(i))
    return;
  ranks_[""].insert(rank_of(i));
  if (!seats_[i].zone.empty())
    ranks_[seats_[i].zone].insert(rank_of(i));
}

void gateway_board::erase(gateway_index i) {
  if (!is_ranked(i))
    return;
  for (const auto& zone : {std::string{}, seats_[i].zone}) {
    const auto found = ranks_.find(zone);
    if (found == ranks_.end())
      continue;
    found->second.erase(rank_of(i));
    if (found->second.empty())
      ranks_.erase(found);
  }
}

} // namespace natgw::core
