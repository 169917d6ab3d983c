#include "core/forward_table/triple_index.hpp"

#include <iterator>

namespace natgw::core::table {

namespace {

/// How many neighbours are looked at: enough for what overlaps for a moment.
constexpr int reach = 8;

uint64_t key(const triple_index::span& x, uint16_t port) {
  return uint64_t{x.address.value} << 32U
         | uint64_t{static_cast<uint8_t>(x.proto)} << 16U | port;
}

uint16_t last_port(const triple_index::span& x) {
  return static_cast<uint16_t>(x.first + x.count - 1);
}

} // namespace

void triple_index::insert(const span& x, uint32_t holder) {
  intervals_.emplace(key(x, x.first), interval{last_port(x), holder});
}

void triple_index::erase(const span& x, uint32_t holder) {
  auto [first, last] = intervals_.equal_range(key(x, x.first));
  for (auto i = first; i != last; ++i)
    if (i->second.holder == holder) {
      intervals_.erase(i);
      return;
    }
}

uint32_t triple_index::overlap(const span& x, uint32_t except,
                               uint32_t and_except) const {
  auto i = intervals_.upper_bound(key(x, last_port(x)));
  for (int n = 0; n < reach && i != intervals_.begin(); ++n) {
    --i;
    if (i->first < key(x, 0))
      return 0;
    auto holder = i->second.holder;
    if (i->second.last >= x.first && holder != except && holder != and_except)
      return holder;
  }
  return 0;
}

} // namespace natgw::core::table
