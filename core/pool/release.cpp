#include <algorithm>

#include "core/pool/pool.hpp"

namespace natgw::core {

// -- hold ---------------------------------------------------------------------

/// Keeps what is promised without forwarding: a pod without an address (yet),
/// a pod whose address belongs to another, or a fixed mapping without a pod.
void pool::hold(slot& s, instant now) {
  if (!s.pod) {
    hold_fixed(s, now);
    return;
  }
  if (!supersede(s, now) || ends_with_pod(s))
    return;
  if (s.record && s.record->deleting) {
    auto t = present(s);
    if (!t || !has_open_wishes(*t))
      remove_record(s);
    return;
  }
  if (!s.tenure)
    adopt(s, now);
  if (s.contested || (!s.tenure && !allocate(s, now)))
    return;
  auto& t = *present(s);
  if (s.stolen) {
    if (!withdraw_status(s))
      drop_entries(t);
    return;
  }
  // Its address is not known yet: what stands leads to a predecessor's.
  if (withdraw_status(s))
    return;
  if (!t.internal_ip.empty())
    linger(s, t, now);
  if (!options_.early && !s.request.early)
    return;
  if (!s.record && t.internal_ip.empty() && !store_promise(s, t))
    return;
  announce(s, t, "allocated");
}

void pool::hold_fixed(slot& s, instant now) {
  auto& t = *present(s);
  if (withdraw_status(s))
    return;
  linger(s, t, now);
  auto& workload = s.record->promise->workload;
  if (workload.kind.empty() || s.probing)
    return;
  if (now < s.probe_at) {
    wake_at(s, s.probe_at);
    return;
  }
  s.probing = true;
  auto token = ++queries_;
  query_of_.emplace(token, s.key);
  out_.emplace_back(object_query{.token = token,
                                 .api_version = workload.api_version,
                                 .kind = workload.kind,
                                 .key = {s.key.ns, workload.name}});
}

/// Entries wait a while to be turned to the next address, unless they expose a
/// stranger.
void pool::linger(slot& s, tenure& t, instant now) {
  if (now >= s.linger_until || t.haste == urgency::harm)
    drop_entries(t);
  else
    wake_at(s, s.linger_until);
}

// -- release ------------------------------------------------------------------

/// One step towards nothing left: status, entries, record, ports.
void pool::release(slot& s, instant now) {
  if (withdraw_status(s))
    return;
  // Early, so that who ends in between leaves a record to go on from.
  if (!s.evicted)
    unannounce(s);
  if (auto t = present(s); t && drop_entries(*t))
    return;
  if (remove_record(s))
    return;
  finish_release(s, now);
}

/// Returns true if the status had to be emptied first.
bool pool::withdraw_status(slot& s) {
  if (!s.record || s.record->status.empty())
    return false;
  write(s, {.op = record_op::status});
  return true;
}

/// Wishes every entry gone that may stand in the table. Returns true while one
/// of them does.
bool pool::drop_entries(tenure& t) {
  auto open = false;
  for (auto& e : t.entries) {
    if (!e.heir.empty() && by_name_.contains(e.heir)) {
      open = true;
      continue;
    }
    if (e.phase == entry_phase::idle && !e.may_stand)
      e.phase = entry_phase::gone;
    drop_entry(t, e);
    open = open || e.phase != entry_phase::gone;
  }
  return open;
}

void pool::drop_entry(tenure& t, held_entry& e) {
  if (e.phase == entry_phase::dropping || e.phase == entry_phase::gone)
    return;
  e.phase = entry_phase::dropping;
  if (e.wished.name.empty())
    e.wished = spec_of(t, e);
  out_.emplace_back(entry_drop{e.wished, t.haste});
}

/// Takes the next step to remove the record. Returns true if there still is
/// one (or may be).
bool pool::remove_record(slot& s) {
  if (!s.record)
    return s.record_unknown;
  if (!s.record->deleting)
    write(s, {.op = record_op::remove});
  else if (s.record->finalizer)
    write(s, {.op = record_op::release});
  return true;
}

void pool::finish_release(slot& s, instant now) {
  for (auto handle : std::vector{s.leaving})
    if (auto old = find_tenure(handle)) {
      for (auto& e : old->entries)
        e.heir.clear();
      drop_entries(*old);
      free_gone(*old, now);
    }
  if (auto handle = std::exchange(s.tenure, 0)) {
    auto& t = tenures_.at(handle);
    t.ending = true;
    free_gone(t, now);
    observe(pool_measure_kind::death, now - s.ended_at);
    note(s, "mapping_released");
  }
  auto key = s.key;
  if (s.pod && s.evicted) {
    out_.emplace_back(bind_refused{options_.gateway, key, s.pod->uid,
                                   s.evicted->code, s.evicted->detail});
  } else {
    if (!std::exchange(s.said_released, true))
      say(s, "DNATReleased", "The DNAT mapping has been released");
    // Kept until a pod that lives on is known to have been told.
    if (unannounce(s))
      return;
  }
  forget(s);
  out_.emplace_back(slot_settled{std::move(key)});
}

/// Frees what predecessors had, as far as neither the table nor the record
/// names it any more.
void pool::free_leaving(slot& s, instant now) {
  for (auto handle : std::vector{s.leaving})
    if (auto old = find_tenure(handle))
      free_gone(*old, now);
}

// -- tenures and ports --------------------------------------------------------

/// Turns the present tenure into one that ends, its entries up for take-over.
void pool::let_go(slot& s, tenure& t) {
  t.ending = true;
  s.tenure = 0;
  s.leaving.push_back(t.handle);
  for (auto& e : t.entries)
    if (e.phase == entry_phase::idle && !e.may_stand)
      e.phase = entry_phase::gone;
}

/// A port is free once its entry is known gone and no record names it.
bool pool::is_named_by_record(const tenure& t, const held_entry& e) const {
  auto found = slots_.find(t.key);
  if (found == slots_.end())
    return false;
  auto& s = found->second;
  if (s.record_unknown && s.tenure == t.handle)
    return true;
  if (s.tenure == t.handle && !e.retiring)
    return true;
  if (!s.record || !s.record->promise
      || s.record->promise->external_ip != t.external_ip)
    return false;
  return std::ranges::any_of(s.record->promise->runs, [&](auto& run) {
    return run.proto == e.run.proto
           && run.external < e.run.external + e.run.count
           && e.run.external < run.external + run.count;
  });
}

/// Frees the ports of entries that are gone and not promised any more, and
/// forgets an ending tenure that has none left.
void pool::free_gone(tenure& t, instant now) {
  auto handle = t.handle;
  std::erase_if(t.entries, [&](held_entry& e) {
    if (e.phase != entry_phase::gone || is_named_by_record(t, e))
      return false;
    // Ports that no promise and no entry ever named need no rest.
    auto known = !e.wished.name.empty() || e.may_stand || e.stood
                 || !e.id.empty();
    if (e.claimed)
      ports_.free(t.handle, block_of(t, e.run), now, known);
    freed_ = true;
    by_name_.erase(e.name);
    return true;
  });
  auto stands = [](auto& e) { return e.phase != entry_phase::gone; };
  if (std::ranges::none_of(t.entries, stands))
    forget_former_addresses(t);
  if (!t.ending || !t.entries.empty())
    return;
  for (auto& run : std::exchange(t.given_up, {}))
    ports_.free(handle, block_of(t, run), now);
  erase_tenure(handle);
}

void pool::forget(slot& s) {
  auto key = s.key;
  if (auto timer = timer_of_.find(key); timer != timer_of_.end()) {
    timers_.erase({timer->second, key});
    timer_of_.erase(timer);
  }
  awaited_ -= s.awaited;
  slots_.erase(key);
}

} // namespace natgw::core
