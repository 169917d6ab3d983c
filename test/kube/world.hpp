#pragma once

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/cloud_flags.hpp"
#include "cli/harm.hpp"
#include "emulator/vpc/server.hpp"
#include "test/integration/process.hpp"
#include "test/kube/cluster.hpp"
#include "test/kube/kubelet.hpp"
#include "test/kube/observer.hpp"

namespace natgw::test {

/// How long a scenario waits for what must happen. After a long outage a watch
/// may rest for a minute.
inline const auto patience
  = std::chrono::seconds{std::getenv("NATGW_LONG") == nullptr ? 60 : 150};

/// What a scenario's world is like.
struct world_options {
  size_t gateways = 2;
  size_t zones = 2;
  /// Lines below `natgw:` of the controller's configuration, each with two
  /// spaces before it and an end.
  std::string settings = "  writeDeadline: 2s\n";
  emulator::vpc_behaviour cloud = cli::quick_cloud();
};

/// `natgw-controller run` in a process of its own.
class controller_process {
public:
  /// `environment`: "NAME=VALUE", added to its own.
  controller_process(const std::string& folder, size_t number,
                     const std::string& config, const kube_access& access,
                     const std::vector<std::string>& environment = {});

  /// The same with other arguments that say where the API server is.
  controller_process(const std::string& folder, size_t number,
                     const std::string& config,
                     const std::vector<std::string>& arguments,
                     const std::vector<std::string>& environment);

  process& of() {
    return *process_;
  }

  /// All that it has logged so far.
  std::string log() const;

  /// Who it is in the lease and in audit logs.
  const std::string& identity() const;

  /// Reads a file of its HTTP server; the body, or an empty text.
  std::string get(const std::string& path) const;

  /// Its metrics, for the search for secrets.
  void keep_metrics() const;

  /// The value of a metric, by its line's beginning; 0 if it is not there.
  double metric(const std::string& series) const;

private:
  /// What follows `"NAME":"` in the log; waits for it.
  std::string logged(const std::string& name) const;
  void start(const std::string& folder, size_t number,
             const std::string& config,
             const std::vector<std::string>& arguments,
             const std::vector<std::string>& environment);

  std::string log_path_;
  mutable std::string identity_;
  std::unique_ptr<process> process_;
};

/// A namespace of its own in a cluster, an emulated cloud, and controllers
/// that run as the service account of deploy/.
class world {
public:
  explicit world(cluster& around, world_options options = {});

  world(const world&) = delete;
  world& operator=(const world&) = delete;

  /// Ends the controllers and takes away what a failed scenario left.
  ~world();

  /// Starts one more controller. `extra`: more lines as `settings`;
  /// `gateways`: those of its configuration, all if there is none;
  /// `environment`: see controller_process.
  controller_process& run(const std::string& extra = {},
                          const std::vector<std::string>& gateways = {},
                          const std::vector<std::string>& environment = {});

  /// Starts one more, told by arguments and environment where the API server
  /// is and who it is there.
  controller_process&
  run_with(const std::vector<std::string>& arguments,
           const std::vector<std::string>& environment = {});

  /// The service account's access with another token each time.
  kube_access controller_access() {
    return where.controller();
  }

  // -- pods ------------------------------------------------------------------

  std::string key(const std::string& name) const {
    return ns + "/" + name;
  }
  std::string pods_target(const std::string& name = {}) const;
  std::string records_target(const std::string& name = {}) const;

  /// A pod with our switch and these ports; `annotations` are added or win.
  json pod(const std::string& name, const std::string& ports = "7000/udp",
           json annotations = json::object()) const;

  /// Creates it; throws if it is refused.
  json create(const json& pod);

  void annotate(const std::string& pod, const json& annotations);

  void remove(const std::string& pod);

  std::optional<json> find_pod(const std::string& name) const {
    return seen.find("pods", key(name));
  }
  std::optional<json> record(const std::string& name) const {
    return seen.find("poddnats", key(name));
  }

  /// The pod carries `"state":"ready"`, and it is the one with this uid if
  /// one is given.
  bool is_ready(const std::string& name, const std::string& uid = {}) const;
  bool wait_ready(const std::string& name,
                  std::chrono::milliseconds limit = patience) const;

  /// Messages of the events with this reason about a pod.
  std::vector<std::string> events(const std::string& pod,
                                  const std::string& reason) const;

  /// Waits for an event whose message contains `text`.
  bool wait_event(const std::string& pod, const std::string& reason,
                  const std::string& text = {}) const;

  bool wait(const std::function<bool()>& done,
            std::chrono::milliseconds limit = patience) const {
    return seen.wait(done, limit);
  }

  // -- the cloud -------------------------------------------------------------

  /// Entries of all tables.
  std::vector<emulator::entry_change> entries() const;

  /// The entries that point at the address.
  std::vector<emulator::entry_change> entries_at(const std::string& ip) const;

  // -- what came of it -------------------------------------------------------

  /// Computed from both sides' own histories.
  cli::harm harm();

  /// No PodDNAT of this namespace and no entry is left, soon.
  bool wait_empty(std::chrono::milliseconds limit = patience) const;

  /// Deletes every pod of the namespace, then the PodDNATs of fixed mappings,
  /// and waits until nothing is left.
  bool leave_nothing();

  cluster& where;
  instant began;
  std::string ns;
  kube_api api;
  observer seen;
  emulator::vpc_options cloud_options;
  std::unique_ptr<emulator::vpc_server> cloud;
  std::vector<std::unique_ptr<controller_process>> controllers;
  std::unique_ptr<kubelet> kubelets;

private:
  std::string config(const std::vector<std::string>& gateways) const;
  void clean_up();
  void show_logs() const;
  void show_rest() const;

  world_options options_;
  temporary_folder folder_;
};

} // namespace natgw::test
