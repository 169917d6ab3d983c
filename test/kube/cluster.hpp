#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "messages/time.hpp"
#include "test/kube/kube_api.hpp"

namespace natgw::test {

/// One request as the API server's audit tells it.
struct audited {
  /// "system:serviceaccount:kube-system:natgw-controller"
  std::string user;
  std::string user_agent;
  /// get, list, watch, create, update, patch, delete.
  std::string verb;
  /// "pods", "poddnats/status"
  std::string resource;
  std::string ns;
  std::string name;
  int code = 0;
  /// When it arrived, on CLOCK_BOOTTIME.
  instant at;
  /// The resourceVersion of the object that it was answered with; 0: unknown.
  uint64_t revision = 0;

  bool is_write() const {
    return verb != "get" && verb != "list" && verb != "watch";
  }
  bool accepted() const {
    return code >= 200 && code < 300;
  }
};

/// A cluster for scenarios: an API server with our manifests applied, nodes,
/// and no kubelets (see kubelet.hpp). There are two, which live as long as the
/// process, and scenarios share them one after the other.
class cluster {
public:
  /// kube-apiserver, etcd and kube-controller-manager.
  static cluster& real();
  /// The emulator that the program brings along.
  static cluster& embedded();

  virtual ~cluster() = default;

  virtual bool is_real() const = 0;
  std::string_view name() const {
    return is_real() ? "real" : "embedded";
  }

  /// For the one who plays people, tools and kubelets: may do everything.
  virtual kube_access admin() const = 0;

  /// For the controller: its service account, as deploy/ makes it.
  virtual kube_access controller() = 0;

  /// What has been asked since `since`, in the order of its arrival; as a
  /// minimum all writes, lists and watches of the controller.
  virtual std::vector<audited> audit(instant since) = 0;
};

/// A kubeconfig file with this access.
void write_kubeconfig(const std::string& path, const kube_access& x);

/// Runs Debian's kubectl (else the one on the PATH) against a cluster and
/// returns what it prints; throws if it fails.
std::string kubectl(const kube_access& access,
                    std::vector<std::string> arguments);

} // namespace natgw::test
