#include "core/adoption/planner.hpp"

#include <algorithm>
#include <tuple>
#include <utility>
#include <variant>

namespace natgw::core {

using enum adoption_kind;

namespace {

/// A record, its status, and what the pod is told.
constexpr adoption_writes whole_birth{.records = 2, .pods = 1};

/// What makes room for others.
bool is_ending(adoption_kind x) {
  return x == released || x == kept || x == superseded || x == moved
         || x == clash_lost;
}

adoption_writes writes_of(const std::vector<adoption_entry>& entries) {
  adoption_writes result;
  for (const auto& x : entries) {
    auto creates = x.what == entry_step::create
                   || x.what == entry_step::other_port;
    result.creates += creates ? 1 : 0;
    result.modifies += x.what == entry_step::modify ? 1 : 0;
    result.deletes += x.what == entry_step::remove ? 1 : 0;
  }
  return result;
}

/// Entries whose ports nobody can foretell.
void add_new(const std::vector<port_item>& groups,
             const std::string& external_ip, const std::string& internal_ip,
             adoption_step& step) {
  for (const auto& item : groups)
    step.entries.push_back({entry_step::create,
                            {.external_ip = external_ip,
                             .internal_ip = internal_ip,
                             .internal_port = item.first,
                             .count = item.count,
                             .proto = item.proto},
                            {}});
}

/// What was promised and stays, as it will be.
std::vector<port_run> runs_after(const intent& promise,
                                 const port_change& change) {
  std::vector<port_run> result;
  for (const auto& run : promise.runs) {
    if (std::ranges::find(change.removed, run) != change.removed.end())
      continue;
    auto trim = std::ranges::find(change.trimmed, run, &run_trim::before);
    result.push_back(trim == change.trimmed.end() ? run : trim->after);
  }
  result.insert(result.end(), change.split_off.begin(), change.split_off.end());
  return result;
}

/// The most drastic of what its entries need.
adoption_kind kind_of(const claimant& x, const port_change& change,
                      const adoption_step& step) {
  auto any = [&step](entry_step what) {
    return std::ranges::find(step.entries, what, &adoption_entry::what)
           != step.entries.end();
  };
  if (!x.seat->has_eip(x.record->promise->external_ip))
    return eip_unbound;
  if (any(entry_step::other_port) || step.no_room)
    return port_foreign;
  if (any(entry_step::refused))
    return address_foreign;
  if (x.fate == remade)
    return remade;
  if (!change.added.empty() || !change.removed.empty()
      || !change.trimmed.empty())
    return ports_differ;
  if (any(entry_step::create))
    return entry_missing;
  if (any(entry_step::modify))
    return entry_differs;
  return x.seat->gateway().configured ? taken_over : draining;
}

/// Whether a pod that lives on has to be told that it has no mapping.
bool tells_end(const claimant& x) {
  return x.pod != nullptr && !x.pod->status_annotation.empty();
}

} // namespace

adoption_planner::adoption_planner(const adoption_snapshot& x) : in_{x} {
  for (const auto& gateway : x.gateways)
    by_id_.emplace(gateway.id, &seats_.emplace_back(gateway, x));
  for (const auto& pod : x.pods)
    pods_.emplace(pod.key, &pod);
  for (const auto& node : x.nodes)
    nodes_.emplace(node.name, &node);
}

adoption_plan adoption_planner::run() {
  for (const auto& record : in_.records)
    gather(record);
  std::ranges::sort(claimants_, {},
                    [](const claimant& x) { return x.record->key; });
  claim_ports();
  for (auto ends : {true, false})
    for (auto& x : claimants_)
      if (is_ending(x.fate) == ends)
        plan_record(x);
  for (const auto& x : claimants_)
    pods_.erase(x.record->key);
  for (const auto& [key, pod] : pods_)
    plan_pod(*pod);
  sum_up();
  return std::move(out_);
}

// -- records ------------------------------------------------------------------

adoption_step& adoption_planner::add(adoption_kind kind, const object_key& key,
                                     const adoption_seat* seat) {
  auto& result = out_.steps.emplace_back();
  result.kind = kind;
  result.key = key;
  if (seat != nullptr)
    result.gateway = seat->gateway().id;
  return result;
}

void adoption_planner::plan_record(claimant& x) {
  auto& step = add(x.fate, x.record->key, x.seat);
  step.fixed = x.record->promise && x.record->promise->fixed;
  if (x.seat == nullptr)
    step.gateway = x.record->gateway;
  plan_fate(x, step);
  step.writes += writes_of(step.entries);
}

void adoption_planner::plan_fate(claimant& x, adoption_step& step) {
  const auto& record = *x.record;
  auto& records = step.writes.records;
  switch (x.fate) {
    case left_alone:
    case unknown:
      if (x.seat != nullptr)
        step.detail = x.seat->gateway().problem;
      else if (is_others(record))
        step.detail = "made by the controller of "
                      + class_name(record.controller_class);
      break;
    case waiting:
      keep_entries(x);
      break;
    case unreadable:
      step.detail = record.problem;
      if (x.request)
        plan_birth(x, step);
      else
        records = remove_writes(record);
      break;
    case released:
      drop_entries(x, step);
      records = remove_writes(record);
      step.writes.pods = tells_end(x) ? 1 : 0;
      break;
    case kept:
      drop_entries(x, step);
      records = record.status.empty() ? 0 : 1;
      break;
    case superseded:
    case moved:
      drop_entries(x, step);
      records = remove_writes(record);
      plan_birth(x, step);
      break;
    case clash_lost:
      step.rival = x.winner->key;
      drop_entries(x, step);
      records = record.status.empty() ? 0 : 1;
      plan_birth(x, step);
      break;
    default:
      plan_forwarding(x, step);
  }
}

void adoption_planner::drop_entries(const claimant& x, adoption_step& step) {
  if (!x.record->promise)
    return;
  const auto& promise = *x.record->promise;
  for (size_t i = 0; i < promise.runs.size(); ++i) {
    const auto& run = promise.runs[i];
    // What it never held it does not take away.
    if (x.winner == nullptr || x.claimed[i])
      x.seat->drop(promised_spec(name_of(x, run), promise.external_ip,
                                 promise.internal_ip, run),
                   step.entries);
  }
}

/// New ports for a pod, as its pool allocates them.
void adoption_planner::plan_birth(const claimant& x, adoption_step& step) {
  step.writes += whole_birth;
  auto groups = group(x.request->items);
  if (x.fate != moved && x.seat->gateway().configured) {
    auto wanted = shapes(groups);
    step.no_room = !x.seat->ports()
                      .allocate({.holder = x.handle, .shapes = wanted},
                                instant{})
                      .has_value();
  }
  add_new(groups, {}, x.pod->ip, step);
}

// -- mappings that go on ------------------------------------------------------

/// What was promised is wished as it was, so that it is nobody else's.
void adoption_planner::keep_entries(const claimant& x) {
  const auto& promise = *x.record->promise;
  for (const auto& run : promise.runs) {
    auto name = name_of(x, run);
    x.seat->want(promised_spec(name, promise.external_ip, promise.internal_ip,
                               run),
                 name, {});
  }
}

void adoption_planner::plan_forwarding(claimant& x, adoption_step& step) {
  const auto& promise = *x.record->promise;
  entry_numbers numbers{promise.runs};
  auto change = plan_change(promise.runs, x.request->items, numbers);
  if (!change.added.empty()) {
    auto wanted = shapes(change.added);
    auto got = x.seat->ports().allocate(
      {.holder = x.handle, .shapes = wanted, .eip = promise.external_ip},
      instant{});
    if (!got) {
      // The pool does nothing then but try again.
      step.kind = ports_differ;
      step.no_room = true;
      keep_entries(x);
      return;
    }
  }
  auto runs = runs_after(promise, change);
  want_entries(x, runs, step);
  step.writes += upkeep_writes(x, runs, step.entries, !change.added.empty());
  add_new(change.added, promise.external_ip, x.pod->ip, step);
  for (const auto& run : change.removed)
    x.seat->drop(promised_spec(name_of(x, run), promise.external_ip,
                               promise.internal_ip, run),
                 step.entries);
  step.kind = kind_of(x, change, step);
}

void adoption_planner::want_entries(const claimant& x,
                                    const std::vector<port_run>& runs,
                                    adoption_step& step) {
  auto identity = x.request->fixed ? fixed_name_key(x.record->key)
                                   : plain_name_key(x.pod->uid);
  for (const auto& run : runs) {
    auto spec = promised_spec(in_.names.build(identity, run.n),
                              x.record->promise->external_ip, x.pod->ip, run);
    auto entry = x.seat->want(spec, name_of(x, run),
                              x.record->promise->internal_ip);
    if (entry.what == entry_step::other_port
        && !x.seat->replace(x.handle, spec)) {
      entry.what = entry_step::refused;
      step.no_room = true;
    }
    step.entries.push_back(std::move(entry));
  }
}

// -- what no record names -----------------------------------------------------

void adoption_planner::plan_pod(const pod_view& pod) {
  // Without a record nothing is begun for one that is being deleted.
  if (pod.finished || pod.terminating)
    return;
  auto verdict = read(pod);
  if (const auto* problem = std::get_if<error>(&verdict)) {
    add(rejected, pod.key, nullptr).detail = problem->detail;
    return;
  }
  const auto* wish = std::get_if<dnat_wish>(&verdict);
  if (wish == nullptr)
    return;
  auto& step = add(new_mapping, pod.key, nullptr);
  step.gateway = wish->request.gateway;
  step.fixed = wish->request.fixed;
  step.writes = whole_birth;
  add_new(group(wish->request.items), {}, pod.ip, step);
  step.writes += writes_of(step.entries);
}

void adoption_planner::sum_up() {
  std::ranges::stable_sort(out_.steps, {}, &adoption_step::key);
  for (auto& seat : seats_)
    if (seat.is_usable())
      for (auto& step : seat.leftovers(in_))
        out_.steps.push_back(std::move(step));
  std::unordered_map<std::string_view, adoption_writes> by_gateway;
  for (const auto& step : out_.steps) {
    out_.total += step.writes;
    by_gateway[step.gateway] += step.writes;
  }
  for (auto& seat : seats_) {
    out_.gateways.push_back(seat.outlook());
    out_.gateways.back().writes = by_gateway[seat.gateway().id];
  }
}

} // namespace natgw::core
