#include "test/simulation/servers.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "emulator/kube/json_access.hpp"

namespace natgw::simulation {

namespace {

/// The calendar at the start of virtual time.
constexpr wall_time origin{std::chrono::days{20'000}};

} // namespace

servers::servers(server_options cfg, instant now) {
  cfg.cluster.seed = cfg.seed;
  cfg.cluster.wall_origin = origin;
  cfg.cluster.tokens = {{controller_token, controller_user},
                        {player_token, "player"}};
  cfg.fleet.seed = cfg.seed + 1;
  cfg.cloud.seed = cfg.seed + 2;
  cluster_
    = std::make_unique<emulator::kube::api_server>(std::move(cfg.cluster));
  fleet_ = std::make_unique<emulator::kube::fleet>(*cluster_,
                                                   std::move(cfg.fleet), now);
  cloud_options_ = std::move(cfg.cloud);
  auto cloud = emulator::vpc_core::make(cloud_options_);
  if (!cloud)
    throw std::invalid_argument{cloud.error().detail};
  cloud_ = std::move(*cloud);
}

wall_time servers::wall(instant now) {
  return origin
         + std::chrono::floor<std::chrono::milliseconds>(
           now.time_since_epoch());
}

void servers::advance(instant now) {
  cloud_->advance(now, wall(now));
  cluster_->advance(now);
  fleet_->advance(now);
}

std::optional<instant> servers::next_deadline() const {
  auto a = cluster_->next_deadline();
  auto b = fleet_->next_deadline();
  if (a && b)
    return std::min(*a, *b);
  return a ? a : b;
}

std::string servers::cluster_uid() const {
  const auto& objects = cluster_->objects();
  auto found = objects.find(*objects.types().find("namespaces"), "kube-system");
  return std::string{emulator::kube::uid_of(found->body())};
}

emulator::kube::response servers::ask(std::string method, std::string target,
                                      std::string body, instant now) {
  const auto patches = method == "PATCH";
  return cluster_->handle(
    {.method = std::move(method),
     .target = std::move(target),
     .authorization = std::string{"Bearer "} + player_token,
     .accept = {},
     .content_type = patches ? "application/merge-patch+json"
                             : "application/json",
     .user_agent = "player",
     .body = std::move(body)},
    now);
}

} // namespace natgw::simulation
