#include "cli/emulation.hpp"

#include <algorithm>
#include <random>
#include <utility>
#include <vector>

#include "cli/random_text.hpp"

namespace natgw::cli {

namespace {

emulator::kube::fleet_options make_fleet(const cluster_flags& x,
                                         const emulator::vpc_options& cloud) {
  emulator::kube::fleet_options result;
  result.zones.clear();
  for (const auto& gateway : cloud.gateways)
    if (std::ranges::find(result.zones, gateway.zone) == result.zones.end())
      result.zones.push_back(gateway.zone);
  result.nodes_per_zone = x.nodes_per_zone;
  result.pod_cidr = x.pod_cidr;
  result.schedule_delay = x.schedule_delay;
  result.start_delay = x.start_delay;
  result.stop_delay = x.stop_delay;
  result.address_quarantine = x.address_quarantine;
  result.seed = cloud.seed;
  return result;
}

emulator::kube::server_options
make_cluster(const emulation_options& x, const emulator::vpc_options& cloud,
             const std::string& token, const std::string& player) {
  emulator::kube::server_options result;
  result.api.seed = cloud.seed;
  result.api.git_version = x.cluster.version;
  result.api.tokens.emplace(token, emulation::controller_user);
  result.api.tokens.emplace(player, "player");
  result.address = x.kube_at.host;
  result.port = x.kube_at.port;
  result.tls = x.cluster.tls;
  if (x.cluster.fleet)
    result.fleet = make_fleet(x.cluster, cloud);
  return result;
}

} // namespace

expected<std::unique_ptr<emulation>>
emulation::start(const emulation_options& x) {
  std::unique_ptr<emulation> result{new emulation};
  result->cloud_ = make_cloud(x.cloud);
  result->cloud_.vpc_cidrs.push_back(x.cluster.pod_cidr);
  result->ports_ = x.cloud.ports;
  result->token_ = random_secret();
  result->player_token_ = random_secret();
  auto vpc = emulator::vpc_server::start(result->cloud_, x.vpc_at.host,
                                         x.vpc_at.port);
  if (!vpc)
    return std::unexpected{vpc.error()};
  result->vpc_ = *std::move(vpc);
  if (x.credentials_at)
    if (auto ok = result->start_credentials(x); !ok)
      return std::unexpected{ok.error()};
  auto kube = emulator::kube::server::start(
    make_cluster(x, result->cloud_, result->token_, result->player_token_));
  if (!kube)
    return std::unexpected{kube.error()};
  result->kube_ = *std::move(kube);
  return result;
}

expected<void> emulation::start_credentials(const emulation_options& x) {
  auto options = x.credentials;
  options.seed = std::random_device{}();
  options.account = cloud_.keys.front().account;
  auto server = emulator::credential_server::start(
    options,
    [vpc = vpc_.get()](const emulator::access_key& key) {
      vpc->with_core(
        [&key](emulator::vpc_core& core) { core.gate().put_key(key); });
    },
    x.credentials_at->host, x.credentials_at->port);
  if (!server)
    return std::unexpected{server.error()};
  credentials_ = *std::move(server);
  return {};
}

std::string emulation::kubeconfig() const {
  return kube_->kubeconfig(token_);
}

std::string emulation::run_config() const {
  if (!credentials_)
    return make_run_config(cloud_, ports_, vpc_->url());
  return run_config("  credentials:\n"
                    "    sources: [ecsRole]\n"
                    "    metadataEndpoint: "
                    + credentials_->url() + "\n");
}

std::string emulation::run_config(const std::string& lines) const {
  return make_run_config(cloud_, ports_, vpc_->url(), lines);
}

void emulation::stop() {
  kube_->stop();
  if (credentials_)
    credentials_->stop();
  vpc_->stop();
}

} // namespace natgw::cli
