#include "cli/adoption_report.hpp"

#include <array>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "clients/aliyun/vpc_json.hpp"
#include "core/port_text.hpp"

namespace natgw::cli {

namespace {

using core::adoption_entry;
using core::adoption_kind;
using core::adoption_step;
using core::adoption_writes;
using core::entry_step;
using core::gateway_access;
using core::gateway_outlook;
using nlohmann::json;

constexpr size_t max_text = 256;
/// Namespace, slash and name.
constexpr size_t max_key = 320;

using kind_counts = std::array<size_t, core::adoption_kind_count>;

kind_counts count_kinds(const core::adoption_plan& x) {
  kind_counts result{};
  for (const auto& step : x.steps)
    ++result[static_cast<size_t>(step.kind)];
  return result;
}

/// What other people wrote, made fit to be shown.
std::string shown(std::string_view text) {
  return aliyun::clean(text, max_text);
}

std::string shown(const object_key& key) {
  return aliyun::clean(key.str(), max_key);
}

// -- for people ---------------------------------------------------------------

std::string_view words(adoption_kind x) {
  switch (x) {
    case adoption_kind::taken_over:
      return "is taken over as it is";
    case adoption_kind::draining:
      return "is taken over, but goes with its pod: its gateway is not "
             "configured";
    case adoption_kind::waiting:
      return "stays as it is until its pod has an address";
    case adoption_kind::entry_missing:
      return "an entry that was promised is missing";
    case adoption_kind::entry_differs:
      return "an entry of ours is not as it was promised";
    case adoption_kind::ports_differ:
      return "its pod asks for other ports than were promised";
    case adoption_kind::port_foreign:
      return "somebody else's entry has its external port";
    case adoption_kind::address_foreign:
      return "somebody else's entry has its pod's address and port; that one "
             "has to go first";
    case adoption_kind::eip_unbound:
      return "its EIP is not bound to the gateway";
    case adoption_kind::superseded:
      return "was a former pod's of this name: it goes, and its successor gets "
             "a new mapping";
    case adoption_kind::clash_lost:
      return "was promised the same port as another one, which keeps it";
    case adoption_kind::remade:
      return "is being deleted while its pod lives, and comes back";
    case adoption_kind::moved:
      return "its pod is pinned to another gateway, and moves there";
    case adoption_kind::released:
      return "nobody wants it: it is released";
    case adoption_kind::kept:
      return "fixed, and without a pod: the record stays, its entries go after "
             "natgw.fixedLinger";
    case adoption_kind::unreadable:
      return "cannot be understood";
    case adoption_kind::left_alone:
      return "is left alone, its gateway is not ours to use";
    case adoption_kind::unknown:
      return "is not planned";
    case adoption_kind::new_mapping:
      return "has no record, and gets a new mapping";
    case adoption_kind::rejected:
      return "its annotations do not hold";
    case adoption_kind::orphan:
      return "has our name, but neither record nor pod";
    case adoption_kind::orphan_stopped:
      return "has our name, but neither record nor pod; there are so many that "
             "none is deleted until natgw.acceptOrphans is set";
    case adoption_kind::duplicate:
      break;
  }
  return "is a second entry of its name";
}

std::string text_of(const entry_spec& x) {
  auto inside = x.internal_ip.empty() ? std::string{"its address"}
                                      : x.internal_ip;
  auto outside = x.external_ip.empty() ? std::string{} : x.external_ip + ":";
  outside += x.external_port == 0
               ? (x.count == 1 ? "a free port"
                               : fmt::format("{} free ports", x.count))
               : core::format_ports({x.external_port, x.count});
  return fmt::format("{} -> {}:{}/{}", outside, inside,
                     core::format_ports({x.internal_port, x.count}),
                     to_string(x.proto));
}

std::string text_of(const adoption_entry& x) {
  auto what = text_of(x.spec);
  switch (x.what) {
    case entry_step::stays:
      return {};
    case entry_step::create:
      return "create " + what;
    case entry_step::modify:
      return "modify " + shown(x.id) + " to " + what;
    case entry_step::remove:
      return "delete " + shown(x.id) + ", " + what;
    case entry_step::other_port:
      return "create with another port than " + what + ", which " + shown(x.id)
             + " holds";
    case entry_step::refused:
      break;
  }
  return "no way to have " + what
         + (x.id.empty() ? std::string{} : ", because of " + shown(x.id));
}

std::string subject_of(const adoption_step& x) {
  if (x.key.name.empty())
    return "entry " + shown(x.entries.front().id);
  auto is_pod = x.kind == adoption_kind::new_mapping
                || x.kind == adoption_kind::rejected;
  return (is_pod ? "pod " : "PodDNAT ") + shown(x.key);
}

std::string line_of(const adoption_step& x) {
  auto result = subject_of(x);
  if (!x.gateway.empty())
    result += " on " + shown(x.gateway);
  result += ": " + std::string{words(x.kind)};
  if (!x.rival.name.empty())
    result += " (" + shown(x.rival) + ")";
  if (!x.detail.empty())
    result += " (" + shown(x.detail) + ")";
  if (x.no_room)
    result += "; no port is free for it";
  for (const auto& entry : x.entries)
    if (auto text = text_of(entry); !text.empty())
      result += "; " + text;
  return result + "\n";
}

std::string line_of(const gateway_outlook& x) {
  auto result = "gateway " + x.id;
  if (!x.configured)
    result += " (not configured)";
  if (x.access != gateway_access::usable)
    return result + ": " + shown(x.problem) + "; nothing is written there\n";
  result += fmt::format(": {} entries, {} of them taken over as they are, {} "
                        "foreign ({} ports reserved)",
                        x.entries, x.taken_over, x.foreign, x.foreign_ports);
  if (x.orphans > 0)
    result += fmt::format(", {} orphans{}", x.orphans,
                          x.orphans_stopped ? " (none is deleted)" : "");
  return result
         + fmt::format("; {} to create, {} to modify, {} to delete\n",
                       x.writes.creates, x.writes.modifies, x.writes.deletes);
}

std::string sums_of(const core::adoption_plan& x) {
  auto taken_over
    = count_kinds(x)[static_cast<size_t>(adoption_kind::taken_over)];
  const auto& all = x.total;
  return fmt::format(
    "{} PodDNATs are taken over as they are\n"
    "writes to the cloud: {} ({} to create, {} to modify, {} to delete)\n"
    "writes to Kubernetes: {} to PodDNATs, {} to pods, and events\n",
    taken_over, all.cloud(), all.creates, all.modifies, all.deletes,
    all.records, all.pods);
}

// -- for programs -------------------------------------------------------------

json json_of(const adoption_writes& x) {
  return {{"poddnats", x.records},
          {"pods", x.pods},
          {"creates", x.creates},
          {"modifies", x.modifies},
          {"deletes", x.deletes}};
}

json json_of(const adoption_entry& x) {
  json result{{"do", to_string(x.what)},
              {"external_ip", shown(x.spec.external_ip)},
              {"internal_ip", shown(x.spec.internal_ip)},
              {"internal_port", x.spec.internal_port},
              {"count", x.spec.count},
              {"protocol", to_string(x.spec.proto)}};
  if (x.spec.external_port != 0)
    result["external_port"] = x.spec.external_port;
  if (!x.id.empty())
    result["id"] = shown(x.id);
  return result;
}

json json_of(const adoption_step& x) {
  json result{{"kind", to_string(x.kind)}, {"writes", json_of(x.writes)}};
  auto entries = json::array();
  for (const auto& entry : x.entries)
    entries.push_back(json_of(entry));
  result["entries"] = std::move(entries);
  if (!x.key.name.empty()) {
    result["namespace"] = shown(x.key.ns);
    result["name"] = shown(x.key.name);
    result["fixed"] = x.fixed;
  }
  if (!x.gateway.empty())
    result["gateway"] = shown(x.gateway);
  if (x.no_room)
    result["no_room"] = true;
  if (!x.rival.name.empty())
    result["rival"] = shown(x.rival);
  if (!x.detail.empty())
    result["detail"] = shown(x.detail);
  return result;
}

std::string_view name_of(gateway_access x) {
  switch (x) {
    case gateway_access::usable:
      return "usable";
    case gateway_access::unusable:
      return "unusable";
    case gateway_access::unread:
      break;
  }
  return "unread";
}

json json_of(const gateway_outlook& x) {
  return {{"id", x.id},
          {"configured", x.configured},
          {"access", name_of(x.access)},
          {"problem", shown(x.problem)},
          {"entries", x.entries},
          {"taken_over", x.taken_over},
          {"foreign", x.foreign},
          {"foreign_ports", x.foreign_ports},
          {"orphans", x.orphans},
          {"orphans_stopped", x.orphans_stopped},
          {"writes", json_of(x.writes)}};
}

} // namespace

std::string adoption_text(const adoption_findings& x) {
  std::string result = "What a first start would do; nothing has been "
                       "written.\n\n";
  size_t lines = 0;
  for (const auto& step : x.plan.steps)
    if (step.kind != adoption_kind::taken_over && ++lines <= max_reported_steps)
      result += line_of(step);
  if (lines > max_reported_steps)
    result += fmt::format("and {} more\n", lines - max_reported_steps);
  if (lines > 0)
    result += "\n";
  for (const auto& gateway : x.plan.gateways)
    result += line_of(gateway);
  result += "\n" + sums_of(x.plan);
  if (!x.problems.empty())
    result += fmt::format("{} problems: the plan is not complete\n",
                          x.problems.size());
  return result;
}

std::string adoption_json(const adoption_findings& x) {
  auto steps = json::array();
  size_t left_out = 0;
  for (const auto& step : x.plan.steps) {
    if (step.kind == adoption_kind::taken_over)
      continue;
    if (steps.size() == max_reported_steps)
      ++left_out;
    else
      steps.push_back(json_of(step));
  }
  auto counts = count_kinds(x.plan);
  json kinds;
  for (size_t i = 0; i < counts.size(); ++i)
    kinds[std::string{to_string(static_cast<adoption_kind>(i))}] = counts[i];
  auto gateways = json::array();
  for (const auto& gateway : x.plan.gateways)
    gateways.push_back(json_of(gateway));
  auto problems = json::array();
  for (const auto& problem : x.problems)
    problems.push_back(shown(problem));
  json result{
    {"kinds", std::move(kinds)},      {"steps", std::move(steps)},
    {"steps_left_out", left_out},     {"gateways", std::move(gateways)},
    {"total", json_of(x.plan.total)}, {"problems", std::move(problems)}};
  return result.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

} // namespace natgw::cli
