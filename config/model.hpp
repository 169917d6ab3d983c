#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/secret.hpp"
#include "messages/api_call.hpp"
#include "messages/credential.hpp"
#include "observe/log.hpp"

/// The configuration as plain values. config/load.hpp makes them from a file,
/// config/validate.hpp says whether they go together. Every default suits
/// production.
namespace natgw::config {

using core::secret;

/// External ports, both ends included; 1 <= first <= last <= 65535.
struct port_range {
  uint16_t first = 1;
  uint16_t last = 65535;

  uint32_t count() const {
    return uint32_t{last} - first + 1;
  }

  bool operator==(const port_range&) const = default;
};

/// A NAT gateway, one for each id however often the file names it.
struct gateway_pool {
  /// `natgwId`
  std::string id;
  /// `zoneId`; empty: as the cloud tells.
  std::string zone;
  /// `portRangeStart` and `portRangeEnd`: of every EIP.
  port_range ports;
  /// IPv4 addresses or `eip-…` ids. Empty: all EIPs bound to the gateway.
  std::vector<std::string> eips;

  bool operator==(const gateway_pool&) const = default;
};

/// `credential:`. Both empty: see `credential_settings`.
struct credential {
  secret access_key;
  secret access_secret;
};

/// `enableRRSA`, `rrsaRoleName`: sign as a RAM role of the service account, and
/// as nobody else. Its token and provider come from `credential_settings`.
struct rrsa {
  bool enabled = false;
  std::string role_name;
};

/// `natgw.credentials`: where credentials come from, and in which order. What
/// is empty here is read from the environment, see docs/cloud.md.
struct credential_settings {
  /// `sources`: only these are asked, in this order. Empty: all that are set
  /// up, in the order of credential_origin; with `enableRRSA` only oidc.
  std::vector<credential_origin> sources;
  /// `file`: JSON, or a mounted secret's folder; looked at every 5 s. Absolute.
  std::string file;
  /// `addonTokenFile`: of managed clusters. Absolute.
  std::string addon_token_file = "/var/addon/token-config";
  /// `credentialsURI`: http or https
  std::string uri;
  /// `roleARN`, `oidcProviderARN`, `oidcTokenFile` (absolute) and
  /// `roleSessionName`: for oidc.
  std::string role_arn;
  std::string provider_arn;
  std::string token_file;
  std::string session_name;
  /// `sessionDuration`: what STS is asked for; 15 min to 12 h.
  std::chrono::milliseconds session_duration{3'600'000};
  /// `stsEndpoint`: `https://HOST[:PORT]`, or `http://` on loopback for
  /// emulators; empty: the region's, inside the VPC.
  std::string sts_endpoint;
  /// `ecsRole`: a role of the node; empty: the one it has.
  std::string ecs_role;
  /// `metadataEndpoint`: `http://HOST[:PORT]`; empty: http://100.100.100.200.
  std::string metadata_endpoint;
  /// `metadataV1`: ask without a session token where there is none to get.
  bool metadata_v1 = true;
};

/// How requests to the VPC OpenAPI are signed.
enum class signature : uint8_t {
  v1, ///< HMAC-SHA1, the RPC style
  v3, ///< ACS3-HMAC-SHA256
};

/// `natgw.rates`: what the account may call in this region.
struct call_rates {
  /// `createPerMinute`, `modifyPerMinute`, `deletePerMinute`,
  /// `describePerMinute` and `describeGatewaysPerMinute`, by api_action; 1 to
  /// 60,000. The cloud's usual limit is 300 in 60 s for each action.
  std::array<uint32_t, api_action_count> per_minute{300, 300, 300,
                                                    300, 300, 300};
  /// `burst`: calls of one action that may leave at once after a pause; 1 to
  /// 10,000.
  uint32_t burst = 20;

