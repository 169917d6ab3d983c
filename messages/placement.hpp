#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "messages/error.hpp"
#include "messages/object_key.hpp"
#include "messages/pod.hpp"
#include "messages/port.hpp"

namespace natgw {

/// What a pod asks for, validated (core/annotations.hpp).
struct dnat_request {
  /// In the user's order; no port twice for one protocol.
  std::vector<port_item> items;
  bool fixed = false;
  /// True if the address should be told as soon as it is chosen.
  bool early = false;
  /// Pins; empty where the user left the choice.
  std::string gateway;
  std::string zone;

  bool operator==(const dnat_request&) const = default;
};

/// Placement's order to a pool: this pod shall be reachable through you.
/// Repeated whenever the pod or its request changed.
struct bind_order {
  pod_ptr pod;
  dnat_request request;
};

/// How much a pool can take, told to placement whenever it changed.
struct pool_capacity {
  std::string gateway;
  /// The gateway's zone as the cloud tells it; empty while unknown.
  std::string zone;
  /// False: nothing new may be placed here (draining, unusable, not started).
  bool open = false;
  /// Free external ports, by protocol, over all usable EIPs.
  uint32_t free_tcp = 0;
  uint32_t free_udp = 0;
  /// Entries that still fit into the table; UINT32_MAX while unknown.
  uint32_t free_entries = 0;
  /// Entry writes waiting or in flight, or still to come for what was bound.
  uint32_t queue_depth = 0;

  bool operator==(const pool_capacity&) const = default;
};

/// A pool's answer that it cannot take a pod; placement looks further.
struct bind_refused {
  std::string gateway;
  object_key key;
  std::string uid;
  ec reason = ec::no_port;
  std::string detail;
};

} // namespace natgw
