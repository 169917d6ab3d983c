#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "test/kube/observer.hpp"

namespace natgw::test {

/// Plays scheduler, network plug-in and kubelets in one namespace: binds pods
/// to nodes, gives them addresses, sets them Running, and ends them when they
/// are deleted. A pod's annotations steer it:
///
///   test/node: NAME   bind it there; "none": leave it pending
///   test/ip: ADDRESS  its address; "none": it gets none yet
///   test/linger: any  when deleted it stays Terminating until somebody
///                     deletes it with grace period 0
class kubelet {
public:
  /// `zones`: a node for each is made, called node-ZONE, and two others:
  /// `node-virtual` (a virtual-kubelet) and `node-bare` (without a zone).
  kubelet(kube_api& api, observer& seen, std::string ns,
          std::vector<std::string> zones);

  kubelet(const kubelet&) = delete;
  kubelet& operator=(const kubelet&) = delete;

  /// Ends.
  ~kubelet();

  /// While true nobody is served.
  void pause(bool on);

private:
  void run(const std::stop_token& stop);
  /// The next step of a pod. These return false if the server was away, and
  /// it is to be taken again.
  bool serve(const std::string& key);
  bool bind(const json& pod);
  bool set_running(const json& pod);
  bool end(const json& pod);
  std::string choose_node(const json& pod);
  std::string next_address();
  void make_node(const std::string& name, const json& labels);

  kube_api& api_;
  observer& seen_;
  std::string ns_;
  std::vector<std::string> zones_;
  size_t next_zone_ = 0;
  /// Uids of pods that have been given an address.
  std::set<std::string> started_;

  struct work {
    std::mutex mutex;
    std::condition_variable_any wake;
    /// Keys of pods to look at.
    std::set<std::string> dirty;
    bool paused = false;
  };

  /// Shared with the observer, which may outlive this object.
  std::shared_ptr<work> work_;
  std::jthread thread_;
};

} // namespace natgw::test
