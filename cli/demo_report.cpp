#include "cli/demo_report.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace natgw::cli {

void demo_report::set_ready_times(std::vector<uint64_t> times) {
  if (times.empty())
    return;
  std::ranges::sort(times);
  auto at = [&times](size_t percent) {
    return times[std::min(times.size() - 1, times.size() * percent / 100)];
  };
  ready_p50_ms = at(50);
  ready_p99_ms = at(99);
  ready_max_ms = times.back();
}

bool demo_report::good() const {
  return pods_ready == pods_requested && done.duplicate_mappings == 0
         && done.published_unready == 0 && done.double_entries == 0
         && done.tokens == token_harm{} && leaked_entries == 0
         && leaked_ports == 0 && leaked_poddnats == 0;
}

std::string demo_report::json() const {
  nlohmann::ordered_json x{
    {"pods_requested", pods_requested},
    {"pods_ready", pods_ready},
    {"pods_created", pods_created},
    {"mappings_ready", mappings_ready},
    {"ready_ms",
     {{"p50", ready_p50_ms}, {"p99", ready_p99_ms}, {"max", ready_max_ms}}},
    {"zone_hits", zone_hits},
    {"zone_misses", zone_misses},
    {"api_calls",
     {{"create", creates},
      {"modify", modifies},
      {"delete", deletes},
      {"describe", describes}}},
    {"throttled", throttled},
    {"conflicts", conflicts},
    {"unsigned_or_badly_signed", unsigned_or_badly_signed},
    {"kube_writes", kube_writes},
    {"duplicate_mappings", done.duplicate_mappings},
    {"stranger_ms", done.stranger_ms},
    {"published_unready", done.published_unready},
    {"double_entries", done.double_entries},
    {"tokens",
     {{"reused", done.tokens.reused},
      {"mixed", done.tokens.mixed},
      {"doubled", done.tokens.doubled}}},
    {"leaked_entries", leaked_entries},
    {"leaked_ports", leaked_ports},
    {"leaked_poddnats", leaked_poddnats},
    {"elapsed_ms", elapsed_ms}};
  return x.dump(2) + "\n";
}

std::string demo_report::text() const {
  return fmt::format(
    "{} of {} pods reachable ({} created in all), {} mappings\n"
    "from address to reachable: p50 {} ms, p99 {} ms, max {} ms\n"
    "zones: {} in their own, {} elsewhere\n"
    "cloud calls: {} create, {} modify, {} delete, {} describe; {} throttled, "
    "{} conflicts, {} badly signed\n"
    "Kubernetes writes: {}\n"
    "harm: {} duplicate mappings, {} ms at strangers, {} published unready, "
    "{} double entries, {} tokens misused\n"
    "left over: {} entries, {} ports, {} PodDNATs\n"
    "{} in {:.1f} s\n",
    pods_ready, pods_requested, pods_created, mappings_ready, ready_p50_ms,
    ready_p99_ms, ready_max_ms, zone_hits, zone_misses, creates, modifies,
    deletes, describes, throttled, conflicts, unsigned_or_badly_signed,
    kube_writes, done.duplicate_mappings, done.stranger_ms,
    done.published_unready, done.double_entries,
    done.tokens.reused + done.tokens.mixed + done.tokens.doubled,
    leaked_entries, leaked_ports, leaked_poddnats,
    good() ? "All well" : "NOT WELL", static_cast<double>(elapsed_ms) / 1000);
}

} // namespace natgw::cli
