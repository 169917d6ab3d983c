#include <algorithm>

#include "core/grouping.hpp"
#include "core/pool/pool.hpp"
#include "core/pool/rules.hpp"

namespace natgw::core {

void pool::forward(slot& s, instant now) {
  if (!supersede(s, now))
    return;
  if (ends_with_pod(s))
    return;
  if (s.record && s.record->deleting) {
    // Somebody deleted the record of a living pod. The entries stay; the
    // record is made again with the same ports once it is gone. It stays as
    // long as a write that it stands for is not answered.
    auto t = present(s);
    if (!t || !has_open_wishes(*t))
      remove_record(s);
    return;
  }
  if (!s.tenure)
    adopt(s, now);
  if (s.contested || (!s.tenure && !allocate(s, now)))
    return;
  if (!stays_on_eip(s, *present(s), now))
    return;
  auto follows = follow_request(s, now);
  if (!s.tenure)
    return;
  auto& t = *present(s);
  if (s.record && !s.record->status.empty()) {
    auto right = rightly_shown(s, t);
    if (right.size() != s.record->status.size()) {
      write(s, {.op = record_op::status, .status = std::move(right)});
      return;
    }
  }
  if (!follows) {
    // What leads to the pod's former address must not wait for room.
    make_room(s, t);
    return;
  }
  if (!store_promise(s, t))
    return;
  free_leaving(s, now);
  wish_entries(s, t);
  if (!publish(s, t))
    return;
  retire_entries(t, now);
  announce(s, t, "ready");
  nudge(s, t, now);
}

/// A record that goes while its pod does is not made again: where the pod is
/// deleted in the foreground it waits for its record, and so would we for each
/// other. Returns true if nothing is left to be done for the pod but to end.
bool pool::ends_with_pod(slot& s) {
  if (!s.pod->terminating || (s.record && !s.record->deleting))
    return false;
  s.evicted = error{ec::cancelled, "the pod is being deleted"};
  touch(s.key);
  return true;
}

bool pool::has_open_wishes(const tenure& t) {
  return std::ranges::any_of(t.entries, [](auto& e) {
    return e.phase == entry_phase::asked || e.phase == entry_phase::dropping;
  });
}

/// Clears the way of a predecessor that had the same name. Returns true if
/// nothing is in the way (any more). Its entries that stand in the table are
/// kept as orphans that their names prove ours, for this pod to take over.
bool pool::supersede(slot& s, instant now) {
  if (s.record && is_for_another(*s.record, *s.pod)) {
    if (withdraw_status(s))
      return false;
    auto open = false;
    if (auto t = present(s))
      for (auto& e : t->entries) {
        auto unanswered = e.phase == entry_phase::asked
                          || (e.phase == entry_phase::idle && e.may_stand);
        if (unanswered)
          drop_entry(*t, e);
        open = open || e.phase == entry_phase::dropping;
      }
    if (!open)
      remove_record(s);
    return false;
  }
  auto t = present(s);
  if (t && !t->fixed && t->pod_uid != s.pod->uid) {
    let_go(s, *t);
    free_gone(*t, now);
  }
  return true;
}

bool pool::allocate(slot& s, instant now) {
  auto give_up = [&](ec reason, std::string detail) {
    s.evicted = error{reason, std::move(detail)};
    touch(s.key);
    return false;
  };
  if (!report_.usable || options_.drain)
    return give_up(ec::gateway_unusable, report_.problem);
  auto groups = group(s.request.items);
  auto wanted = shapes(groups);
  auto room = free_entries();
  if (wanted.size() > room)
    return give_up(ec::quota_exceeded, "the gateway holds as many entries as "
                                       "its quota allows");
  auto handle = last_handle_ + 1;
  auto got = ports_.allocate(
    {.holder = handle, .shapes = wanted, .eip = {}, .max_pieces = room}, now);
  if (!got)
    return give_up(ec::no_port, "no EIP of the gateway has the ports free");
  auto& t = make_tenure(s, ++last_handle_);
  t.external_ip = got->eip;
  t.items = s.request.items;
  entry_numbers numbers{{}};
  for (auto& run : assemble(groups, *got, numbers))
    add_entry(t, run);
  name_entries(t);
  return true;
}

held_entry& pool::add_entry(tenure& t, const port_run& run) {
  auto& result = t.entries.emplace_back();
  result.run = run;
  result.claimed = true;
  return result;
}

/// Brings the tenure in line with what the pod is and asks for now. Returns
/// false if that cannot be done yet, or the tenure has been let go of.
bool pool::follow_request(slot& s, instant now) {
  auto& t = *present(s);
  t.pod_uid = s.pod->uid;
  if (t.internal_ip != s.pod->ip) {
    set_address(t, s.pod->ip);
    t.haste = urgency::cleanup;
  }
  for (auto& e : t.entries)
    if (e.phase == entry_phase::gone && !e.retiring) {
      e.phase = entry_phase::idle;
      e.may_stand = false;
      e.stood = true;
      e.id.clear();
      e.wished = {};
      raise_attempt(s, t);
    }
  if (t.items != s.request.items && !follow_items(s, t, now))
    return false;
  // A name that is only wished yet must not be what the next is made from.
  if (t.fixed != s.request.fixed && !has_open_wishes(t)) {
    t.fixed = s.request.fixed;
    rename_entries(t);
  }
  return true;
}

/// Ports that stay keep their public port; new ones are allocated on the same
/// EIP; those that go forward on until the new ones do.
bool pool::follow_items(slot& s, tenure& t, instant now) {
  std::vector<port_run> runs;
  for (auto& e : t.entries)
    runs.push_back(e.run);
  entry_numbers numbers{runs};
  auto change = plan_change(runs, s.request.items, numbers);
  allocation got;
  if (!change.added.empty()) {
    auto wanted = shapes(change.added);
    auto ports = ports_.allocate({.holder = t.handle,
                                  .shapes = wanted,
                                  .eip = t.external_ip,
                                  .max_pieces = free_entries()},
                                 now);
    if (!ports) {
      auto stays = !change.kept.empty() || !change.trimmed.empty();
      auto binding = t.fixed ? s.record || stays : s.published;
      if (binding) {
        tell_failure(s, "no room for the new ports on " + t.external_ip);
        retry_later(s, now);
      } else {
        start_afresh(s, t, now);
      }
      return false;
    }
    got = std::move(*ports);
  }
  // What was to go and is asked for again stays after all, if need be by being
  // made anew once it is gone: a record may still promise its ports.
  for (auto& e : t.entries)
    e.retiring = false;
  apply_change(t, change);
  for (auto& run : assemble(change.added, got, numbers))
    add_entry(t, run);
  t.items = s.request.items;
  name_entries(t);
  return true;
}

/// Gives up a mapping that binds nobody yet, for another one anywhere.
void pool::start_afresh(slot& s, tenure& t, instant now) {
  s.disowned = true;
  s.published = s.said_ready = s.said_allocated = false;
  let_go(s, t);
  free_gone(t, now);
  touch(s.key);
}

void pool::apply_change(tenure& t, const port_change& change) {
  auto entry_of = [&t](const port_run& run) {
    return std::ranges::find(t.entries, run.n, [](auto& e) { return e.run.n; });
  };
  for (auto& x : change.removed)
    entry_of(x)->retiring = true;
  for (auto& x : change.trimmed)
    entry_of(x.before)->run = x.after;
  for (auto& x : change.split_off) {
    auto source = std::ranges::find_if(change.trimmed, [&](auto& trim) {
      return trim.before.proto == x.proto && trim.before.external <= x.external
             && x.external < trim.before.external + trim.before.count;
    });
    auto name = source == change.trimmed.end() ? std::string{}
                                               : entry_of(source->before)->name;
    add_entry(t, x).waits_for = std::move(name);
  }
  t.given_up.insert(t.given_up.end(), change.freed.begin(), change.freed.end());
}

void pool::raise_attempt(const slot& s, tenure& t) {
  auto stored = s.record && s.record->promise ? s.record->promise->attempt : 0;
  t.attempt = std::max(t.attempt, stored + 1);
}

/// What is known of the promised address, to go with a promise that is written
/// anyway.
interface_ptr pool::interface_of(const slot& s, const tenure& t) {
  auto same = s.pod && !t.internal_ip.empty() && s.pod->ip == t.internal_ip;
  return same ? s.pod->interface : nullptr;
}

/// Returns true if the record in the API server says what the tenure holds.
bool pool::store_promise(slot& s, tenure& t) {
  auto wanted = promise_of(s, t);
  if (!s.record) {
    record_write x{.op = record_op::create, .promise = std::move(wanted)};
    x.promise.epoch = options_.epoch;
    x.interface = interface_of(s, t);
    if (!t.fixed)
      x.owner_pod_uid = t.pod_uid;
    write(s, std::move(x));
    return false;
  }
  t.record_uid = s.record->uid;
  if (s.record->promise && s.record->problem.empty()) {
    auto& stored = *s.record->promise;
    t.attempt = wanted.attempt = std::max(t.attempt, stored.attempt);
    wanted.epoch = stored.epoch;
    if (stored == wanted) {
      if (!s.said_allocated) {
        s.said_allocated = true;
        say(s, "DNATAllocated", "Ports on " + t.external_ip + " are reserved");
      }
      return true;
    }
    raise_attempt(s, t);
  }
  s.disowned = false;
  record_write x{.op = record_op::promise, .promise = promise_of(s, t)};
  x.promise.epoch = options_.epoch;
  x.interface = interface_of(s, t);
  if (!t.fixed)
    x.owner_pod_uid = t.pod_uid;
  write(s, std::move(x));
  return false;
}

intent pool::promise_of(const slot& s, const tenure& t) const {
  intent result;
  result.gateway = options_.gateway;
  result.zone = options_.zone.empty() ? report_.zone : options_.zone;
  result.external_ip = t.external_ip;
  result.internal_ip = t.internal_ip;
  result.pod_uid = t.pod_uid;
  if (s.pod)
    result.workload = s.pod->workload;
  else if (s.record && s.record->promise)
    result.workload = s.record->promise->workload;
  result.fixed = t.fixed;
  result.attempt = t.attempt;
  result.items = t.items;
  for (auto& e : t.entries)
    if (!e.retiring)
      result.runs.push_back(e.run);
  return result;
}

} // namespace natgw::core
