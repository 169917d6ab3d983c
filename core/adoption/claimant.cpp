#include "core/adoption/claimant.hpp"

#include <algorithm>
#include <utility>

#include "core/entry_name.hpp"
#include "core/pool/rules.hpp"

namespace natgw::core {

namespace {

bool takes_other_port(const std::vector<adoption_entry>& stay) {
  return std::ranges::find(stay, entry_step::other_port, &adoption_entry::what)
         != stay.end();
}

bool promise_changes(const claimant& x, const std::vector<port_run>& runs) {
  if (!x.record->problem.empty())
    return true;
  auto wanted = *x.record->promise;
  wanted.zone = x.seat->gateway().zone;
  wanted.internal_ip = x.pod->ip;
  wanted.pod_uid = x.pod->uid;
  wanted.workload = *x.pod->workload;
  wanted.fixed = x.request->fixed;
  wanted.items = x.request->items;
  wanted.runs = runs;
  return wanted != *x.record->promise;
}

uint32_t status_writes(const claimant& x, const std::vector<port_run>& runs,
                       const std::vector<adoption_entry>& stay, bool grows,
                       bool ready) {
  const auto& promise = *x.record->promise;
  std::vector<shown_run> present;
  auto changes = grows;
  for (size_t i = 0; i < runs.size(); ++i) {
    present.push_back({runs[i], stay[i].id});
    changes = changes || stay[i].what == entry_step::create;
  }
  // What a former process has shown is believed while the address stays, and
  // no port has been refused.
  auto moves = promise.internal_ip != x.pod->ip || takes_other_port(stay);
  auto right = show_items(x.request->items, present, promise.external_ip,
                          x.pod->ip);
  auto same_place = [](status_entry a, const status_entry& b) {
    a.forward_entry_id = b.forward_entry_id;
    return a == b;
  };
  auto wrong
    = std::ranges::any_of(x.record->status, [&](const status_entry& a) {
        return moves || std::ranges::none_of(right, [&](auto& b) {
                 return same_place(a, b);
               });
      });
  auto last = ready && (wrong || moves || changes || right != x.record->status);
  return (wrong ? 1U : 0U) + (last ? 1U : 0U);
}

bool pod_changes(const claimant& x, const std::vector<port_run>& runs,
                 const std::vector<adoption_entry>& stay, bool grows) {
  auto text = pod_annotation("ready", x.record->promise->external_ip, runs,
                             x.seat->gateway().id);
  return grows || takes_other_port(stay) || x.pod->gate == gate_state::not_true
         || text != without_nudge(x.pod->status_annotation);
}

} // namespace

std::string identity_of(const claimant& x) {
  const auto& promise = *x.record->promise;
  return promise.fixed ? fixed_name_key(x.record->key)
                       : plain_name_key(promise.pod_uid);
}

entry_spec promised_spec(std::string name, const std::string& external_ip,
                         const std::string& internal_ip, const port_run& run) {
  return {.name = std::move(name),
          .external_ip = external_ip,
          .internal_ip = internal_ip,
          .external_port = run.external,
          .internal_port = run.internal,
          .count = run.count,
          .proto = run.proto};
}

uint32_t remove_writes(const record_view& x) {
  return (x.status.empty() ? 0U : 1U) + (x.deleting ? 0U : 1U)
         + (x.finalizer ? 1U : 0U);
}

adoption_writes
upkeep_writes(const claimant& x, const std::vector<port_run>& runs,
              const std::vector<adoption_entry>& stay, bool grows) {
  const auto& record = *x.record;
  auto ready = std::ranges::none_of(stay, [](const adoption_entry& e) {
    return e.what == entry_step::refused;
  });
  adoption_writes result;
  if (x.fate == adoption_kind::remade)
    result.records = (record.finalizer ? 1U : 0U) + 1U + (ready ? 1U : 0U);
  else
    result.records = (grows || promise_changes(x, runs) ? 1U : 0U)
                     + (takes_other_port(stay) ? 1U : 0U)
                     + status_writes(x, runs, stay, grows, ready);
  result.pods = ready && pod_changes(x, runs, stay, grows) ? 1 : 0;
  return result;
}

} // namespace natgw::core
