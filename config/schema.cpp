#include "config/schema.hpp"

#include <string>
#include <string_view>
#include <utility>

#include "config/own_schema.hpp"
#include "config/text.hpp"

namespace natgw::config {

namespace {

using node = YAML::Node;

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

expected<std::string> parse_eip(std::string_view raw) {
  if (raw.starts_with("eip-"))
    return parse_id(raw, "eip-");
  if (auto address = parse_ipv4(raw))
    return address;
  return fail(ec::invalid_argument, "must be an IPv4 address or an eip- id");
}

void read_eips(reader& in, const node& x, gateway_pool& out) {
  in.each(x, [&](const node& element) {
    std::string eip;
    in.parsed(element, eip, parse_eip, false);
    if (!eip.empty())
      out.eips.push_back(std::move(eip));
  });
}

constexpr key_rule<gateway_pool> pool_keys[] = {
  {"natgwId", [](reader& in, const node& x,
                 gateway_pool& out) { in.id(x, out.id, "ngw-"); }},
  {"zoneId",
   [](reader& in, const node& x, gateway_pool& out) { in.label(x, out.zone); }},
  {"portRangeStart",
   [](reader& in, const node& x, gateway_pool& out) {
     read_port(in, x, out.ports.first);
   }},
  {"portRangeEnd", [](reader& in, const node& x,
                      gateway_pool& out) { read_port(in, x, out.ports.last); }},
  {"eips", read_eips},
};

void read_pools(reader& in, const node& x, draft& out) {
  in.each(x, [&](const node& element) {
    auto at = position_of(element);
    gateway_pool pool;
    read_map(in, element, pool_keys, pool);
    if (pool.id.empty())
      in.error(at, "must have a natgwId");
    else if (pool.ports.first > pool.ports.last)
      in.error(at, "portRangeStart must not exceed portRangeEnd");
    else
      out.pools.push_back({at, std::move(pool)});
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

// -- the product's ------------------------------------------------------------

constexpr key_rule<credential> credential_keys[] = {
  {"accessKey", [](reader& in, const node& x,
                   credential& out) { in.hidden(x, out.access_key); }},
  {"accessSecret", [](reader& in, const node& x,
                      credential& out) { in.hidden(x, out.access_secret); }},
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
                  draft& out) { in.label(x, out.values.region); }},
  {"vpcID", [](reader& in, const node& x,
               draft& out) { in.id(x, out.values.vpc, "vpc-"); }},
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
               draft& out) { read_own(in, x, out.values.natgw); }},
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
