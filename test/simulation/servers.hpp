#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "emulator/kube/api_server.hpp"
#include "emulator/kube/fleet.hpp"
#include "emulator/vpc/core.hpp"
#include "messages/time.hpp"

namespace natgw::simulation {

struct server_options {
  uint64_t seed = 1;
  emulator::vpc_options cloud;
  emulator::kube::options cluster;
  emulator::kube::fleet_options fleet;
};

/// Both emulated services under one virtual clock: what the controller may
/// reach over the network only, and everybody else directly.
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

  emulator::kube::api_server& cluster() {
    return *cluster_;
  }
  emulator::vpc_core& cloud() {
    return *cloud_;
  }

  /// When something happens by itself in the cluster.
  std::optional<instant> next_deadline() const;

  const emulator::vpc_options& cloud_options() const {
    return cloud_options_;
  }

  static wall_time wall(instant now);

  /// The uid of the namespace kube-system: the cluster's identity.
  std::string cluster_uid() const;

  /// A request of the people and tools of the cluster, who meet no faults.
  emulator::kube::response ask(std::string method, std::string target,
                               std::string body, instant now);

private:
  emulator::vpc_options cloud_options_;
  std::unique_ptr<emulator::kube::api_server> cluster_;
  std::unique_ptr<emulator::kube::fleet> fleet_;
  std::unique_ptr<emulator::vpc_core> cloud_;
};

} // namespace natgw::simulation
