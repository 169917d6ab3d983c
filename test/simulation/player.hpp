#pragma once

#include <cstdint>
#include <string>

#include "test/simulation/plan.hpp"
#include "test/simulation/servers.hpp"
#include "test/simulation/sightings.hpp"

namespace natgw::simulation {

/// The people and workloads of the cluster: they make pods and take them away.
/// A deed that makes no sense at the moment is not done.
class player {
public:
  /// Creates the workload that the pods belong to.
  player(servers& at, sightings& seen, instant now, size_t realm = 0);

  void play(const act& x, instant now);

  /// Deletes everything: pods, the workload, and the records that are left of
  /// fixed mappings.
  void tear_down(uint32_t slots, instant now);
  void take_records(uint32_t slots, instant now);

  static std::string name_of(uint32_t slot);

  /// Every third mapping is fixed.
  static bool is_fixed(uint32_t slot) {
    return slot % 3 == 0;
  }

  /// Every other pod is not Ready before it is reachable.
  static bool has_gate(uint32_t slot) {
    return slot % 2 == 1;
  }

  uint32_t lives() const {
    return lives_;
  }

private:
  bool exists(uint32_t slot) const;
  void create(uint32_t slot, instant now);
  void kill(uint32_t slot, instant now);
  void finish(uint32_t slot, bool evicted, instant now);
  void move_node(const act& x, instant now);
  /// As a person of this cluster.
  emulator::kube::response ask(std::string method, std::string target,
                               std::string body, instant now);
  void patch(uint32_t slot, const std::string& name, const std::string& value,
             instant now);

  servers& at_;
  sightings& seen_;
  size_t realm_;
  std::string workload_uid_;
  uint32_t lives_ = 0;
};

} // namespace natgw::simulation
