#include "config/describe.hpp"

#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/text.hpp"

namespace natgw::config {

namespace {

/// Collects the lines.
class lines {
public:
  template <class T>
  void say(std::string_view key, const T& value) {
    out_.push_back(fmt::format("{}: {}", key, value));
  }

  std::vector<std::string> result() && {
    return std::move(out_);
  }

private:
  std::vector<std::string> out_;
};

std::string pool_text(const gateway_pool& pool) {
  auto eips = pool.eips.empty()
                ? std::string{"all EIPs bound to it"}
                : fmt::format("EIPs {}", fmt::join(pool.eips, ", "));
  return fmt::format("zone {}, ports {}-{}, {}",
                     pool.zone.empty() ? "as the cloud tells" : pool.zone,
                     pool.ports.first, pool.ports.last, eips);
}

std::string blocked_names(const own_settings& x) {
  if (!x.blocked_ports)
    return "(those that carriers block)";
  std::vector<std::string> parts;
  for (const auto& ports : *x.blocked_ports)
    parts.push_back(fmt::format("{}-{}", ports.first, ports.last));
  return fmt::format("[{}]", fmt::join(parts, ", "));
}

std::string or_else(const std::string& text, std::string_view otherwise) {
  return text.empty() ? std::string{otherwise} : text;
}

void describe_product(lines& to, const settings& x) {
  to.say("regionID", x.region);
  to.say("vpcID", x.vpc);
  for (const auto& pool : x.gateways)
    to.say(pool.id, pool_text(pool));
  to.say("customStatefulWorkloadKinds",
         fmt::format("[{}]", fmt::join(x.stateful_kinds, ", ")));
  to.say("kubeClientQPS", x.kube_qps);
  to.say("kubeClientBurst", x.kube_burst);
  to.say("enableRRSA", x.role.enabled);
  to.say("rrsaRoleName", x.role.role_name);
  to.say("credential.accessKey", x.keys.access_key.masked());
  to.say("credential.accessSecret", x.keys.access_secret.masked());
}

std::string source_names(const credential_settings& x) {
  std::vector<std::string_view> names;
  for (auto source : x.sources)
    names.push_back(to_string(source));
  return fmt::format("[{}]", fmt::join(names, ", "));
}

void describe_credentials(lines& to, const credential_settings& x) {
  constexpr std::string_view environment = "(the environment's)";
  to.say("natgw.credentials.sources",
         x.sources.empty() ? "(all that are set up)" : source_names(x));
  to.say("natgw.credentials.file", or_else(x.file, "(none)"));
  to.say("natgw.credentials.addonTokenFile", x.addon_token_file);
  // It may hold a password.
  to.say("natgw.credentials.credentialsURI",
         x.uri.empty() ? environment : "(set)");
  to.say("natgw.credentials.roleARN", or_else(x.role_arn, environment));
  to.say("natgw.credentials.oidcProviderARN",
         or_else(x.provider_arn, environment));
  to.say("natgw.credentials.oidcTokenFile", or_else(x.token_file, environment));
  to.say("natgw.credentials.roleSessionName",
         or_else(x.session_name, environment));
  to.say("natgw.credentials.sessionDuration",
         format_duration(x.session_duration));
  to.say("natgw.credentials.stsEndpoint",
         or_else(x.sts_endpoint, "(the region's)"));
  to.say("natgw.credentials.ecsRole", or_else(x.ecs_role, environment));
  to.say("natgw.credentials.metadataEndpoint",
         or_else(x.metadata_endpoint, environment));
  to.say("natgw.credentials.metadataV1", x.metadata_v1);
}

void describe_cloud(lines& to, const own_settings& x) {
  to.say("natgw.endpoint", or_else(x.endpoint, "(the region's)"));
  to.say("natgw.signature", x.signing == signature::v3 ? "v3" : "v1");
  to.say("natgw.rates",
         fmt::format("{} per minute, burst {}",
                     fmt::join(x.rates.per_minute, "/"), x.rates.burst));
  to.say("natgw.writeDeadline", format_duration(x.write_deadline));
  to.say("natgw.sweepInterval", format_duration(x.sweep_interval));
  to.say("natgw.gatewayGoneAfter", format_duration(x.gateway_gone_after));
  to.say("natgw.maxWindow", x.max_window);
  to.say("natgw.entriesPerGateway", x.entries_per_gateway);
  to.say("natgw.orphanLimitPercent", x.orphan_limit_percent);
  to.say("natgw.acceptOrphans", x.accept_orphans);
}

void describe_mappings(lines& to, const own_settings& x) {
  to.say("natgw.class", or_else(x.controller_class, "(none)"));
  to.say("natgw.cooldown", format_duration(x.cooldown));
  to.say("natgw.fixedLinger", format_duration(x.fixed_linger));
  to.say("natgw.workloadProbeInterval",
         format_duration(x.workload_probe_interval));
  to.say("natgw.earlyAddress", x.early_address);
  to.say("natgw.blockedPorts", blocked_names(x));
  to.say("natgw.maxPortsPerPod", x.max_ports_per_pod);
}

void describe_process(lines& to, const own_settings& x) {
  to.say("natgw.lease.enabled", x.lease.enabled);
  to.say("natgw.lease.namespace", x.lease.ns);
  to.say("natgw.lease.name", x.lease.name);
  to.say("natgw.lease.duration", format_duration(x.lease.duration));
  to.say("natgw.lease.renewDeadline", format_duration(x.lease.renew_deadline));
  to.say("natgw.lease.retryPeriod", format_duration(x.lease.retry_period));
  to.say("natgw.httpAddr", fmt::format("{}:{}", x.http.host, x.http.port));
  to.say("natgw.log.format",
         x.log.format == observe::log_format::json ? "json" : "text");
  to.say("natgw.log.level", observe::to_string(x.log.level));
  to.say("natgw.statusWriters", x.status_writers);
  to.say("natgw.podSelector", or_else(x.pod_selector, "(all)"));
  to.say("natgw.namespace", or_else(x.watch_namespace, "(all)"));
  to.say("natgw.pageSize", x.page_size);
}

} // namespace

std::vector<std::string> describe(const settings& x) {
  lines to;
  describe_product(to, x);
  describe_credentials(to, x.natgw.credentials);
  describe_cloud(to, x.natgw);
  describe_mappings(to, x.natgw);
  describe_process(to, x.natgw);
  return std::move(to).result();
}

} // namespace natgw::config