  uint32_t of(api_action action) const {
    return per_minute[static_cast<size_t>(action)];
  }
};

/// `natgw.lease`: who may write, if there are several replicas.
struct lease_settings {
  /// `enabled`; false only where one process runs at most.
  bool enabled = true;
  /// `namespace`
  std::string ns = "kube-system";
  /// `name`; a class is appended to it, so that each class has its own.
  std::string name = "natgw-controller";
  /// `duration`: 5 s to 10 min; after so long without renewal others may take
  /// over. Longer than `renewDeadline`, and than the write deadline with 1 s
  /// and a `retryPeriod` added, or no write could ever leave.
  std::chrono::milliseconds duration{15'000};
  /// `renewDeadline`: the holder gives up after failing for so long.
  std::chrono::milliseconds renew_deadline{10'000};
  /// `retryPeriod`: between two attempts to acquire or renew.
  std::chrono::milliseconds retry_period{2'000};
};

/// `natgw.log`
struct log_settings {
  /// `format`: text or json
  observe::log_format format = observe::log_format::text;
  /// `level`: debug, info, warn or error
  observe::level level = observe::level::info;
};

/// A numeric address and a port; port 0: any free one.
struct listen_address {
  std::string host = "127.0.0.1";
  uint16_t port = 9461;

  bool operator==(const listen_address&) const = default;
};

/// Everything under `natgw:`, the key that is ours.
struct own_settings {
  /// `class`: serve only pods annotated with this class; empty: only those
  /// without one. A DNS label of at most 32 characters.
  std::string controller_class;
  /// `endpoint`: where the VPC OpenAPI answers, `https://HOST[:PORT]`, or
  /// `http://` on loopback for emulators; empty: the region's own.
  std::string endpoint;
  /// `signature`: v3 or v1
  signature signing = signature::v3;
  /// `credentials`
  credential_settings credentials;
  /// `rates`
  call_rates rates;
  /// `writeDeadline`: bound on one write to the cloud; 1 s to 2 min. It is
  /// also how long a takeover waits for writes of the former leader.
  std::chrono::milliseconds write_deadline{10'000};
  /// `sweepInterval`: between two readings of a whole table that look for
  /// drift; 10 s to 24 h.
  std::chrono::milliseconds sweep_interval{300'000};
  /// `gatewayGoneAfter`: a gateway that the cloud does not list counts as
  /// deleted after so long at the earliest, and if its table is missing too;
  /// 1 s to 24 h.
  std::chrono::milliseconds gateway_gone_after{600'000};
  /// `cooldown`: a freed port is given to another pod no sooner; 0 to 24 h.
  std::chrono::milliseconds cooldown{60'000};
  /// `fixedLinger`: how long the entry of a fixed pod that went waits for its
  /// successor; 0 to 24 h.
  std::chrono::milliseconds fixed_linger{60'000};
  /// `workloadProbeInterval`: between two looks whether the workload of a
  /// fixed mapping without a pod still exists; 5 s to 24 h.
  std::chrono::milliseconds workload_probe_interval{30'000};
  /// `earlyAddress`: tell every pod its address as soon as it is chosen, for
  /// the price of one more patch per pod.
  bool early_address = false;
  /// `blockedPorts`: external ports that are never given out, as numbers or
  /// "3127-3130". Absent: the ones that carriers are known to block; an empty
  /// list: none.
  std::optional<std::vector<port_range>> blocked_ports;
  /// `maxWindow`: writes in flight into one table at most, however willing it
  /// seems; 1 to 256.
  uint32_t max_window = 16;
  /// `entriesPerGateway`: the quota of forward entries, where it is known: no
  /// gateway is given more; 0: learned from refusals.
  uint32_t entries_per_gateway = 0;
  /// `orphanLimitPercent`: more entries of ours without an owner than this at
  /// start, and nothing is deleted until `acceptOrphans`; 0 to 100.
  uint32_t orphan_limit_percent = 10;
  /// `acceptOrphans`: an operator's word that orphans may be deleted.
  bool accept_orphans = false;
  /// `maxPortsPerPod`: 1 to 1000
  uint32_t max_ports_per_pod = 100;
  /// `lease`
  lease_settings lease;
  /// `httpAddr`: metrics and health; "HOST:PORT" or "[HOST]:PORT", numeric.
  listen_address http;
  /// `log`
  log_settings log;
  /// `statusWriters`: actors that share the writes to Kubernetes; 1 to 64.
  uint32_t status_writers = 4;
  /// `podSelector`: a label selector that narrows the watch on pods; empty:
  /// all. What it hides cannot be protected from another pod's entry.
  std::string pod_selector;
  /// `namespace`: watch only this one; empty: all.
  std::string watch_namespace;
  /// `pageSize`: objects for each page of a list; 10 to 5000.
  uint32_t page_size = 500;
};

/// The whole file.
struct settings {
  /// `clusterID`: for people; it proves nothing, since files are copied.
  std::string cluster_id;
  /// `regionID`
  std::string region;
  /// `vpcID`: gateways of other networks are refused.
  std::string vpc;
  /// `natGwPool`, in the order of the file.
  std::vector<gateway_pool> gateways;
  /// `customStatefulWorkloadKinds`: more kinds whose pods may be `fixed`,
  /// compared without regard to case.
  std::vector<std::string> stateful_kinds;
  /// `kubeClientQPS` and `kubeClientBurst`, over all status writers; 1 to
  /// 10,000.
  uint32_t kube_qps = 50;
  uint32_t kube_burst = 100;
  rrsa role;
  credential keys;
  own_settings natgw;
};

} // namespace natgw::config
