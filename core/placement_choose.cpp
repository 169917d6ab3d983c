#include "core/placement.hpp"

#include <algorithm>
#include <utility>

#include "core/short_hash.hpp"

namespace natgw::core {

namespace {

/// Members of a queue that are tried in vain before the others have to wait
/// for the next occasion: somebody who asks for much stops nobody, and a
/// message costs no more than this.
constexpr uint32_t look_ahead = 64;

/// The same over all queues of a tick.
constexpr uint32_t tick_look_ahead = 256;

std::string queue_name(const dnat_request& request) {
  if (!request.gateway.empty())
    return "g:" + request.gateway;
  return request.zone.empty() ? std::string{} : "z:" + request.zone;
}

std::string words(const gateway_need& need) {
  std::string result;
  if (need.tcp != 0)
    result += std::to_string(need.tcp) + " TCP";
  if (need.tcp != 0 && need.udp != 0)
    result += " and ";
  if (need.udp != 0)
    result += std::to_string(need.udp) + " UDP";
  return result + " ports in " + std::to_string(need.entries) + " entries";
}

} // namespace

void placement::place(subject& s, const dnat_request& request, instant now) {
  const auto& pod = *s.pod;
  // A pod that nothing forwards to yet gains nothing in its last seconds.
  if (!is_ready() || pod.node.empty() || pod.terminating) {
    stop_waiting(s);
    return;
  }
  if (is_others(s)) {
    // Until the record is gone, the other controller may have entries for it.
    stop_waiting(s);
    tell_once(s, {s.key(), pod.uid, false, "DNATWaiting",
                  "the controller of " + class_name(s.record->controller_class)
                    + " has yet to take its mapping away"});
    return;
  }
  if (node_of(pod) == nullptr && s.stage != stage::waiting) {
    if (s.stage != stage::node_unknown)
      by_unknown_node_.emplace(pod.node, pod.key);
    s.stage = stage::node_unknown;
    return;
  }
  if (!try_place(s, request, now))
    wait(s, request, now);
}

bool placement::try_place(subject& s, const dnat_request& request,
                          instant now) {
  const auto* node = node_of(*s.pod);
  const auto zone = node != nullptr ? node->zone : std::string{};
  const auto i = choose(s, request, zone, now);
  if (i == no_gateway)
    return false;
  stop_waiting(s);
  board_.spend(i, need_of(request));
  set_home(s, i);
  if (s.record && !s.record_dead)
    forward(s, false);
  if (request.gateway.empty() && request.zone.empty() && !zone.empty())
    emit(zone_outcome{board_[i].zone == zone});
  bind(s, request);
  return true;
}

gateway_index placement::choose(const subject& s, const dnat_request& request,
                                std::string_view node_zone, instant now) const {
  const auto need = need_of(request);
  const auto allowed = [&](gateway_index i) {
    return std::ranges::none_of(s.more->refusals, [&](const auto& x) {
      return x.gateway == i && (now < x.until || board_[i].growth == x.growth);
    });
  };
  if (!request.gateway.empty()) {
    const auto i = board_.find(request.gateway);
    return i != no_gateway && board_.fits(i, need) && allowed(i) ? i
                                                                 : no_gateway;
  }
  if (!request.zone.empty())
    return board_.best(request.zone, need, allowed);
  const auto near = board_.best(node_zone, need, allowed);
  if (zone_warms_up(node_zone, now))
    return near != no_gateway
               && board_[near].room.queue_depth < options_.warm_backlog
             ? near
             : no_gateway;
  return near != no_gateway || node_zone.empty()
           ? near
           : board_.best("", need, allowed);
}

// A gateway of the pod's zone (any if that is not known) that has yet to open
// is worth a moment: a pod that was placed elsewhere stays there.
bool placement::zone_warms_up(std::string_view zone, instant now) const {
  if (now - started_ >= options_.warm_up)
    return false;
  for (gateway_index i = 0; i < board_.size(); ++i)
    if (board_[i].configured && !board_[i].opened
        && (zone.empty() || board_[i].zone == zone))
      return true;
  return false;
}

// -- waiting -----------------------------------------------------------------

void placement::wait(subject& s, const dnat_request& request, instant now) {
  auto& queue = queues_[queue_name(request)];
  if (s.stage != stage::waiting || s.more->queue != &queue) {
    stop_waiting(s);
    s.stage = stage::waiting;
    auto& more = s.more.edit();
    more.queue = &queue;
    more.ticket = ++last_ticket_;
    queue.members.emplace(more.ticket, &s);
    ++waiting_;
  }
  tell_reason(s, request, now);
}

void placement::stop_waiting(subject& s) {
  if (s.stage == stage::waiting) {
    auto& more = s.more.edit();
    more.queue->members.erase(more.ticket);
    more.queue = nullptr;
    --waiting_;
    s.stage = stage::idle;
  } else if (s.stage == stage::node_unknown) {
    auto [i, end] = by_unknown_node_.equal_range(s.pod->node);
    i = std::find_if(i, end,
                     [&](const auto& x) { return x.second == s.key(); });
    if (i != end)
      by_unknown_node_.erase(i);
    s.stage = stage::idle;
  }
}

// Returns how many were tried in vain.
uint32_t placement::try_queue(placement_queue& queue, bool in_passing,
                              instant now) {
  auto& members = queue.members;
  auto i = in_passing ? members.upper_bound(queue.cursor) : members.begin();
  uint32_t failures = 0;
  while (i != members.end() && failures < look_ahead) {
    const auto [ticket, s] = *i++;
    if (in_passing)
      queue.cursor = ticket;
    const auto wish = wish_of(*s->pod);
    if (wish && try_place(*s, wish->request, now)) {
      update_claims(*s);
      continue;
    }
    ++failures;
    if (wish)
      tell_reason(*s, wish->request, now);
  }
  if (i == members.end())
    queue.cursor = 0;
  return failures;
}

placement_effects placement::tick(instant now) {
  std::erase_if(queues_,
                [](const auto& x) { return x.second.members.empty(); });
  uint32_t failures = 0;
  auto i = queues_.lower_bound(next_queue_);
  for (size_t left = queues_.size(); left > 0 && failures < tick_look_ahead;
       --left) {
    if (i == queues_.end())
      i = queues_.begin();
    failures += try_queue(i->second, true, now);
    ++i;
  }
  next_queue_ = i == queues_.end() ? std::string{} : i->first;
  return finish();
}

// -- saying why --------------------------------------------------------------

// Pools take a moment to open; that is no news to anybody.
bool placement::warms_up(const dnat_request& request, instant now) const {
  if (now - started_ >= options_.warm_up)
    return false;
  for (gateway_index i = 0; i < board_.size(); ++i) {
    const auto& x = board_[i];
    if (x.configured && !x.opened
        && (request.gateway.empty() || request.gateway == x.id)
        && (request.zone.empty() || request.zone == x.zone || x.zone.empty()))
      return true;
  }
  return false;
}

object_event placement::why_waiting(const subject& s,
                                    const dnat_request& request) const {
  object_event result{s.key(), s.pod->uid, false, "DNATWaiting", {}};
  const auto fail = [&](std::string why) {
    result.warning = true;
    result.reason = "DNATFailed";
    result.message = std::move(why);
  };
  const auto need = need_of(request);
  const auto i = board_.find(request.gateway);
  if (!request.gateway.empty()) {
    const auto name = "gateway " + quoted(request.gateway);
    if (i == no_gateway || !board_[i].configured)
      fail(name + " is not configured");
    else if (!board_[i].told.open)
      result.message = name + " takes nothing new at present";
    else
      result.message = name + " has no room for " + words(need);
  } else if (!board_.serves(request.zone)) {
    fail("no gateway is configured"
         + (request.zone.empty() ? std::string{}
                                 : " in zone " + quoted(request.zone)));
  } else {
    result.message = "no gateway"
                     + (request.zone.empty()
                          ? std::string{}
                          : " in zone " + quoted(request.zone))
                     + " has room for " + words(need);
  }
  for (const auto& x : s.more->refusals)
    result.message += "; " + board_[x.gateway].id
                      + " refused: " + quoted(x.why, 128);
  return result;
}

void placement::tell_reason(subject& s, const dnat_request& request,
                            instant now) {
  if (warms_up(request, now))
    return;
  tell_once(s, why_waiting(s, request));
}

void placement::tell_once(subject& s, object_event event) {
  const auto hash = short_hash(event.message);
  if (hash == s.more->reason)
    return;
  s.more.edit().reason = hash;
  if (!event.warning && s.stage == stage::waiting)
    event.message += "; " + std::to_string(waiting_) + " pods wait";
  emit(std::move(event));
}

} // namespace natgw::core
