#include "core/placement.hpp"

#include <utility>

#include "core/gateway_rules.hpp"

namespace natgw::core {

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
  if (!may_be_gateway(record.gateway) || unknown >= max_unknown_gateways)
    return no_gateway;
  return board_.add(record.gateway, "", false);
}

bool placement::is_others(const subject& s) const {
  return s.record && !s.record_dead
         && s.record->controller_class != options_.rules.controller_class;
}

bool placement::adopt(subject& s) {
  if (is_others(s))
    return false;
  const auto home = gateway_of(*s.record);
  if (home == no_gateway)
    return false;
  stop_waiting(s);
  set_home(s, home);
  ask_for_pairs();
  return true;
}

void placement::ask_for_pairs() {
  if (!leading_ || !pods_synced_ || !is_ready())
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
  s.forget_words();
  if (!s.more->refusals.empty())
    s.more.edit().refusals.clear();
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
