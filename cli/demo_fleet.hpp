#pragma once

#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "emulator/kube/server.hpp"

namespace natgw::cli {

struct fleet_wishes {
  uint32_t pods = 60;
  /// As in the annotation.
  std::string ports = "7777/udp";
  /// Percent of the pods that are deleted and replaced.
  uint32_t churn = 30;
  /// Percent of the pods whose mapping is fixed.
  uint32_t fixed = 10;
  uint64_t seed = 1;
};

/// A game that runs in the emulated cluster: it creates pods with our
/// annotations, deletes some of them, and replaces those, half of them under
/// their old names, as a StatefulSet does.
class demo_fleet {
public:
  /// `token`: of a user of the cluster that is not the controller's.
  demo_fleet(emulator::kube::server& cluster, std::string token,
             fleet_wishes wishes);

  /// Creates the workload object and all pods.
  void create();

  /// Deletes the share of the pods that churns. They are replaced by
  /// `replace_gone` as their objects end.
  void churn();

  /// Creates the replacements of pods that are gone by now. True once all are
  /// replaced.
  bool replace_gone();

  /// Deletes all pods and the workload.
  void tear_down();

  /// Pods that exist and carry `"state":"ready"`.
  uint32_t ready() const;

  /// Single (pod, item) mappings that are published now.
  uint32_t mappings() const;

  uint32_t created() const {
    return created_;
  }

  /// No pod is left.
  bool empty() const;

private:
  struct member {
    std::string name;
    bool fixed = false;
    bool leaving = false;
    bool keeps_name = false;
    /// Where its volume is: the zone that a pod of the same name returns to.
    /// Empty: anywhere.
    std::string zone;
  };

  void create_pod(const member& x);
  void send(const std::string& method, const std::string& target,
            const std::string& body);
  bool exists(const std::string& name) const;
  std::string zone_of(const std::string& name) const;

  emulator::kube::server& cluster_;
  std::string authorization_;
  fleet_wishes wishes_;
  std::mt19937_64 rng_;
  std::vector<member> members_;
  std::string workload_uid_;
  uint32_t created_ = 0;
  uint32_t next_name_ = 0;
};

} // namespace natgw::cli
