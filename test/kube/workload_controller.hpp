#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "test/kube/observer.hpp"

namespace natgw::test {

/// Makes the pods of StatefulSets, Deployments and Jobs in one namespace of a
/// cluster without kube-controller-manager. Level-based: it looks at all there
/// is again and again, and takes one step.
///
/// * StatefulSet: ordinals, all at once; a new template goes round from the
///   highest ordinal down, one pod at a time; failed pods are replaced.
/// * Deployment: a ReplicaSet for each template, one pod more than asked for
///   while it rolls.
/// * Job: as many pods as completions; those that ended stay.
///
/// What has an owner goes with it, as the emulated server sees to that.
class workload_controller {
public:
  workload_controller(kube_api& api, observer& seen, std::string ns);
  ~workload_controller();

  workload_controller(const workload_controller&) = delete;
  workload_controller& operator=(const workload_controller&) = delete;

private:
  void run(const std::stop_token& stop);
  void look();
  void serve_set(const json& set);
  void restart_one(const std::vector<json>& pods, const std::string& revision);
  void serve_deployment(const json& deployment);
  json replica_set(const json& deployment, const std::string& revision);
  void serve_job(const json& job);

  std::vector<json> list(const std::string& target);
  /// All pods of a workload.
  std::vector<json> pods_of(const json& owner);
  void make_pod(const std::string& name, const json& pod_template,
                const json& owner, const std::string& revision);
  void end_pod(const json& pod);
  std::string apps(const std::string& plural) const;

  kube_api& api_;
  std::string ns_;
  unsigned last_name_ = 0;

  std::mutex mutex_;
  std::condition_variable_any wake_;
  bool dirty_ = true;
  std::jthread thread_;
};

} // namespace natgw::test
