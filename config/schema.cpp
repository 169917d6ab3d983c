#include "config/schema.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "config/text.hpp"

namespace natgw::config {

namespace {

using namespace std::chrono_literals;
using node = YAML::Node;

constexpr auto day = std::chrono::milliseconds{24h};

template <class T>
void ignore(reader& in, const node&, T&) {
  in.ignore();
}

// -- pools --------------------------------------------------------------------

void read_port(reader& in, const node& x, uint16_t& out) {
  uint32_t value = out;
  in.number(x, value, 1, 65535);
  out = static_cast<uint16_t>(value);
}

void read_id(reader& in, const node& x, std::string& out,
             std::string_view prefix) {
  in.parsed(x, out,
            [prefix](std::string_view raw) { return parse_id(raw, prefix); });
}

void read_label(reader& in, const node& x, std::string& out,
                size_t max_length = 63) {
  in.parsed(x, out, [max_length](std::string_view raw) {
    return parse_label(raw, max_length);
  });
}

expected<std::string> parse_eip(std::string_view raw) {
  if (raw.starts_with("eip-"))
    return parse_id(raw, "eip-");
  if (auto address = parse_ipv4(raw))
    return address;
  return fail(ec::invalid_argument, "must be an IPv4 address or an eip- id");
}

void read_eips(reader& in, const node& x, pool_item& out) {
  in.each(x, [&](const node& element) {
    std::string eip;
    in.parsed(element, eip, parse_eip, false);
    if (!eip.empty())
      out.eips.push_back(std::move(eip));
  });
}

constexpr key_rule<pool_item> pool_keys[] = {
  {"natgwId", [](reader& in, const node& x,
                 pool_item& out) { read_id(in, x, out.id, "ngw-"); }},
  {"zoneId", [](reader& in, const node& x,
                pool_item& out) { read_label(in, x, out.zone); }},
  {"portRangeStart", [](reader& in, const node& x,
                        pool_item& out) { read_port(in, x, out.ports.first); }},
  {"portRangeEnd", [](reader& in, const node& x,
                      pool_item& out) { read_port(in, x, out.ports.last); }},
  {"eips", read_eips},
};

void read_pools(reader& in, const node& x, draft& out) {
  in.each(x, [&](const node& element) {
    pool_item item;
    item.at = position_of(element);
    read_map(in, element, pool_keys, item);
    if (item.id.empty())
      in.error(item.at, "must have a natgwId");
    else if (item.ports.first > item.ports.last)
      in.error(item.at, "portRangeStart must not exceed portRangeEnd");
    else
      out.pools.push_back(std::move(item));
  });
}

void read_kinds(reader& in, const node& x, draft& out) {
  in.each(x, [&](const node& element) {
    std::string kind;
    in.text(element, kind);
    if (!kind.empty())
      out.values.stateful_kinds.push_back(std::move(kind));
  });
}

// -- what is ours -------------------------------------------------------------

constexpr key_rule<call_rates> rate_keys[] = {
  {"createPerMinute",
   [](reader& in, const node& x, call_rates& out) {
     in.number(x, out.per_minute[0], 1, 60'000);
   }},
  {"modifyPerMinute",
   [](reader& in, const node& x, call_rates& out) {
     in.number(x, out.per_minute[1], 1, 60'000);
   }},
  {"deletePerMinute",
   [](reader& in, const node& x, call_rates& out) {
     in.number(x, out.per_minute[2], 1, 60'000);
   }},
  {"describePerMinute",
   [](reader& in, const node& x, call_rates& out) {
     in.number(x, out.per_minute[3], 1, 60'000);
   }},
  {"describeGatewaysPerMinute",
   [](reader& in, const node& x, call_rates& out) {
     in.number(x, out.per_minute[4], 1, 60'000);
   }},
  {"burst", [](reader& in, const node& x,
               call_rates& out) { in.number(x, out.burst, 1, 10'000); }},
};

static_assert(static_cast<size_t>(api_action::create_entry) == 0
              && static_cast<size_t>(api_action::modify_entry) == 1
              && static_cast<size_t>(api_action::delete_entry) == 2
              && static_cast<size_t>(api_action::describe_entries) == 3
              && static_cast<size_t>(api_action::describe_gateways) == 4);

constexpr key_rule<lease_settings> lease_keys[] = {
  {"enabled", [](reader& in, const node& x,
                 lease_settings& out) { in.boolean(x, out.enabled); }},
  {"namespace", [](reader& in, const node& x,
                   lease_settings& out) { read_label(in, x, out.ns); }},
  {"name", [](reader& in, const node& x,
              lease_settings& out) { read_label(in, x, out.name); }},
  {"duration",
   [](reader& in, const node& x, lease_settings& out) {
     in.duration(x, out.duration, 5s, 10min);
   }},
  {"renewDeadline",
   [](reader& in, const node& x, lease_settings& out) {
     in.duration(x, out.renew_deadline, 1s, 10min);
   }},
  {"retryPeriod",
   [](reader& in, const node& x, lease_settings& out) {
     in.duration(x, out.retry_period, 100ms, 1min);
   }},
};

constexpr key_rule<log_settings> log_keys[] = {
  {"format",
   [](reader& in, const node& x, log_settings& out) {
     in.parsed(x, out.format, observe::parse_log_format);
   }},
  {"level",
   [](reader& in, const node& x, log_settings& out) {
     in.parsed(x, out.level, observe::parse_level);
   }},
};

expected<signature> parse_signature(std::string_view raw) {
  if (raw == "v1")
    return signature::v1;
  if (raw == "v3")
    return signature::v3;
  return fail(ec::invalid_argument, "must be v1 or v3");
}

/// A label selector goes into a URL, encoded; here only what cannot be one is
/// kept out.
expected<std::string> parse_selector(std::string_view raw) {
  auto allowed = std::ranges::all_of(raw, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9')
           || std::string_view{"-_./=!,() "}.contains(c);
  });
  if (!allowed)
    return fail(ec::invalid_argument, "must be a label selector");
  return std::string{raw};
}

void read_blocked(reader& in, const node& x, own_settings& out) {
  auto& list = out.blocked_ports.emplace();
  in.each(x, [&](const node& element) {
    port_range ports{0, 0};
    in.parsed(element, ports, parse_ports, false);
    if (ports.first > 0)
      list.push_back(ports);
  });
}

constexpr key_rule<own_settings> own_keys[] = {
  {"class",
   [](reader& in, const node& x, own_settings& out) {
     read_label(in, x, out.controller_class, 32);
   }},
  {"endpoint",
   [](reader& in, const node& x, own_settings& out) {
     in.parsed(x, out.endpoint, parse_endpoint);
   }},
  {"signature",
   [](reader& in, const node& x, own_settings& out) {
     in.parsed(x, out.signing, parse_signature);
   }},
  {"rates", [](reader& in, const node& x,
               own_settings& out) { read_map(in, x, rate_keys, out.rates); }},
  {"writeDeadline",
   [](reader& in, const node& x, own_settings& out) {
     in.duration(x, out.write_deadline, 1s, 2min);
   }},
  {"sweepInterval",
   [](reader& in, const node& x, own_settings& out) {
     in.duration(x, out.sweep_interval, 10s, day);
   }},
  {"cooldown",
   [](reader& in, const node& x, own_settings& out) {
     in.duration(x, out.cooldown, 0s, day);
   }},
  {"fixedLinger",
   [](reader& in, const node& x, own_settings& out) {
     in.duration(x, out.fixed_linger, 0s, day);
   }},
  {"workloadProbeInterval",
   [](reader& in, const node& x, own_settings& out) {
     in.duration(x, out.workload_probe_interval, 5s, day);
   }},
  {"earlyAddress", [](reader& in, const node& x,
                      own_settings& out) { in.boolean(x, out.early_address); }},
  {"blockedPorts", read_blocked},
  {"maxWindow",
   [](reader& in, const node& x, own_settings& out) {
     in.number(x, out.max_window, 1, 256);
   }},
  {"entriesPerGateway",
   [](reader& in, const node& x, own_settings& out) {
     in.number(x, out.entries_per_gateway, 0, 1'000'000);
   }},
  {"orphanLimitPercent",
   [](reader& in, const node& x, own_settings& out) {
     in.number(x, out.orphan_limit_percent, 0, 100);
   }},
  {"acceptOrphans",
   [](reader& in, const node& x, own_settings& out) {
     in.boolean(x, out.accept_orphans);
   }},
  {"maxPortsPerPod",
   [](reader& in, const node& x, own_settings& out) {
     in.number(x, out.max_ports_per_pod, 1, 1000);
   }},
  {"lease", [](reader& in, const node& x,
               own_settings& out) { read_map(in, x, lease_keys, out.lease); }},
  {"httpAddr",
   [](reader& in, const node& x, own_settings& out) {
     in.parsed(x, out.http, parse_listen_address);
   }},
  {"log", [](reader& in, const node& x,
             own_settings& out) { read_map(in, x, log_keys, out.log); }},
  {"statusWriters",
   [](reader& in, const node& x, own_settings& out) {
     in.number(x, out.status_writers, 1, 64);
   }},
  {"podSelector",
   [](reader& in, const node& x, own_settings& out) {
     in.parsed(x, out.pod_selector, parse_selector);
   }},
  {"namespace",
   [](reader& in, const node& x, own_settings& out) {
     read_label(in, x, out.watch_namespace);
   }},
  {"pageSize",
   [](reader& in, const node& x, own_settings& out) {
     in.number(x, out.page_size, 10, 5000);
   }},
};

// -- the product's ------------------------------------------------------------

constexpr key_rule<credential> credential_keys[] = {
  {"accessKey",
   [](reader& in, const node& x, credential& out) {
     std::string raw;
     in.text(x, raw);
     out.access_key = secret{std::move(raw)};
   }},
  {"accessSecret",
   [](reader& in, const node& x, credential& out) {
     std::string raw;
     in.text(x, raw);
     out.access_secret = secret{std::move(raw)};
   }},
};

/// The product's documentation does not always tell the name of the map that
/// these two stand in.
constexpr key_rule<draft> nat_controller_keys[] = {
  {"natGwPool", read_pools},
  {"customStatefulWorkloadKinds", read_kinds},
  {"maxConcurrentReconciles", ignore<draft>},
};

void read_nat_controller(reader& in, const node& x, draft& out) {
  read_map(in, x, nat_controller_keys, out);
}

constexpr key_rule<draft> network_controller_keys[] = {
  {"natGwPool", read_pools},
  {"customStatefulWorkloadKinds", read_kinds},
  {"natGwController", read_nat_controller},
  {"natGw", read_nat_controller},
  {"eipController", ignore<draft>},
  {"ipv6GatewayController", ignore<draft>},
  {"enableVirtualNode", ignore<draft>},
  {"maxConcurrentReconciles", ignore<draft>},
};

void read_controllers(reader& in, const node& x, draft& out) {
  in.each(x, [&](const node& element) {
    std::string name;
    in.text(element, name);
    out.controllers.push_back(std::move(name));
  });
}

constexpr key_rule<draft> root_keys[] = {
  {"clusterID", [](reader& in, const node& x,
                   draft& out) { in.text(x, out.values.cluster_id); }},
  {"regionID", [](reader& in, const node& x,
                  draft& out) { read_label(in, x, out.values.region); }},
  {"vpcID", [](reader& in, const node& x,
               draft& out) { read_id(in, x, out.values.vpc, "vpc-"); }},
  {"enableControllers", read_controllers},
  {"networkController",
   [](reader& in, const node& x, draft& out) {
     read_map(in, x, network_controller_keys, out);
   }},
  {"natGwController", read_nat_controller},
  {"natGwPool", read_pools},
  {"customStatefulWorkloadKinds", read_kinds},
  {"kubeClientQPS",
   [](reader& in, const node& x, draft& out) {
     in.number(x, out.values.kube_qps, 1, 10'000);
   }},
  {"kubeClientBurst",
   [](reader& in, const node& x, draft& out) {
     in.number(x, out.values.kube_burst, 1, 10'000);
   }},
  {"enableRRSA", [](reader& in, const node& x,
                    draft& out) { in.boolean(x, out.values.role.enabled); }},
  {"rrsaRoleName", [](reader& in, const node& x,
                      draft& out) { in.text(x, out.values.role.role_name); }},
  {"credential",
   [](reader& in, const node& x, draft& out) {
     read_map(in, x, credential_keys, out.values.keys);
   }},
  {"natgw", [](reader& in, const node& x,
               draft& out) { read_map(in, x, own_keys, out.values.natgw); }},
  {"eipController", ignore<draft>},
  {"ipv6GatewayController", ignore<draft>},
  {"enableVirtualNode", ignore<draft>},
  {"enableTrunk", ignore<draft>},
  {"resourceGroupID", ignore<draft>},
  {"clusterDomain", ignore<draft>},
  {"controllerNamespace", ignore<draft>},
  {"controllerName", ignore<draft>},
  {"leaseLockName", ignore<draft>},
  {"leaseLockNamespace", ignore<draft>},
  {"leaseDuration", ignore<draft>},
  {"leaderElection", ignore<draft>},
  {"healthzBindAddress", ignore<draft>},
  {"metricsBindAddress", ignore<draft>},
  {"disableWebhook", ignore<draft>},
  {"webhookPort", ignore<draft>},
  {"certDir", ignore<draft>},
  {"logLevel", ignore<draft>},
};

} // namespace

void read_root(reader& in, const YAML::Node& root, draft& out) {
  read_map(in, root, root_keys, out);
}

} // namespace natgw::config
