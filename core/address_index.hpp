#pragma once

#include <unordered_map>
#include <vector>

#include "core/ip_address.hpp"
#include "messages/pod.hpp"

namespace natgw::core {

struct placement_subject;

/// Which pod has an address, and which objects may have entries that point at
/// it. A look at either costs O(1).
class address_index {
public:
  /// The pod that has the address, or null. Of two, the one that got it last;
  /// but one that terminates takes it from nobody.
  pod_ptr owner(ipv4 x) const;

  /// Notes that a pod has come to an address. Returns false if its present
  /// owner keeps it.
  bool acquire(ipv4 x, const pod_ptr& pod);

  /// The owner's latest state; ignored for other pods.
  void refresh(ipv4 x, const pod_ptr& pod);

  /// Notes that a pod has lost an address. Returns true if it was the owner.
  bool lose(ipv4 x, const pod_view& pod);

  void claim(ipv4 x, placement_subject& by);
  void disclaim(ipv4 x, const placement_subject& by);

  /// The objects whose entries may point there.
  std::vector<placement_subject*> claimants(ipv4 x) const;

private:
  std::unordered_map<ipv4, pod_ptr> owners_;
  std::unordered_multimap<ipv4, placement_subject*> claims_;
};

} // namespace natgw::core
