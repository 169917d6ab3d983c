#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "cli/cloud_flags.hpp"
#include "config/model.hpp"
#include "emulator/credentials/server.hpp"
#include "emulator/kube/server.hpp"
#include "emulator/vpc/server.hpp"
#include "messages/error.hpp"

namespace natgw::cli {

/// What an emulated cluster shall be like.
struct cluster_flags {
  /// What GET /version calls the server.
  std::string version = "v1.31.0";
  /// HTTPS; without it kubectl sends no token.
  bool tls = true;
  /// Nodes that schedule and run pods, in the zones of the gateways.
  bool fleet = true;
  size_t nodes_per_zone = 3;
  std::string pod_cidr = "172.16.0.0/16";
  std::chrono::milliseconds schedule_delay{20};
  std::chrono::milliseconds start_delay{80};
  std::chrono::milliseconds stop_delay{200};
  std::chrono::milliseconds address_quarantine{5'000};
};

struct emulation_options {
  cloud_flags cloud;
  cluster_flags cluster;
  config::listen_address kube_at{"127.0.0.1", 0};
  config::listen_address vpc_at{"127.0.0.1", 0};
  /// Where temporary credentials are handed out; absent: nowhere, and the
  /// configuration for `run` has a key pair.
  std::optional<config::listen_address> credentials_at;
  emulator::desk_options credentials;
};

/// All emulators, listening, each with keys of its own made up on the spot.
class emulation {
public:
  /// Errors: those of the servers.
  static expected<std::unique_ptr<emulation>> start(const emulation_options& x);

  emulator::kube::server& kube() {
    return *kube_;
  }

  emulator::vpc_server& vpc() {
    return *vpc_;
  }

  /// Only if the options say where.
  emulator::credential_server& credentials() {
    return *credentials_;
  }

  /// The user that the controller is, and a token of another one, who plays
  /// the people and tools of the cluster.
  static constexpr const char* controller_user = "emulator-admin";
  const std::string& player_token() const {
    return player_token_;
  }

  /// For `kubectl` and for `run`.
  std::string kubeconfig() const;

  /// For `run`: with the node's role where temporary credentials are handed
  /// out, else with a key pair.
  std::string run_config() const;

  /// The same, with these lines below `natgw:` in place of either. Each has two
  /// spaces before it and an end.
  std::string run_config(const std::string& lines) const;

  /// Closes everything; harmless if repeated.
  void stop();

private:
  emulation() = default;

  expected<void> start_credentials(const emulation_options& x);

  emulator::vpc_options cloud_;
  config::port_range ports_;
  std::string token_;
  std::string player_token_;
  std::unique_ptr<emulator::vpc_server> vpc_;
  /// Null if nobody asked for it.
  std::unique_ptr<emulator::credential_server> credentials_;
  std::unique_ptr<emulator::kube::server> kube_;
};

} // namespace natgw::cli
