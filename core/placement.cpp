#include "core/placement.hpp"

#include <algorithm>
#include <utility>

namespace natgw::core {

placement::placement(placement_options options) : options_(std::move(options)) {
  for (const auto& x : options_.gateways)
    board_.add(x.id, x.zone, true);
}

placement_effects placement::finish() {
  return std::exchange(out_, {});
}

void placement::emit(placement_effect x) {
  out_.push_back(std::move(x));
}

bool placement::is_ready() const {
  return list_ != 0;
}

placement_effects placement::lead(instant now) {
  leading_ = true;
  started_ = now;
  for (const auto& s : subjects_) {
    // The pools of the others start later and are then told all there is.
    if (s->home != no_gateway && board_[s->home].configured)
      continue;
    evaluate(*s, s->pod, now);
    update_claims(*s);
  }
  ask_for_pairs();
  return finish();
}

// -- from the watchers -------------------------------------------------------

placement_effects placement::pod_changed(const pod_ptr& pod, instant now) {
  auto& s = find_or_add(pod->key);
  auto before = s.pod;
  if (before && before->uid != pod->uid) {
    // Its end was missed.
    lose_pod(s, before);
    before = nullptr;
  }
  s.pod = pod;
  s.own_key.reset();
  follow_address(s, before, pod);
  evaluate(s, before, now);
  update_claims(s);
  return finish();
}

placement_effects placement::pod_gone(const pod_ptr& pod, instant) {
  auto* s = find(pod->key);
  if (s == nullptr || !s->pod || s->pod->uid != pod->uid)
    return finish();
  lose_pod(*s, s->pod);
  if (!s->record)
    s->own_key = std::make_unique<object_key>(pod->key);
  s->pod = nullptr;
  prune(*s);
  return finish();
}

placement_effects placement::pods_synced(instant) {
  pods_synced_ = true;
  for (gateway_index i = 0; i < board_.size(); ++i)
    if (reaches(i))
      emit(send_pods_synced{board_[i].id});
  ask_for_pairs();
  return finish();
}

placement_effects placement::node_changed(const node_view& node, instant now) {
  nodes_[node.name] = node;
  std::vector<object_key> keys;
  const auto [begin, end] = by_unknown_node_.equal_range(node.name);
  for (auto i = begin; i != end; ++i)
    keys.push_back(std::move(i->second));
  by_unknown_node_.erase(begin, end);
  for (const auto& key : keys) {
    auto* s = find(key);
    if (s == nullptr || s->stage != stage::node_unknown)
      continue;
    s->stage = stage::idle;
    evaluate(*s, s->pod, now);
    update_claims(*s);
  }
  return finish();
}

placement_effects placement::node_gone(const node_view& node) {
  nodes_.erase(node.name);
  return finish();
}

placement_effects placement::record_changed(const record_ptr& record,
                                            instant now) {
  auto& s = find_or_add(record->key);
  const bool is_old = s.record_dead && s.record->uid == record->uid;
  s.record = record;
  s.own_key.reset();
  if (is_old)
    return finish();
  s.record_dead = false;
  const bool adopted = s.home == no_gateway && adopt(s);
  forward(s, false);
  update_claims(s);
  if (adopted && s.pod) {
    evaluate(s, s.pod, now);
    update_claims(s);
  }
  return finish();
}

placement_effects placement::record_gone(const record_ptr& record,
                                         instant now) {
  auto* s = find(record->key);
  if (s == nullptr || !s->record || s->record->uid != record->uid)
    return finish();
  if (!s->record_dead)
    forward(*s, true);
  if (!s->pod)
    s->own_key = std::make_unique<object_key>(record->key);
  s->record = nullptr;
  s->record_dead = false;
  // Nobody else would say that nothing is left.
  if (s->home != no_gateway && !reaches(s->home) && s->stage != stage::bound)
    leave_home(*s, now);
  else if (s->home == no_gateway && s->pod)
    evaluate(*s, s->pod, now);
  update_claims(*s);
  prune(*s);
  return finish();
}

placement_effects placement::records_synced(uint64_t list, instant now) {
  const bool is_first = !is_ready();
  list_ = std::max(list_, list);
  for (gateway_index i = 0; i < board_.size(); ++i)
    if (reaches(i))
      emit(send_records_synced{board_[i].id, list});
  if (is_first) {
    for (const auto& s : subjects_) {
      if (s->pod && s->home == no_gateway) {
        evaluate(*s, s->pod, now);
        update_claims(*s);
      }
    }
    ask_for_pairs();
  }
  return finish();
}

// -- from the pools ----------------------------------------------------------

placement_effects placement::pool_started(std::string_view gateway,
                                          instant now) {
  const auto i = board_.add(gateway, "", false);
  board_.start(i);
  std::vector<subject*> guests;
  for (const auto& s : subjects_)
    if (s->home == i)
      guests.push_back(s.get());
  for (auto* s : guests)
    replay(*s, now);
  if (pods_synced_)
    emit(send_pods_synced{board_[i].id});
  if (is_ready())
    emit(send_records_synced{board_[i].id, list_});
  return finish();
}

placement_effects placement::capacity_told(const pool_capacity& x,
                                           instant now) {
  const auto i = board_.find(x.gateway);
  if (i == no_gateway)
    return finish();
  // Also a queue that has become shorter lets somebody in.
  const bool news = board_.tell(i, x) || zone_warms_up({}, now);
  if (!news || waiting_ == 0)
    return finish();
  for (const auto& name :
       {"g:" + board_[i].id, "z:" + board_[i].zone, std::string{}}) {
    const auto queue = queues_.find(name);
    if (queue != queues_.end())
      try_queue(queue->second, false, now);
  }
  return finish();
}

placement_effects placement::refused(const bind_refused& x, instant now) {
  auto* s = find(x.key);
  const auto i = board_.find(x.gateway);
  if (s == nullptr || i == no_gateway || s->home != i
      || s->stage == stage::idle)
    return finish();
  if (s->stage == stage::bound) {
    if (!s->pod || s->pod->uid != x.uid)
      return finish();
    auto& refusals = s->more.edit().refusals;
    std::erase_if(refusals,
                  [i](const auto& each) { return each.gateway == i; });
    auto why = std::string{to_string(x.reason)};
    if (!x.detail.empty())
      why += ": " + x.detail;
    refusals.push_back(
      {i, board_[i].growth, now + options_.refusal_rest, std::move(why)});
    if (auto wish = wish_of(*s->pod))
      board_.refund(i, need_of(wish->request));
  }
  leave_home(*s, now);
  prune(*s);
  return finish();
}

placement_effects placement::settled(std::string_view gateway,
                                     const object_key& key, instant now) {
  auto* s = find(key);
  // A pod that has been bound meanwhile is on its way to that pool.
  if (s == nullptr || s->home == no_gateway || board_[s->home].id != gateway
      || s->stage == stage::bound)
    return finish();
  leave_home(*s, now);
  prune(*s);
  return finish();
}

} // namespace natgw::core
