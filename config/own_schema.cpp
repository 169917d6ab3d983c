#include "config/own_schema.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>

#include "config/credential_schema.hpp"
#include "config/text.hpp"

namespace natgw::config {

namespace {

using namespace std::chrono_literals;
using node = YAML::Node;

constexpr auto day = std::chrono::milliseconds{24h};

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
  {"describeEipsPerMinute",
   [](reader& in, const node& x, call_rates& out) {
     in.number(x, out.per_minute[5], 1, 60'000);
   }},
  {"burst", [](reader& in, const node& x,
               call_rates& out) { in.number(x, out.burst, 1, 10'000); }},
};

static_assert(static_cast<size_t>(api_action::create_entry) == 0
              && static_cast<size_t>(api_action::modify_entry) == 1
              && static_cast<size_t>(api_action::delete_entry) == 2
              && static_cast<size_t>(api_action::describe_entries) == 3
              && static_cast<size_t>(api_action::describe_gateways) == 4
              && static_cast<size_t>(api_action::describe_eips) == 5);

constexpr key_rule<lease_settings> lease_keys[] = {
  {"enabled", [](reader& in, const node& x,
                 lease_settings& out) { in.boolean(x, out.enabled); }},
  {"namespace",
   [](reader& in, const node& x, lease_settings& out) { in.label(x, out.ns); }},
  {"name", [](reader& in, const node& x,
              lease_settings& out) { in.label(x, out.name); }},
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
  {"class", [](reader& in, const node& x,
               own_settings& out) { in.label(x, out.controller_class, 32); }},
  {"endpoint",
   [](reader& in, const node& x, own_settings& out) {
     in.parsed(x, out.endpoint, parse_endpoint);
   }},
  {"signature",
   [](reader& in, const node& x, own_settings& out) {
     in.parsed(x, out.signing, parse_signature);
   }},
  {"credentials",
   [](reader& in, const node& x, own_settings& out) {
     read_credential_settings(in, x, out.credentials);
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
  {"gatewayGoneAfter",
   [](reader& in, const node& x, own_settings& out) {
     in.duration(x, out.gateway_gone_after, 1s, day);
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
  {"namespace", [](reader& in, const node& x,
                   own_settings& out) { in.label(x, out.watch_namespace); }},
  {"pageSize",
   [](reader& in, const node& x, own_settings& out) {
     in.number(x, out.page_size, 10, 5000);
   }},
};

} // namespace

void read_own(reader& in, const YAML::Node& x, own_settings& out) {
  read_map(in, x, own_keys, out);
}

} // namespace natgw::config
