#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "emulator/kube/api_server.hpp"
#include "messages/time.hpp"

namespace natgw::emulator::kube {

struct fleet_options {
  /// Nodes are spread over them: node i is in zone i % zones.size().
  std::vector<std::string> zones{"cn-hangzhou-j", "cn-hangzhou-k"};
  size_t nodes_per_zone = 3;
  /// Pod addresses come from here, without its first and last one.
  std::string pod_cidr = "172.16.0.0/16";
  /// A freed address rests so long before another pod may get it.
  std::chrono::milliseconds address_quarantine{5'000};
  /// From the pod's creation to its binding.
  std::chrono::milliseconds schedule_delay{20};
  /// From the binding to the address and phase Running.
  std::chrono::milliseconds start_delay{80};
  /// From a deletion to the last one, which ends the pod; the pod's own grace
  /// period bounds it.
  std::chrono::milliseconds stop_delay{200};
  /// Delays vary by up to this part of them.
  double jitter = 0.5;
  uint64_t seed = 1;
};

/// Plays scheduler, IPAM and kubelets inside an emulated cluster: creates the
/// nodes, binds pending pods to them round-robin, gives them addresses, sets
/// them Running and finishes their graceful deletion. Pure and driven by time.
class fleet {
public:
  /// Creates the nodes. `server` must outlive this object.
  fleet(api_server& server, fleet_options cfg, instant now);
  ~fleet();
  fleet(const fleet&) = delete;
  fleet& operator=(const fleet&) = delete;

  /// Does everything that is due.
  void advance(instant now);

  /// When something is due next.
  std::optional<instant> next_deadline() const;

  /// Addresses that no pod has now.
  size_t free_addresses() const;

private:
  struct state;
  std::shared_ptr<state> state_;
};

} // namespace natgw::emulator::kube
