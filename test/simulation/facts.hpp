#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "emulator/kube/history.hpp"
#include "emulator/kube/store.hpp"
#include "messages/time.hpp"

namespace natgw::simulation {

/// Inside: protocol and port.
using inner_port = std::pair<std::string, int>;

/// What a pod says from one revision on.
struct pod_fact {
  instant at;
  /// "namespace/name"
  std::string key;
  std::string uid;
  bool present = true;
  bool terminating = false;
  /// Succeeded or Failed.
  bool finished = false;
  std::string ip;
  bool scheduled = false;
  /// The switch is on.
  bool wants = false;
  /// The ports of the port list.
  std::set<inner_port> ports;
  /// `fixed` is asked for, and the pod's owner allows it.
  bool fixed = false;
  /// The pod's annotation says that it forwards, and so does its gate, if it
  /// has one.
  bool told_ready = false;
  /// The types of its conditions that are others'.
  std::set<std::string> conditions;
};

/// What a PodDNAT says from one revision on.
struct record_fact {
  instant at;
  std::string key;
  std::string uid;
  bool present = true;
  bool deleting = false;
  /// No pod owns it.
  bool fixed = false;
  std::string gateway;
  /// Every public port that it names.
  std::vector<emulator::kube::public_port> names;
  /// What its status shows.
  std::vector<emulator::kube::shown_entry> shown;
  /// The promise: which public port belongs to which of the pod's.
  std::map<inner_port, emulator::kube::public_port> promised;
  /// The pod that it is promised to.
  std::string pod_uid;
};

/// Reads changes of the cluster's objects.
pod_fact pod_fact_of(const emulator::kube::change& x);
record_fact record_fact_of(const emulator::kube::change& x);

} // namespace natgw::simulation
