#include "cli/check.hpp"

#include <cstdio>
#include <memory>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/capacity.hpp"
#include "config/describe.hpp"
#include "core/port_allocator.hpp"

namespace natgw::cli {

namespace {

std::string plural(uint64_t n, std::string_view what) {
  return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
}

std::string explain_gateway(const config::settings& cfg,
                            const config::gateway_pool& pool,
                            const config::gateway_capacity& can) {
  auto eips = can.eips == 0
                ? std::string{"every EIP that is bound to it (counted as one)"}
                : plural(can.eips, "EIP");
  auto quota = cfg.natgw.entries_per_gateway == 0
                 ? "the cloud's usual quota; yours is learned"
                 : "as configured";
  auto zone = pool.zone.empty() ? "the zone that the cloud tells" : pool.zone;
  return fmt::format(
    "{} in {}\n"
    "  ports   {}-{} of {}: {} each for tcp and for udp ({} blocked per EIP)\n"
    "  entries {} ({})\n"
    "  pods    {} with one port, {} with two\n",
    pool.id, zone, pool.ports.first, pool.ports.last, eips, can.ports(),
    can.blocked, can.entries, quota, can.pods(1), can.pods(2));
}

std::vector<std::string> advice(const config::settings& cfg,
                                const std::vector<uint16_t>& blocked) {
  std::vector<std::string> out;
  for (const auto& pool : cfg.gateways) {
    auto can = config::capacity_of(cfg, pool, blocked);
    if (can.ports_per_eip == 0)
      out.push_back(fmt::format("{}: every port of it is blocked", pool.id));
    else if (can.entries < can.ports())
      out.push_back(
        fmt::format("{}: the quota of {} entries is what limits it, not its "
                    "{}; ask for more "
                    "entries, or expose ranges, which take one entry each",
                    pool.id, can.entries, plural(can.ports(), "port")));
  }
  if (!cfg.natgw.lease.enabled)
    out.emplace_back("the lease is off: never run two replicas");
  if (cfg.natgw.accept_orphans)
    out.emplace_back("acceptOrphans is on: entries of ours without an owner "
                     "are deleted at start, however many they are");
  return out;
}

std::string section(std::string_view title,
                    const std::vector<std::string>& lines) {
  if (lines.empty())
    return {};
  return fmt::format("\n{}:\n  {}\n", title, fmt::join(lines, "\n  "));
}

exit_code check(const std::string& path, bool with_settings) {
  auto result = config::load(path);
  if (!result) {
    const auto& why = result.error();
    fmt::print(stderr, "{}\n", fmt::join(why.errors, "\n"));
    fmt::print(stderr, "{}", section("warnings", why.warnings));
    return why.nothing_to_do ? exit_code::usage : exit_code::failure;
  }
  fmt::print("{}: fine\n\n{}", path, explain(*result, with_settings));
  return exit_code::success;
}

} // namespace

std::string explain(const config::loaded& x, bool with_settings) {
  const auto& cfg = x.values;
  auto blocked = config::blocked_ports(cfg.natgw, core::carrier_blocked_ports);
  std::string out;
  uint64_t pods = 0;
  uint64_t ports = 0;
  for (const auto& pool : cfg.gateways) {
    auto can = config::capacity_of(cfg, pool, blocked);
    out += explain_gateway(cfg, pool, can);
    pods += can.pods(1);
    ports += can.ports();
  }
  out += fmt::format("in all: {}, {} for each protocol, {} with one port\n",
                     plural(cfg.gateways.size(), "gateway"),
                     plural(ports, "port"), plural(pods, "pod"));
  out += section("warnings", x.warnings);
  out += section("advice", advice(cfg, blocked));
  out += section("keys of the product that mean nothing here", x.ignored);
  if (with_settings)
    out += section("settings", config::describe(cfg));
  return out;
}

void add_check(command_line& line) {
  auto path = std::make_shared<std::string>();
  auto with_settings = std::make_shared<bool>(false);
  auto own
    = line.add("check", "Validate a configuration and print what it means",
               [path, with_settings] { return check(*path, *with_settings); });
  own.text("FILE", *path, "The configuration", true);
  own.toggle("--settings", *with_settings,
             "Print every setting with its value, secrets masked");
}

} // namespace natgw::cli
