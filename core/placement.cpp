#include "core/placement.hpp"

#include <algorithm>
#include <utility>

namespace natgw::core {

namespace {

/// Gateways that only records name: anybody who may write PodDNATs can make
/// some up.
constexpr size_t max_unknown_gateways = 64;

bool is_gateway_id(std::string_view x) {
  return x.starts_with("ngw-") && x.size() <= 64
         && std::ranges::all_of(x, [](char c) {
              return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
                     || c == '-';
            });
}

} // namespace

placement::placement(placement_options options, instant now)
  : options_(std::move(options)),
    started_(now) {
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
  if (i == no_gateway || !board_.tell(i, x) || waiting_ == 0)
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
    if (!s->refusals)
      s->refusals = std::make_unique<std::vector<placement_refusal>>();
    std::erase_if(*s->refusals,
                  [i](const auto& each) { return each.gateway == i; });
    auto why = std::string{to_string(x.reason)};
    if (!x.detail.empty())
      why += ": " + x.detail;
    s->refusals->push_back(
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

// -- subjects ----------------------------------------------------------------

placement::subject* placement::find(const object_key& key) {
  const auto found = subjects_.find(key);
  return found == subjects_.end() ? nullptr : found->get();
}

placement::subject& placement::find_or_add(const object_key& key) {
  if (auto* s = find(key))
    return *s;
  auto made = std::make_unique<subject>();
  made->own_key = std::make_unique<object_key>(key);
  return **subjects_.insert(std::move(made)).first;
}

void placement::prune(subject& s) {
  update_claims(s);
  if (s.pod || s.record || s.home != no_gateway)
    return;
  const auto found = subjects_.find(s.key());
  subjects_.erase(found);
}

void placement::set_home(subject& s, gateway_index home) {
  const auto is_guest = [this](gateway_index i) {
    return i != no_gateway && !board_[i].configured;
  };
  if (is_guest(s.home) && --guests_[s.home] == 0)
    guests_.erase(s.home);
  s.home = home;
  if (is_guest(home))
    ++guests_[home];
  if (home == no_gateway)
    s.stage = stage::idle;
}

// The pool has nothing of the object any more.
void placement::leave_home(subject& s, instant now) {
  s.record_dead = s.record != nullptr;
  set_home(s, no_gateway);
  update_claims(s);
  if (s.pod)
    evaluate(s, s.pod, now);
}

// -- records without a home --------------------------------------------------

gateway_index placement::gateway_of(const record_view& record) {
  if (record.gateway.empty()) {
    // Somebody has to take our finalizer off; any pool will do.
    const bool ours = record.finalizer && !options_.gateways.empty();
    return ours ? 0 : no_gateway;
  }
  const auto known = board_.find(record.gateway);
  if (known != no_gateway)
    return known;
  const auto unknown = board_.size() - options_.gateways.size();
  if (!options_.drain_unknown || !is_gateway_id(record.gateway)
      || unknown >= max_unknown_gateways)
    return no_gateway;
  return board_.add(record.gateway, "", false);
}

bool placement::adopt(subject& s) {
  const auto home = gateway_of(*s.record);
  if (home == no_gateway)
    return false;
  if (s.pod && !board_[home].configured) {
    // The other controller's gateway, whose pairs are none of our business.
    const auto verdict = read_annotations(*s.pod, options_.rules, nullptr);
    const auto* no = std::get_if<not_ours>(&verdict);
    if (no != nullptr && no->other_class)
      return false;
  }
  stop_waiting(s);
  set_home(s, home);
  ask_for_pairs();
  return true;
}

void placement::ask_for_pairs() {
  if (!pods_synced_ || !is_ready())
    return;
  for (const auto& [i, count] : guests_)
    if (!reaches(i) && asked_.insert(i).second)
      emit(request_pair{board_[i].id});
}

// -- routes ------------------------------------------------------------------

bool placement::reaches(gateway_index i) const {
  return i != no_gateway && board_[i].started;
}

void placement::forward(const subject& s, bool gone) {
  if (reaches(s.home))
    emit(send_record{board_[s.home].id, s.record, gone});
}

void placement::unbind(subject& s, const pod_ptr& pod, bool object_gone,
                       stage next) {
  if (reaches(s.home))
    emit(send_unbind{board_[s.home].id, pod, object_gone});
  s.stage = next;
}

void placement::lose_pod(subject& s, const pod_ptr& pod) {
  stop_waiting(s);
  if (s.home != no_gateway && s.stage != stage::idle)
    unbind(s, pod, true, stage::leaving);
  follow_address(s, pod, nullptr);
  s.sensible = nullptr;
  s.refusals = nullptr;
  s.complaint = 0;
  s.reason = 0;
}

// A pool that has just started knows nothing; what was asked of its
// predecessor is asked again.
void placement::replay(subject& s, instant now) {
  const bool has_record = s.record && !s.record_dead;
  if (has_record)
    forward(s, false);
  switch (s.stage) {
    case stage::leaving:
    case stage::moving:
      if (!has_record) {
        leave_home(s, now);
        prune(s);
        return;
      }
      if (s.pod)
        unbind(s, s.pod, false, s.stage);
      break;
    default:
      evaluate(s, s.pod, now);
      update_claims(s);
  }
  repeat_taken(s);
}

} // namespace natgw::core
