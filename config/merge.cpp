#include "config/merge.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace natgw::config {

namespace {

/// Where an EIP was named first.
struct eip_place {
  std::string gateway;
  port_range ports;
  position at;
};

class merger {
public:
  explicit merger(reader& in) : in_(in) {
    // nop
  }

  void add(const pool_item& item) {
    auto [place, is_new] = index_.try_emplace(item.id, pools_.size());
    if (is_new) {
      pools_.push_back({item.id, item.zone, item.ports, {}});
      first_.push_back(item.at);
    } else if (!agree(place->second, item)) {
      return;
    }
    for (const auto& eip : item.eips)
      add_eip(pools_[place->second], eip, item);
  }

  std::vector<gateway_pool> result() && {
    return std::move(pools_);
  }

private:
  /// Whether an item may join the pool of the same gateway.
  bool agree(size_t i, const pool_item& item) {
    auto& pool = pools_[i];
    auto line = first_[i].line;
    if (!pool.zone.empty() && !item.zone.empty() && pool.zone != item.zone) {
      in_.error(item.at,
                fmt::format("{} is in another zone in line {}", item.id, line));
      return false;
    }
    if (pool.zone.empty())
      pool.zone = item.zone;
    auto all = pool.eips.empty() || item.eips.empty();
    if (all && !same_ports(pool, item.ports)) {
      in_.error(item.at, fmt::format("{} has other ports in line {}, and one "
                                     "of the two means all EIPs",
                                     item.id, line));
      return false;
    }
    in_.warn(item.at, fmt::format("{} is listed in line {} too; the two are "
                                  "taken together",
                                  item.id, line));
    if (!all)
      return true;
    // All EIPs with the same ports cover the ones that are named.
    pool.eips.clear();
    pool.ports = item.ports;
    return false;
  }

  static bool same_ports(const gateway_pool& pool, const port_range& ports) {
    if (pool.eips.empty())
      return pool.ports == ports;
    return std::ranges::all_of(pool.eips, [&](const eip_pool& x) {
      return x.ports == ports;
    });
  }

  void add_eip(gateway_pool& pool, const std::string& eip,
               const pool_item& item) {
    auto [place, is_new] = eips_.try_emplace(eip, item.id, item.ports, item.at);
    if (is_new) {
      pool.eips.push_back({eip, item.ports});
      return;
    }
    if (place->second.gateway != item.id) {
      in_.error(item.at,
                fmt::format("{} belongs to {} in line {}", eip,
                            place->second.gateway, place->second.at.line));
      return;
    }
    if (place->second.ports != item.ports)
      in_.error(item.at, fmt::format("{} has other ports in line {}", eip,
                                     place->second.at.line));
    else
      in_.warn(item.at, fmt::format("{} is listed twice", eip));
  }

  reader& in_;
  std::vector<gateway_pool> pools_;
  /// Parallel to `pools_`: where each was named first.
  std::vector<position> first_;
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
