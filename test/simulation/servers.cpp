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
  for (size_t n = 0; n < cfg.realms; ++n)
    add_realm(cfg, now);
  cfg.cloud.seed = cfg.seed + 2;
  cloud_options_ = std::move(cfg.cloud);
  auto cloud = emulator::vpc_core::make(cloud_options_);
  if (!cloud)
    throw std::invalid_argument{cloud.error().detail};
  cloud_ = std::move(*cloud);
  desk_ = std::make_unique<emulator::credential_desk>(
    emulator::desk_options{.seed = cfg.seed + 3,
                           .lifetime = cfg.credential_lifetime,
                           .renewed_before = cfg.credential_lifetime / 2},
    [this](const emulator::access_key& x) { cloud_->gate().put_key(x); });
}

/// Clusters differ by their uids and by the addresses of their pods.
void servers::add_realm(server_options cfg, instant now) {
  const auto n = realms_.size();
  cfg.cluster.seed = cfg.seed + 1'000'000 * n;
  cfg.cluster.wall_origin = origin;
  cfg.cluster.tokens = {{controller_token, controller_user},
                        {player_token, "player"}};
  cfg.fleet.seed = cfg.cluster.seed + 1;
  if (n > 0)
    cfg.fleet.pod_cidr = "172.17.0.0/28";
  site made;
  made.cluster
    = std::make_unique<emulator::kube::api_server>(std::move(cfg.cluster));
  made.fleet = std::make_unique<emulator::kube::fleet>(
    *made.cluster, std::move(cfg.fleet), now);
  realms_.push_back(std::move(made));
}

void servers::expire_credentials(instant now) {
  for (auto key : desk_->issued()) {
    key.expires = std::min(*key.expires, wall(now));
    cloud_->gate().put_key(std::move(key));
  }
  desk_->forget_shown();
}

wall_time servers::wall(instant now) {
  return origin
         + std::chrono::floor<std::chrono::milliseconds>(
           now.time_since_epoch());
}

void servers::advance(instant now) {
  cloud_->advance(now, wall(now));
  for (auto& x : realms_) {
    x.cluster->advance(now);
    x.fleet->advance(now);
  }
}

std::optional<instant> servers::next_deadline() const {
  std::optional<instant> result;
  for (const auto& x : realms_)
    for (auto due : {x.cluster->next_deadline(), x.fleet->next_deadline()})
      if (due && (!result || *due < *result))
        result = due;
  return result;
}

std::string servers::cluster_uid(size_t realm) const {
  const auto& objects = realms_.at(realm).cluster->objects();
  auto found = objects.find(*objects.types().find("namespaces"), "kube-system");
  return std::string{emulator::kube::uid_of(found->body())};
}

emulator::kube::response servers::ask(std::string method, std::string target,
                                      std::string body, instant now,
                                      size_t realm) {
  const auto patches = method == "PATCH";
  return cluster(realm).handle(
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
