#pragma once

#include <string>
#include <vector>

#include "config/model.hpp"
#include "config/reader.hpp"

namespace natgw::config {

/// One item of `natGwPool`, as it stands in the file.
struct pool_item {
  position at;
  std::string id;
  std::string zone;
  port_range ports;
  std::vector<std::string> eips;
};

/// Makes one pool of all items with the same gateway. Items that say the same
/// thing twice are merged; items that contradict each other (another zone,
/// other ports for the same EIP, one EIP on two gateways) are errors of `in`.
std::vector<gateway_pool> merge_pools(reader& in,
                                      const std::vector<pool_item>& items);

} // namespace natgw::config
