#include <algorithm>
#include <utility>
#include <variant>

#include "core/adoption/planner.hpp"

namespace natgw::core {

using enum adoption_kind;

namespace {

port_block promised_block(const claimant& x, const port_run& run) {
  return {x.record->promise->external_ip, run.proto, {run.external, run.count}};
}

} // namespace

// -- pods ---------------------------------------------------------------------

annotation_verdict adoption_planner::read(const pod_view& pod) const {
  auto node = nodes_.find(pod.node);
  return read_annotations(pod, in_.rules,
                          node == nodes_.end() ? nullptr : node->second);
}

void adoption_planner::gather(const record_view& record) {
  claimant x;
  x.record = &record;
  x.seat = seat_of(record);
  if (auto pod = pods_.find(record.key); pod != pods_.end()) {
    x.pod = pod->second;
    ask_pod(x);
  }
  claimants_.push_back(std::move(x));
}

bool adoption_planner::is_others(const record_view& record) const {
  return record.controller_class != in_.rules.controller_class;
}

adoption_seat* adoption_planner::seat_of(const record_view& record) {
  if (is_others(record))
    return nullptr;
  if (record.gateway.empty()) {
    // Somebody has to take our finalizer off; any pool will do.
    auto ours = record.finalizer && !seats_.empty()
                && seats_.front().gateway().configured;
    return ours ? &seats_.front() : nullptr;
  }
  auto found = by_id_.find(record.gateway);
  return found == by_id_.end() ? nullptr : found->second;
}

/// Whether the pod wants its mapping, as placement sees it.
void adoption_planner::ask_pod(claimant& x) const {
  if (x.pod->finished)
    return;
  auto verdict = read(*x.pod);
  if (std::holds_alternative<not_ours>(verdict)) {
    x.forfeited = true;
  } else if (auto* wish = std::get_if<dnat_wish>(&verdict)) {
    // One that cannot be scheduled holds no ports.
    if (!x.pod->node.empty())
      x.request = std::move(wish->request);
  } else if (const auto& promise = x.record->promise;
             promise && promise->pod_uid == x.pod->uid) {
    // What forwards goes on forwarding.
    x.request = request_of(*promise);
  }
}

// -- records ------------------------------------------------------------------

bool adoption_planner::is_pinned_elsewhere(const claimant& x) const {
  const auto& wanted = x.request->gateway;
  if (wanted.empty() || wanted == x.seat->gateway().id)
    return false;
  auto found = by_id_.find(wanted);
  return found != by_id_.end() && found->second->gateway().configured
         && found->second->is_usable();
}

adoption_kind adoption_planner::fate_of(const claimant& x) const {
  const auto& record = *x.record;
  if (x.seat == nullptr)
    return left_alone;
  if (!x.seat->is_usable())
    return x.seat->gateway().access == gateway_access::unread ? unknown
                                                              : left_alone;
  if (!record.promise && (!x.request || !is_for_another(record, *x.pod)))
    return unreadable;
  if (!x.request) {
    auto stays = record.promise->fixed && !record.deleting && !x.forfeited
                 && x.winner == nullptr;
    return stays ? kept : released;
  }
  if (is_pinned_elsewhere(x))
    return moved;
  if (is_for_another(record, *x.pod))
    return superseded;
  if (record.deleting)
    return x.pod->terminating ? released : remade;
  if (x.winner != nullptr)
    return clash_lost;
  return x.pod->ip.empty() ? waiting : taken_over;
}

// -- ports that were promised -------------------------------------------------

void adoption_planner::claim_ports() {
  std::vector<claimant*> contested;
  holder_id last_handle = 0;
  for (auto& x : claimants_) {
    x.handle = ++last_handle;
    if (x.seat != nullptr && x.record->promise && !claim(x))
      contested.push_back(&x);
  }
  for (auto* x : contested)
    contest(*x);
  for (auto& x : claimants_)
    x.fate = fate_of(x);
}

/// Returns whether nobody else holds one of its ports.
bool adoption_planner::claim(claimant& x) {
  x.claimed.clear();
  for (const auto& run : x.record->promise->runs)
    x.claimed.push_back(
      x.seat->ports()
        .claim(x.handle, promised_block(x, run), instant{}, true)
        .has_value());
  return std::ranges::find(x.claimed, false) == x.claimed.end();
}

std::vector<claimant*> adoption_planner::rivals_of(const claimant& x) {
  std::vector<claimant*> result;
  for (size_t i = 0; i < x.claimed.size(); ++i) {
    if (x.claimed[i])
      continue;
    auto block = promised_block(x, x.record->promise->runs[i]);
    for (const auto& held : x.seat->ports().holders(block)) {
      auto* rival = &claimants_[held.holder - 1];
      if (rival != &x && std::ranges::find(result, rival) == result.end())
        result.push_back(rival);
    }
  }
  return result;
}

void adoption_planner::contest(claimant& x) {
  for (auto* rival : rivals_of(x)) {
    if (rival->winner != nullptr)
      continue;
    if (x.winner != nullptr || !outranks(rank(x), rank(*rival))) {
      if (x.winner == nullptr)
        x.winner = rival->record;
      continue;
    }
    rival->winner = x.record;
    for (const auto& run : rival->record->promise->runs)
      x.seat->ports().free(rival->handle, promised_block(*rival, run),
                           instant{}, false);
  }
  if (x.winner == nullptr)
    claim(x);
}

promise_rank adoption_planner::rank(const claimant& x) const {
  auto stands = std::ranges::any_of(x.record->promise->runs,
                                    [&](const port_run& run) {
                                      return x.seat->stands(name_of(x, run));
                                    });
  return rank_of(x.record, stands);
}

std::string adoption_planner::name_of(const claimant& x,
                                      const port_run& run) const {
  return in_.names.build(identity_of(x), run.n);
}

} // namespace natgw::core
