#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "emulator/credentials/desk.hpp"
#include "emulator/kube/api_server.hpp"
#include "emulator/kube/fleet.hpp"
#include "emulator/vpc/core.hpp"
#include "messages/time.hpp"

namespace natgw::simulation {

struct server_options {
  uint64_t seed = 1;
  /// Clusters whose pods are in the cloud's VPC; 1 or 2.
  size_t realms = 1;
  /// How long temporary credentials hold.
  std::chrono::milliseconds credential_lifetime{std::chrono::hours{1}};
  emulator::vpc_options cloud;
  emulator::kube::options cluster;
  emulator::kube::fleet_options fleet;
};

/// The emulated services under one virtual clock: what the controller may
/// reach over the network only, and everybody else directly. Each realm is a
/// cluster with an API server and nodes of its own; all use one cloud.
class servers {
public:
  /// Bearer tokens and the users that they name.
  static constexpr const char* controller_token
    = "Hush7x2SecretOfTheController";
  static constexpr const char* player_token = "Hush7x2SecretOfThePlayer";
  static constexpr const char* controller_user = "controller";

  servers(server_options cfg, instant now);

  /// Lets everything happen that is due.
  void advance(instant now);

  emulator::kube::api_server& cluster(size_t realm = 0) {
    return *realms_.at(realm).cluster;
  }
  const emulator::kube::api_server& cluster(size_t realm = 0) const {
    return *realms_.at(realm).cluster;
  }
  size_t realms() const {
    return realms_.size();
  }
  emulator::vpc_core& cloud() {
    return *cloud_;
  }
  emulator::credential_desk& desk() {
    return *desk_;
  }

  /// All temporary credentials have ended before their time.
  void expire_credentials(instant now);

  /// When something happens by itself in the cluster.
  std::optional<instant> next_deadline() const;

  const emulator::vpc_options& cloud_options() const {
    return cloud_options_;
  }

  static wall_time wall(instant now);

  /// The uid of the namespace kube-system: the cluster's identity.
  std::string cluster_uid(size_t realm = 0) const;

  /// A request of the people and tools of the cluster, who meet no faults.
  emulator::kube::response ask(std::string method, std::string target,
                               std::string body, instant now, size_t realm = 0);

private:
  emulator::vpc_options cloud_options_;
  struct site {
    std::unique_ptr<emulator::kube::api_server> cluster;
    std::unique_ptr<emulator::kube::fleet> fleet;
  };

  void add_realm(server_options cfg, instant now);

  std::vector<site> realms_;
  std::unique_ptr<emulator::vpc_core> cloud_;
  std::unique_ptr<emulator::credential_desk> desk_;
};

} // namespace natgw::simulation
