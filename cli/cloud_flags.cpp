#include "cli/cloud_flags.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <utility>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include "cli/flag_text.hpp"
#include "cli/parsed_option.hpp"
#include "cli/random_text.hpp"
#include "config/text.hpp"

namespace natgw::cli {

namespace {

using emulator::vpc_behaviour;

/// Adds an option of the group that all these belong to.
template <class T, class Parse>
void add_parsed(CLI::App& app, const std::string& flag, T& out, Parse parse,
                const std::string& help, const std::string& form) {
  add_parsed_option(app, flag, out, parse, help)
    ->type_name(form)
    ->group("Cloud");
}

void add_range(CLI::App& app, const std::string& flag,
               emulator::time_range& out, const std::string& help) {
  add_parsed(app, flag, out, parse_time_range, help, "TIME[-TIME]");
}

void add_time(CLI::App& app, const std::string& flag,
              std::chrono::milliseconds& out, const std::string& help) {
  add_parsed(app, flag, out, config::parse_duration, help, "TIME");
}

void add_switch(CLI::App& app, const std::string& flag, bool& out,
                const std::string& help) {
  app.add_flag(flag, out, help)->group("Cloud");
}

/// Adds a flag that may come again and again.
void add_repeated(CLI::App& app, const std::string& flag,
                  const std::function<void(const std::string&)>& read,
                  const std::string& help, const std::string& form) {
  auto read_all = [read](const std::vector<std::string>& texts) {
    for (const auto& text : texts)
      read(text);
  };
  app.add_option_function<std::vector<std::string>>(flag, read_all, help)
    ->type_name(form)
    ->group("Cloud");
}

/// These two come first, since flags are read in the order of their making.
void add_presets(CLI::App& app, vpc_behaviour& x) {
  app
    .add_flag_callback(
      "--real-cloud", [&x] { x = vpc_behaviour{}; },
      "The documented limits and delays")
    ->group("Cloud");
  app
    .add_flag_callback(
      "--quick-cloud", [&x] { x = quick_cloud(); },
      "Higher quota and rates, short delays, no conflicts")
    ->group("Cloud");
}

void add_shape(CLI::App& app, cloud_flags& x) {
  app.add_option("--gateways", x.gateways, "NAT gateways")
    ->check(CLI::Range(1, 256))
    ->group("Cloud");
  app.add_option("--zones", x.zones, "Zones that they are spread over")
    ->check(CLI::Range(1, 26))
    ->group("Cloud");
  app.add_option("--eips", x.eips, "EIPs for each gateway")
    ->check(CLI::Range(1, 20))
    ->group("Cloud");
  add_parsed(app, "--port-range", x.ports, config::parse_ports,
             "External ports that may be used", "FIRST-LAST");
  add_switch(app, "--snat", x.snat, "SNAT uses the EIPs too");
  add_parsed(
    app, "--region", x.region,
    [](std::string_view text) { return config::parse_label(text, 63); },
    "The region", "ID");
  app.add_option("--seed", x.seed, "Feeds every random choice")->group("Cloud");
}

void add_delays(CLI::App& app, vpc_behaviour& x) {
  add_range(app, "--pending", x.pending, "Pending after a create or a modify");
  add_range(app, "--deleting", x.deleting, "Deleting after a delete");
  add_range(app, "--write-time", x.write_time, "Duration of a write");
  add_range(app, "--read-time", x.read_time, "Duration of a read");
  add_range(app, "--eip-binding", x.eip_binding,
            "Refusals after an EIP was bound");
  add_time(app, "--conflict-gap", x.conflict_gap,
           "A gateway rests so long between two writes");
  add_time(app, "--token-retention", x.token_retention,
           "How long a ClientToken is remembered");
}

void add_refusals(CLI::App& app, vpc_behaviour& x) {
  add_switch(app, "--strict-pending,!--no-strict-pending", x.strict_pending,
             "Refuse writes while an entry of the table is Pending");
  add_switch(app, "--conflict,!--no-conflict", x.conflict,
             "Refuse writes that overlap on one gateway (409)");
  add_switch(app, "--retry-after,!--no-retry-after", x.retry_after,
             "Send x-acs-retry-after with throttling");
  add_switch(app, "--clamp-pages,!--no-clamp-pages", x.clamp_pages,
             "Clamp page numbers and sizes instead of refusing them");
  app.add_option("--quota", x.quota, "Entries in a gateway's table")
    ->group("Cloud");
  add_parsed(app, "--rate", x.rate, parse_rate, "Calls of each action",
             "CALLS/SECONDS[/BURST]");
  add_repeated(
    app, "--rate-of",
    [&x](const std::string& text) {
      auto [action, rate] = or_complain(parse_assignment(text), "--rate-of");
      x.rates[action] = or_complain(parse_rate(rate), "--rate-of");
    },
    "Calls of one action", "ACTION=CALLS/SECONDS[/BURST]");
  add_parsed(app, "--gone", x.gone, parse_gone,
             "How deleting what is not there is refused", "SPELLING");
  app
    .add_option("--duplicate-code", x.duplicate_external_code,
                "The Code for an external triple that is taken")
    ->group("Cloud");
  app
    .add_option("--dry-run-status", x.dry_run_status,
                "The HTTP status of DryRunOperation")
    ->check(CLI::Range(200, 599))
    ->group("Cloud");
}

void add_faults(CLI::App& app, vpc_behaviour& x) {
  add_repeated(
    app, "--fault",
    [&x](const std::string& text) {
      auto [kind, probability] = or_complain(parse_fault(text), "--fault");
      x.rate_of(kind) = probability;
    },
    "A fault and its probability for each call", "FAULT=PROBABILITY");
  add_range(app, "--fault-delay", x.fault_delay, "Length of random delays");
}

/// What the controller may do without being throttled, a little below what the
/// cloud allows.
void write_rates(std::string& out, const vpc_behaviour& x) {
  auto per_minute = [&](std::string_view action) {
    auto own = x.rates.find(std::string{action});
    const auto& rate = own == x.rates.end() ? x.rate : own->second;
    return std::clamp(std::floor(rate.per_second * 60), 1.0, 60'000.0);
  };
  out += fmt::format("  rates:\n"
                     "    createPerMinute: {}\n"
                     "    modifyPerMinute: {}\n"
                     "    deletePerMinute: {}\n"
                     "    describePerMinute: {}\n"
                     "    describeGatewaysPerMinute: {}\n"
                     "    burst: {}\n",
                     per_minute("CreateForwardEntry"),
                     per_minute("ModifyForwardEntry"),
                     per_minute("DeleteForwardEntry"),
                     per_minute("DescribeForwardTableEntries"),
                     per_minute("DescribeNatGateways"),
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

void add_cloud_flags(CLI::App& app, cloud_flags& x) {
  add_presets(app, x.behaviour);
  add_shape(app, x);
  add_delays(app, x.behaviour);
  add_refusals(app, x.behaviour);
  add_faults(app, x.behaviour);
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
  key.secret = random_text(32);
  return result;
}

std::string make_run_config(const emulator::vpc_options& cloud,
                            const config::port_range& ports,
                            const std::string& endpoint) {
  const auto& key = cloud.keys.front();
  std::string out = fmt::format("# Written by natgw-controller emulate.\n"
                                "clusterID: emulated\n"
                                "regionID: {}\n"
                                "vpcID: {}\n"
                                "enableControllers: [natgw]\n"
                                "credential:\n"
                                "  accessKey: {}\n"
                                "  accessSecret: {}\n"
                                "kubeClientQPS: 500\n"
                                "kubeClientBurst: 1000\n"
                                "networkController:\n"
                                "  natGwPool:\n",
                                cloud.region, cloud.vpc_id, key.id, key.secret);
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
  return out;
}

} // namespace natgw::cli
