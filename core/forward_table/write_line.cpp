#include "core/forward_table/write_line.hpp"

#include <algorithm>
#include <numeric>

namespace natgw::core::table {

void write_line::push(uint32_t slot, line_place& place, urgency level,
                      instant now) {
  if (place.queued && place.level == level)
    return;
  remove(place);
  if (place.arrival == 0) {
    place.arrival = ++arrivals_;
    place.since = now;
  }
  place.level = level;
  place.queued = true;
  lines_[static_cast<size_t>(level)].emplace(place.arrival,
                                             waiting{slot, &place});
}

void write_line::remove(line_place& place) {
  if (!place.queued)
    return;
  lines_[static_cast<size_t>(place.level)].erase(place.arrival);
  place.queued = false;
}

void write_line::retire(line_place& place) {
  remove(place);
  place.arrival = 0;
}

std::optional<uint32_t> write_line::pop(instant now) {
  auto filled = [](const line& x) { return !x.empty(); };
  auto first = std::find_if(lines_.begin(), lines_.end(), filled);
  if (first == lines_.end())
    return std::nullopt;
  ++since_aged_;
  if (since_aged_ >= turns) {
    // The oldest of all that are not first by right.
    auto oldest = lines_.end();
    for (auto i = std::next(first); i != lines_.end(); ++i)
      if (!i->empty() && now - i->begin()->second.place->since >= patience
          && (oldest == lines_.end()
              || i->begin()->first < oldest->begin()->first))
        oldest = i;
    if (oldest != lines_.end()) {
      since_aged_ = 0;
      return take(*oldest);
    }
  }
  return take(*first);
}

size_t write_line::size() const {
  return std::accumulate(lines_.begin(), lines_.end(), size_t{0},
                         [](size_t sum, const line& x) {
                           return sum + x.size();
                         });
}

uint32_t write_line::take(line& from) {
  auto result = from.begin()->second;
  result.place->queued = false;
  from.erase(from.begin());
  return result.slot;
}

} // namespace natgw::core::table
