#include "core/forward_table/engine.hpp"

#include <algorithm>

#include "core/port_text.hpp"

namespace natgw::core::table {

namespace {

/// A scout that is in transition for so long is not typical.
constexpr auto scout_patience = std::chrono::seconds{2};

std::string cloud_ports(uint16_t first, uint16_t count) {
  return format_ports({first, count}, '/');
}

entry_filter external_filter(const flow& x) {
  entry_filter result;
  result.external_ip = to_string(x.external_ip);
  result.external_port = cloud_ports(x.external_port, x.count);
  result.proto = x.proto;
  return result;
}

entry_filter internal_filter(const flow& x) {
  entry_filter result;
  result.internal_ip = to_string(x.internal_ip);
  result.internal_port = cloud_ports(x.internal_port, x.count);
  result.proto = x.proto;
  return result;
}

} // namespace

urgency engine::look_urgency(const slot& x) const {
  auto idle = x.wish == wish_kind::none || x.told == told_kind::available;
  if (x.work && x.work->claimed_by != 0)
    return urgency::birth;
  return idle ? urgency::background : x.priority;
}

void engine::look(slot& x, look_reason reason, instant due) {
  auto& w = x.busy();
  if (w.op || w.place == look_place::flying
      || (w.refusal && reason != look_reason::diagnose)
      || (w.place != look_place::nowhere && w.look == reason))
    return;
  cancel_look(x);
  w.look = reason;
  w.due = due;
  if (due > now) {
    w.place = look_place::timed;
    wake_at(x, due);
  } else {
    look_due(x);
  }
}

void engine::look_due(slot& x) {
  auto& w = *x.work;
  if (w.look == look_reason::confirm) {
    w.place = look_place::shared;
    looks.add_shared(x.number, w.due);
    return;
  }
  w.place = look_place::queued;
  w.level = look_urgency(x);
  w.ticket = looks.add_exact(x.number, w.level);
}

void engine::cancel_look(slot& x) {
  if (!x.work)
    return;
  auto& w = *x.work;
  switch (w.place) {
    case look_place::nowhere:
    case look_place::flying:
      return;
    case look_place::timed:
      no_wake(x);
      break;
    case look_place::shared:
      looks.remove_shared(x.number, w.due);
      break;
    case look_place::queued:
      looks.remove_exact(w.level, w.ticket);
      break;
  }
  w.place = look_place::nowhere;
  w.look = look_reason::none;
}

/// Looks when the entry has likely left its transition.
void engine::watch(slot& x) {
  auto& w = x.busy();
  if (w.place != look_place::nowhere
      && (w.look == look_reason::confirm || w.look == look_reason::exact))
    return;
  auto deleting = x.status == entry_status::deleting;
  auto& time = deleting ? delete_time : settle_time;
  auto due = x.unconfirmed && w.looks == 0
               ? w.settles_from + time.first_look()
               : now + time.next_look(w.looks == 0 ? 0 : w.looks - 1);
  // That an entry is gone no page can show.
  look(x, deleting ? look_reason::exact : look_reason::confirm, due);
}

void engine::look_again(slot& x) {
  cancel_look(x);
  auto& w = x.busy();
  ++w.looks;
  if (w.looks >= edge_estimate::looks_in_vain && !w.told_late) {
    w.told_late = true;
    tell(x, entry_fact::late, ec::busy,
         "the cloud keeps the entry in status "
           + std::string{to_string(x.status)});
  }
  watch(x);
}

void engine::dispatch_looks() {
  while (describes_in_flight < cfg.max_describes) {
    auto next = looks.next_exact();
    if (!next)
      break;
    send_look(*table.at(*next));
  }
  dispatch_shared();
  while (describes_in_flight < cfg.max_describes
         && !strangers_to_look_at.empty()) {
    auto id = std::move(strangers_to_look_at.front());
    strangers_to_look_at.pop_front();
    auto call = describe_call(urgency::background);
    call.filter.entry_id = id;
    send_call(std::move(call), {.kind = call_kind::stranger,
                                .slot = 0,
                                .part = 0,
                                .sent = now,
                                .left = {},
                                .id = std::move(id)});
  }
}

/// Confirms what is due by the smaller of (entries, by id) and (pages).
void engine::dispatch_shared() {
  shared_at.reset();
  auto waiting = looks.shared();
  if (waiting == 0)
    return;
  if (scan.active()) {
    scan.hurry(urgency::birth);
    return;
  }
  if (!settle_time.known() && waiting > 1 && scouting())
    return;
  auto pages
    = std::max<size_t>(1, (table.size() + cfg.page_size - 1) / cfg.page_size);
  auto cost = std::min(waiting, pages);
  if (worth_waiting(waiting, cost)) {
    shared_at = looks.oldest_shared() + cfg.share_wait;
    if (*shared_at > now)
      return;
    shared_at.reset();
  }
  if (waiting > pages) {
    sweeping = false;
    scan.begin(urgency::birth, now);
    return;
  }
  while (describes_in_flight < cfg.max_describes)
    if (auto next = looks.next_shared())
      send_look(*table.at(*next));
    else
      return;
}

/// While nobody knows how long a write takes, one entry is looked at for all.
/// @returns whether the others wait for it
bool engine::scouting() {
  auto until = looks.oldest_shared() + scout_patience;
  if (until <= now)
    return false;
  shared_at = until;
  auto* x = table.at(scout);
  if (x == nullptr || !x->unconfirmed) {
    scout = *looks.next_shared();
    x = table.at(scout);
  }
  if (x->work->place == look_place::shared
      && describes_in_flight < cfg.max_describes)
    send_look(*x);
  return true;
}

/// In a burst more entries will be due soon, and one reading shows them all.
bool engine::worth_waiting(size_t waiting, size_t cost) const {
  auto more = writes_in_flight > 0 || !queue.empty() || unconfirmed > waiting;
  return more && !window.barrier() && burst.at(now) >= cfg.share_ratio
         && waiting < cfg.share_ratio * cost;
}

api_call engine::describe_call(urgency priority) const {
  api_call result;
  result.action = api_action::describe_entries;
  result.table_id = gateway.table_id();
  result.page_size = cfg.page_size;
  result.priority = priority;
  return result;
}

void engine::send_look(slot& x) {
  auto reason = x.work->look;
  auto level = look_urgency(x);
  cancel_look(x);
  auto& w = *x.work;
  w.look = reason;
  w.place = look_place::flying;
  w.look_failed = false;
  w.answers_due = reason == look_reason::diagnose ? 2 : 1;
  auto send = [&](entry_filter filter, uint32_t part) {
    auto call = describe_call(level);
    call.filter = std::move(filter);
    note("looks", &x, call.filter.entry_id);
    send_call(std::move(call), {.kind = call_kind::look,
                                .slot = x.number,
                                .part = part,
                                .sent = now,
                                .left = {},
                                .id = x.id});
  };
  switch (reason) {
    case look_reason::triple:
      send(external_filter(x.wanted), 0);
      break;
    case look_reason::diagnose:
      send(external_filter(w.refusal->asked), 0);
      send(internal_filter(w.refusal->asked), 1);
      break;
    default: {
      entry_filter filter;
      filter.entry_id = x.id;
      send(std::move(filter), 0);
    }
  }
}

} // namespace natgw::core::table
