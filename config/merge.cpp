#include "config/merge.hpp"

#include <map>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace natgw::config {

namespace {

/// Where an EIP was named first.
struct eip_place {
  std::string gateway;
  int line = 0;
};

class merger {
public:
  explicit merger(reader& in) : in_(in) {
    // nop
  }

  void add(const pool_item& item) {
    auto [place, is_new] = index_.try_emplace(item.pool.id, pools_.size());
    if (is_new) {
      pools_.push_back({item.pool.id, item.pool.zone, item.pool.ports, {}});
      lines_.push_back(item.at.line);
    } else if (!join(place->second, item)) {
      return;
    }
    for (const auto& eip : item.pool.eips)
      add_eip(pools_[place->second], eip, item.at);
  }

  std::vector<gateway_pool> result() && {
    return std::move(pools_);
  }

private:
  /// Prepares the pool of the same gateway for an item. Returns whether the
  /// item's EIPs are to be added.
  bool join(size_t i, const pool_item& item) {
    auto& pool = pools_[i];
    const auto& more = item.pool;
    if (!pool.zone.empty() && !more.zone.empty() && pool.zone != more.zone) {
      complain(item.at, "is in another zone", lines_[i]);
      return false;
    }
    if (pool.ports != more.ports) {
      complain(item.at, "has other ports", lines_[i]);
      return false;
    }
    in_.warn(item.at, fmt::format("{} stands in line {} too; the two are "
                                  "taken together",
                                  more.id, lines_[i]));
    if (pool.zone.empty())
      pool.zone = more.zone;
    if (!pool.eips.empty() && !more.eips.empty())
      return true;
    // One of the two means all EIPs, which covers those that are named.
    pool.eips.clear();
    return false;
  }

  void add_eip(gateway_pool& pool, const std::string& eip, position at) {
    auto [place, is_new] = eips_.try_emplace(eip, pool.id, at.line);
    const auto& [gateway, line] = place->second;
    if (is_new)
      pool.eips.push_back(eip);
    else if (gateway != pool.id)
      in_.error(at,
                fmt::format("{} belongs to {} in line {}", eip, gateway, line));
    else
      in_.warn(at, fmt::format("{} is listed twice", eip));
  }

  void complain(position at, std::string_view what, int line) {
    in_.error(at, fmt::format("the gateway {} in line {}", what, line));
  }

  reader& in_;
  std::vector<gateway_pool> pools_;
  /// Parallel to `pools_`: where each was named first.
  std::vector<int> lines_;
  std::map<std::string, size_t> index_;
  std::map<std::string, eip_place> eips_;
};

} // namespace

std::vector<gateway_pool> merge_pools(reader& in,
                                      const std::vector<pool_item>& items) {
  merger worker{in};
  for (const auto& item : items)
    worker.add(item);
  return std::move(worker).result();
}

} // namespace natgw::config
