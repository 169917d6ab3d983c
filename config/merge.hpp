#pragma once

#include <vector>

#include "config/model.hpp"
#include "config/reader.hpp"

namespace natgw::config {

/// One item of `natGwPool`, as it stands in the file.
struct pool_item {
  position at;
  gateway_pool pool;
};

/// Makes one pool of all items with the same gateway. Items that go together
/// are merged with a warning; items that contradict each other (another zone,
/// other ports, one EIP on two gateways) are errors of `in`.
std::vector<gateway_pool> merge_pools(reader& in,
                                      const std::vector<pool_item>& items);

} // namespace natgw::config
