#pragma once

#include <memory>
#include <string>
#include <vector>

#include "messages/object_key.hpp"

namespace natgw {

/// The elastic network interface behind one address of a pod.
struct interface_ref {
  /// IPv4, in canonical form.
  std::string address;
  std::string eni;
  /// Empty if it is not known.
  std::string vswitch;

  bool operator==(const interface_ref&) const = default;
};

/// Shared, since the interface travels with the pod.
using interface_ptr = std::shared_ptr<const interface_ref>;

/// A PodENI of Terway, stripped to what a PodDNAT says of it. It carries the
/// name of its pod.
struct interface_view {
  object_key key;
  std::vector<interface_ref> allocations;

  bool operator==(const interface_view&) const = default;
};

} // namespace natgw
