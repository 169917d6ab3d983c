#include "cli/cloud_flags.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <utility>

#include <fmt/format.h>

#include "cli/flag_text.hpp"
#include "cli/random_text.hpp"
#include "config/text.hpp"

namespace natgw::cli {

namespace {

using emulator::vpc_behaviour;

/// These two come first, since flags take effect in the order of their making.
void add_presets(flags& to, vpc_behaviour& x) {
  to.act(
    "--real-cloud", [&x] { x = vpc_behaviour{}; },
    "The documented limits and delays");
  to.act(
    "--quick-cloud", [&x] { x = quick_cloud(); },
    "Higher quota and rates, short delays, no conflicts");
}

void add_shape(flags& to, cloud_flags& x) {
  to.number("--gateways", x.gateways, 1, 256, "NAT gateways");
  to.number("--zones", x.zones, 1, 26, "Zones that they are spread over");
  to.number("--eips", x.eips, 1, 20, "EIPs for each gateway");
  to.parsed("--port-range", x.ports, config::parse_ports,
            "External ports that may be used", "FIRST-LAST");
  to.toggle("--snat", x.snat, "SNAT uses the EIPs too");
  auto region = [](std::string_view text) {
    return config::parse_label(text, 63);
  };
  to.parsed("--region", x.region, region, "The region", "ID");
  to.number("--seed", x.seed, 0, UINT64_MAX, "Feeds every random choice");
}

void add_delays(flags& to, vpc_behaviour& x) {
  auto range = [&to](const char* name, emulator::time_range& out,
                     const char* help) {
    to.parsed(name, out, parse_time_range, help, "TIME[-TIME]");
  };
  auto time = [&to](const char* name, std::chrono::milliseconds& out,
                    const char* help) {
    to.parsed(name, out, config::parse_duration, help, "TIME");
  };
  range("--pending", x.pending, "Pending after a create or a modify");
  range("--deleting", x.deleting, "Deleting after a delete");
  range("--write-time", x.write_time, "Duration of a write");
  range("--read-time", x.read_time, "Duration of a read");
  range("--eip-binding", x.eip_binding, "Refusals after an EIP was bound");
  time("--conflict-gap", x.conflict_gap,
       "A gateway rests so long between two writes");
  time("--token-retention", x.token_retention,
       "How long a ClientToken is remembered");
}

void add_refusals(flags& to, vpc_behaviour& x) {
  to.toggle("--strict-pending,!--no-strict-pending", x.strict_pending,
            "Refuse writes while an entry of the table is Pending");
  to.toggle("--conflict,!--no-conflict", x.conflict,
            "Refuse writes that overlap on one gateway (409)");
  to.toggle("--clamp-pages,!--no-clamp-pages", x.clamp_pages,
            "Clamp page numbers and sizes instead of refusing them");
  to.number("--quota", x.quota, 1, 1'000'000, "Entries in a gateway's table");
  to.parsed("--gone", x.gone, parse_gone,
            "How deleting what is not there is refused", "SPELLING");
  to.text("--duplicate-code", x.duplicate_external_code,
          "The Code for an external triple that is taken");
  to.text("--duplicate-message", x.duplicate_external_message,
          "The Message for it");
  to.number("--dry-run-status", x.dry_run_status, 200, 599,
            "The HTTP status of DryRunOperation");
}

void add_rates(flags& to, vpc_behaviour& x) {
  to.parsed("--rate", x.rate, parse_rate, "Calls of each action",
            "CALLS/SECONDS[/BURST]");
  auto read_one = [&x](std::string_view text) -> expected<void> {
    auto parts = parse_assignment(text);
    if (!parts)
      return std::unexpected{parts.error()};
    auto rate = parse_rate(parts->second);
    if (!rate)
      return std::unexpected{rate.error()};
    x.rates[parts->first] = *rate;
    return {};
  };
  to.read("--rate-of", read_one, "Calls of one action",
          "ACTION=CALLS/SECONDS[/BURST]", true);
  to.toggle("--retry-after,!--no-retry-after", x.retry_after,
            "Send x-acs-retry-after with throttling");
}

void add_faults(flags& to, vpc_behaviour& x) {
  auto read_one = [&x](std::string_view text) -> expected<void> {
    auto fault = parse_fault(text);
    if (!fault)
      return std::unexpected{fault.error()};
    x.rate_of(fault->first) = fault->second;
    return {};
  };
  to.read("--fault", read_one, "A fault and its probability for each call",
          "FAULT=PROBABILITY", true);
  to.parsed("--fault-delay", x.fault_delay, parse_time_range,
            "Length of random delays", "TIME[-TIME]");
}

/// What the controller may do without being throttled, a little below what the
/// cloud allows.
void write_rates(std::string& out, const vpc_behaviour& x) {
  auto per_minute = [&](std::string_view action) {
    auto own = x.rates.find(std::string{action});
    const auto& rate = own == x.rates.end() ? x.rate : own->second;
    return std::clamp(std::floor(rate.per_second * 60), 1.0, 60'000.0);
  };
  out += fmt::format(
    "  rates:\n"
    "    createPerMinute: {}\n"
    "    modifyPerMinute: {}\n"
    "    deletePerMinute: {}\n"
    "    describePerMinute: {}\n"
    "    describeGatewaysPerMinute: {}\n"
    "    describeEipsPerMinute: {}\n"
    "    burst: {}\n",
    per_minute("CreateForwardEntry"), per_minute("ModifyForwardEntry"),
    per_minute("DeleteForwardEntry"), per_minute("DescribeForwardTableEntries"),
    per_minute("DescribeNatGateways"), per_minute("DescribeEipAddresses"),
    std::clamp(std::floor(x.rate.burst * 0.9), 1.0, 10'000.0));
}

} // namespace

emulator::vpc_behaviour quick_cloud() {
  using namespace std::chrono_literals;
  vpc_behaviour x;
  x.pending = {50ms, 200ms};
  x.deleting = {20ms, 100ms};
  x.write_time = {5ms, 15ms};
  x.read_time = {2ms, 5ms};
  x.eip_binding = {0ms, 0ms};
  x.conflict = false;
  x.rate = {300, 300};
  x.quota = 1000;
  return x;
}

void add_cloud_flags(flags& to, cloud_flags& x) {
  to.group("Cloud");
  add_presets(to, x.behaviour);
  add_shape(to, x);
  add_delays(to, x.behaviour);
  add_refusals(to, x.behaviour);
  add_rates(to, x.behaviour);
  add_faults(to, x.behaviour);
}

emulator::vpc_options make_cloud(const cloud_flags& x) {
  emulator::vpc_options result;
  result.seed = x.seed;
  result.region = x.region;
  result.gateways = emulator::make_gateways(x.gateways, x.zones, x.eips,
                                            x.region);
  for (auto& gateway : result.gateways)
    for (auto& eip : gateway.eips)
      eip.snat = x.snat;
  result.behaviour = x.behaviour;
  auto& key = result.keys.front();
  key.id = "emulated-" + random_text(16);
  key.secret = random_secret();
  return result;
}

std::string make_run_config(const emulator::vpc_options& cloud,
                            const config::port_range& ports,
                            const std::string& endpoint) {
  const auto& key = cloud.keys.front();
  return fmt::format("credential:\n"
                     "  accessKey: {}\n"
                     "  accessSecret: {}\n",
                     key.id, key.secret)
         + make_run_config(cloud, ports, endpoint, {});
}

std::string make_run_config(const emulator::vpc_options& cloud,
                            const config::port_range& ports,
                            const std::string& endpoint,
                            const std::string& own_lines) {
  std::string out = fmt::format("# Written by natgw-controller emulate.\n"
                                "clusterID: emulated\n"
                                "regionID: {}\n"
                                "vpcID: {}\n"
                                "enableControllers: [natgw]\n"
                                "kubeClientQPS: 500\n"
                                "kubeClientBurst: 1000\n"
                                "networkController:\n"
                                "  natGwPool:\n",
                                cloud.region, cloud.vpc_id);
  for (const auto& gateway : cloud.gateways)
    out += fmt::format("    - natgwId: {}\n"
                       "      zoneId: {}\n"
                       "      portRangeStart: {}\n"
                       "      portRangeEnd: {}\n",
                       gateway.id, gateway.zone, ports.first, ports.last);
  out += fmt::format("  customStatefulWorkloadKinds: [GameServerSet]\n"
                     "natgw:\n"
                     "  endpoint: {}\n",
                     endpoint);
  write_rates(out, cloud.behaviour);
  return out + own_lines;
}

} // namespace natgw::cli
