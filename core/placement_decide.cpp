#include "core/placement.hpp"

#include <utility>

#include "core/short_hash.hpp"

namespace natgw::core {

const node_view* placement::node_of(const pod_view& pod) const {
  const auto found = nodes_.find(pod.node);
  return found == nodes_.end() ? nullptr : &found->second;
}

std::optional<dnat_wish> placement::wish_of(const pod_view& pod) const {
  auto verdict = read_annotations(pod, options_.rules, node_of(pod));
  if (auto* wish = std::get_if<dnat_wish>(&verdict))
    return std::move(*wish);
  return std::nullopt;
}

// Level-based: the same pod may be looked at any number of times.
void placement::evaluate(subject& s, const pod_ptr& before, instant now) {
  if (!s.pod || !leading_)
    return;
  if (s.pod->finished) {
    // Its address is given away already, though its object stays.
    want_nothing(s);
    return;
  }
  const auto verdict = read_annotations(*s.pod, options_.rules,
                                        node_of(*s.pod));
  if (std::holds_alternative<not_ours>(verdict))
    want_nothing(s);
  else if (const auto* wish = std::get_if<dnat_wish>(&verdict))
    want(s, *wish, now);
  else
    complain(s, before, std::get<error>(verdict));
}

void placement::want_nothing(subject& s) {
  stop_waiting(s);
  s.forget_words();
  if (s.home == no_gateway)
    return;
  if (s.stage == stage::bound || s.stage == stage::idle)
    unbind(s, s.pod, false, stage::leaving);
  s.stage = stage::leaving;
}

void placement::want(subject& s, const dnat_wish& wish, instant now) {
  tell_notices(s, wish.notices);
  s.forget_sensible();
  if (s.home == no_gateway) {
    place(s, wish.request, now);
    return;
  }
  // A pod that cannot be scheduled holds no ports, not even its predecessor's.
  if (s.pod->node.empty() && s.stage != stage::bound)
    return;
  const bool moves = must_move(s, wish.request);
  if (s.stage == stage::moving && moves)
    return;
  bind(s, wish.request);
  if (moves)
    unbind(s, s.pod, false, stage::moving);
}

// The user's pin outranks the home, but only once it can be followed: nothing
// that works is broken for it.
bool placement::must_move(const subject& s, const dnat_request& request) const {
  if (request.gateway.empty() || board_[s.home].id == request.gateway)
    return false;
  const auto i = board_.find(request.gateway);
  return i != no_gateway && board_.fits(i, need_of(request));
}

void placement::bind(subject& s, dnat_request request) {
  s.stage = stage::bound;
  if (s.more->reason != 0)
    s.more.edit().reason = 0;
  if (reaches(s.home))
    emit(send_bind{board_[s.home].id, {s.pod, std::move(request)}});
}

// -- bad annotations ---------------------------------------------------------

void placement::complain(subject& s, const pod_ptr& before,
                         const error& problem) {
  const auto hash = short_hash(problem.detail);
  if (hash != s.more->complaint) {
    s.more.edit().complaint = hash;
    emit(pod_rejected{});
    emit(
      object_event{s.key(), s.pod->uid, true, "DNATInvalid", problem.detail});
  }
  if (!s.more->sensible && before && wish_of(*before))
    s.more.edit().sensible = before;
  const bool promised = s.record && !s.record_dead && s.record->promise
                        && s.record->promise->pod_uid == s.pod->uid;
  const bool keeps = s.stage == stage::bound
                     || (s.stage == stage::idle && s.home != no_gateway
                         && promised);
  if (!keeps) {
    stop_waiting(s);
    return;
  }
  // What forwards goes on forwarding, to wherever the pod is now.
  if (auto request = kept_request(s))
    bind(s, std::move(*request));
}

std::optional<dnat_request> placement::kept_request(const subject& s) const {
  if (s.more->sensible)
    if (auto wish = wish_of(*s.more->sensible))
      return std::move(wish->request);
  if (s.record && s.record->promise)
    return request_of(*s.record->promise);
  return std::nullopt;
}

void placement::tell_notices(subject& s,
                             const std::vector<std::string>& notices) {
  std::string text;
  for (const auto& x : notices)
    text += (text.empty() ? "" : "; ") + x;
  const auto hash = text.empty() ? 0 : short_hash(text);
  if (hash == s.more->complaint)
    return;
  if (hash != 0)
    emit(object_event{s.key(), s.pod->uid, true, "DNATInvalid", text});
  s.more.edit().complaint = hash;
}

} // namespace natgw::core
