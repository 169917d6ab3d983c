#include "cli/emulate.hpp"

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "cli/emulation.hpp"
#include "cli/signals.hpp"
#include "config/text.hpp"
#include "emulator/kube/kubeconfig.hpp"

namespace natgw::cli {

namespace {

/// The flags of one invocation.
struct emulate_flags {
  emulation_options servers;
  std::string kubeconfig_path;
  std::string config_path;
};

exit_code complain(const error& what) {
  fmt::print(stderr, "emulate: {}: {}\n", to_string(what.code), what.detail);
  return exit_code::failure;
}

/// Writes a file that only its owner may read, if it has a name.
expected<void> write_file(const std::string& path, const std::string& text) {
  if (path.empty())
    return {};
  return emulator::kube::write_private_file(path, text);
}

std::string_view or_name(const std::string& path, std::string_view name) {
  return path.empty() ? name : std::string_view{path};
}

void greet(emulation& running, const emulate_flags& x) {
  fmt::print("Kubernetes API: {}\n"
             "VPC OpenAPI:    {}  (GET /state shows everything)\n{}\n"
             "  kubectl --kubeconfig {} get pods -A\n"
             "  natgw-controller run --config {} --kubeconfig {}\n\n"
             "Ctrl-C ends it.\n",
             running.kube().url(), running.vpc().url(),
             x.servers.credentials_at
               ? "Credentials:    " + running.credentials().url() + '\n'
               : std::string{},
             or_name(x.kubeconfig_path, "FILE"), or_name(x.config_path, "FILE"),
             or_name(x.kubeconfig_path, "FILE"));
  std::fflush(stdout);
}

exit_code emulate(const emulate_flags& x) {
  auto servers = x.servers;
  // The others come when half of the time is over.
  servers.credentials.renewed_before = servers.credentials.lifetime / 2;
  auto running = emulation::start(servers);
  if (!running)
    return complain(running.error());
  // The configuration comes last: whoever waits for it finds all else there.
  for (const auto& [path, text] :
       {std::pair{x.kubeconfig_path, (*running)->kubeconfig()},
        std::pair{x.config_path, (*running)->run_config()}})
    if (auto written = write_file(path, text); !written)
      return complain(written.error());
  greet(**running, x);
  wait_for_signal();
  (*running)->stop();
  return exit_code::success;
}

void add_cluster_flags(flags& to, cluster_flags& x) {
  to.group("Cluster");
  to.text("--kube-version", x.version, "The version it calls itself");
  to.toggle("--tls,!--no-tls", x.tls, "Serve Kubernetes over HTTPS");
  to.toggle("--fleet,!--no-fleet", x.fleet, "Nodes that schedule and run pods");
  to.number("--nodes-per-zone", x.nodes_per_zone, 1, 1000,
            "Nodes in each zone");
  to.text("--pod-cidr", x.pod_cidr, "Where pod addresses come from");
  to.parsed("--schedule-delay", x.schedule_delay, config::parse_duration,
            "From a pod's creation to its node", "TIME");
  to.parsed("--start-delay", x.start_delay, config::parse_duration,
            "From its node to its address", "TIME");
  to.parsed("--stop-delay", x.stop_delay, config::parse_duration,
            "From its deletion to its end", "TIME");
  to.parsed("--address-quarantine", x.address_quarantine,
            config::parse_duration,
            "A freed address is given out again no sooner", "TIME");
}

} // namespace

void add_emulate(command_line& line) {
  auto x = std::make_shared<emulate_flags>();
  auto own = line.add("emulate",
                      "Run an emulated cluster and an emulated cloud",
                      [x] { return emulate(*x); });
  own.parsed("--kube-addr", x->servers.kube_at, config::parse_listen_address,
             "Where Kubernetes listens", "HOST:PORT");
  own.parsed("--vpc-addr", x->servers.vpc_at, config::parse_listen_address,
             "Where the cloud listens", "HOST:PORT");
  own.read(
    "--credentials-addr",
    [x](std::string_view text) -> expected<void> {
      auto at = config::parse_listen_address(text);
      if (!at)
        return std::unexpected{at.error()};
      x->servers.credentials_at = *at;
      return {};
    },
    "Hand out temporary credentials here: metadata service, STS, URI",
    "HOST:PORT");
  own.parsed("--credentials-lifetime", x->servers.credentials.lifetime,
             config::parse_duration, "How long they hold", "TIME");
  own.text("--kubeconfig-out", x->kubeconfig_path, "Write a kubeconfig here");
  own.text("--config-out", x->config_path,
           "Write a configuration for run here");
  add_cluster_flags(own, x->servers.cluster);
  add_cloud_flags(own, x->servers.cloud);
}

} // namespace natgw::cli
