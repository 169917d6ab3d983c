#include "core/address_index.hpp"

namespace natgw::core {

pod_ptr address_index::owner(ipv4 x) const {
  const auto found = owners_.find(x);
  return found == owners_.end() ? nullptr : found->second;
}

bool address_index::acquire(ipv4 x, const pod_ptr& pod) {
  auto& present = owners_[x];
  if (present && present->uid != pod->uid && pod->terminating
      && !present->terminating)
    return false;
  present = pod;
  return true;
}

void address_index::refresh(ipv4 x, const pod_ptr& pod) {
  const auto found = owners_.find(x);
  if (found != owners_.end() && found->second->uid == pod->uid)
    found->second = pod;
}

bool address_index::lose(ipv4 x, const pod_view& pod) {
  const auto found = owners_.find(x);
  if (found == owners_.end() || found->second->uid != pod.uid)
    return false;
  owners_.erase(found);
  return true;
}

void address_index::claim(ipv4 x, placement_subject& by) {
  claims_.emplace(x, &by);
}

void address_index::disclaim(ipv4 x, const placement_subject& by) {
  auto [i, end] = claims_.equal_range(x);
  for (; i != end; ++i) {
    if (i->second == &by) {
      claims_.erase(i);
      return;
    }
  }
}

std::vector<placement_subject*> address_index::claimants(ipv4 x) const {
  std::vector<placement_subject*> result;
  const auto [begin, end] = claims_.equal_range(x);
  for (auto i = begin; i != end; ++i)
    result.push_back(i->second);
  return result;
}

} // namespace natgw::core
