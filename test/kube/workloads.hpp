#pragma once

#include <memory>
#include <string>
#include <vector>

#include "test/kube/world.hpp"

namespace natgw::test {

class workload_controller;

/// What a workload's pods are like.
struct workload {
  std::string name;
  int replicas = 1;
  std::string ports = "7000/udp";
  /// Added to the pods' annotations, or winning over them.
  json annotations = json::object();
};

/// StatefulSets, Deployments and Jobs in a scenario's namespace. In the real
/// cluster kube-controller-manager makes their pods, in the embedded one a
/// little controller of the tests' own.
class workloads {
public:
  explicit workloads(world& x);
  ~workloads();

  workloads(const workloads&) = delete;
  workloads& operator=(const workloads&) = delete;

  void stateful_set(const workload& x);
  void deployment(const workload& x);
  void job(const workload& x);

  /// `plural`: "statefulsets", "deployments" or "jobs".
  void scale(const std::string& plural, const std::string& name, int replicas);

  /// Changes the template, as `kubectl rollout restart` does it.
  void restart(const std::string& plural, const std::string& name);

  void remove(const std::string& plural, const std::string& name);

  /// The pods of a workload that are not ending.
  std::vector<json> pods_of(const std::string& name) const;

  /// There are so many pods, all of them served, and none of them is one of
  /// `others` (uids).
  bool wait_served(const std::string& name, size_t count,
                   const std::vector<std::string>& others = {}) const;

private:
  json pod_template(const workload& x) const;
  json object(const char* version, const char* kind, const workload& x) const;
  std::string target(const std::string& plural,
                     const std::string& name = {}) const;

  world& world_;
  std::unique_ptr<workload_controller> controller_;
  int restarts_ = 0;
};

std::vector<std::string> uids_of(const std::vector<json>& objects);
std::vector<std::string> names_of(const std::vector<json>& objects);

/// "EIP internal=external ..." of a pod's PodDNAT; empty if there is none.
std::string promise_of(const world& x, const std::string& pod);

/// The pod is told to be ready, and the status of its PodDNAT and the entries
/// in the tables lead to its present address.
bool is_served(const world& x, const std::string& pod);
bool wait_served(const world& x, const std::string& pod);

/// Plays the kubelet of a pod that has ended: "Succeeded" or "Failed".
void finish(world& x, const std::string& pod, const std::string& phase,
            const std::string& reason = {});

/// As `kubectl delete --force --grace-period=0`.
void force_remove(world& x, const std::string& pod);

} // namespace natgw::test
