// What the three records say is compared after each sweep, whatever the pool
// believes; where they contradict, the belief is given up.

#include <algorithm>

#include "core/pool/pool.hpp"

namespace natgw::core {

namespace {

bool is_moving(const held_entry& e) {
  return e.phase == entry_phase::asked || e.phase == entry_phase::dropping
         || !e.heir.empty();
}

} // namespace

pool_effects pool::swept(const sweep_ptr& sweep, instant now) {
  // Before that nothing may be healed either.
  if (!settled_ || !pods_synced_)
    return finish(now);
  for (const auto& x : check_.check(known_to_check(*sweep), options_.names))
    heal(x, now);
  return finish(now);
}

self_check_input pool::known_to_check(const table_sweep& sweep) const {
  self_check_input result{.sweep = &sweep, .records = {}, .moving = {}};
  for (const auto& [key, s] : slots_)
    if (s.record)
      result.records.push_back(
        {.record = s.record,
         .pod = s.pod,
         .in_flux = s.busy || s.contested || s.disowned || s.record_unknown});
  for (const auto& [handle, t] : tenures_)
    for (const auto& e : t.entries)
      if (is_moving(e))
        result.moving.insert(e.name);
  return result;
}

void pool::heal(const violation& x, instant now) {
  out_.emplace_back(
    pool_measure{.kind = pool_measure_kind::violation, .broken = x.broken});
  auto s = find_slot(x.key);
  auto number = std::string{to_string(x.broken)};
  out_.emplace_back(
    pool_note{true, "invariant_violated", x.key,
              s && s->pod ? s->pod->uid : std::string{},
              "invariant " + number + ": " + x.claim + ", but " + x.fact});
  say_of_gateway("InvariantViolated",
                 "breaks invariant " + number + " with " + x.key.str() + ": "
                   + x.claim + ", but " + x.fact + "; it is healed",
                 true);
  if (x.broken == invariant::one_owner)
    part_claimants(x, now);
  else if (auto e = find_entry(x.entry_name))
    give_up_belief(tenures_.at(by_name_.at(x.entry_name)), *e, x);
  else if (s)
    doubt_all(*s);
  if (s) {
    s->retry_at = now;
    touch(s->key);
  }
}

/// Both were promised one port, and nobody had noticed.
void pool::part_claimants(const violation& x, instant now) {
  auto a = find_slot(x.key);
  auto b = find_slot(x.other);
  if (!a || !b || !present(*a) || !present(*b))
    return;
  auto& loser = wins(*a, *b) ? *b : *a;
  lose_promise(loser, now);
  touch(loser.key);
}

/// The entry is not what it was thought to be: it is unpublished, and wished
/// again; one that nobody wants ends.
void pool::give_up_belief(tenure& t, held_entry& e, const violation& x) {
  if (x.broken == invariant::no_stranger)
    t.haste = urgency::harm;
  auto s = find_slot(t.key);
  // A second entry of the name is ended by the table, as soon as it may.
  auto is_second = e.phase == entry_phase::available && e.id != x.entry_id;
  if (t.unproven || is_second)
    return;
  if (s) {
    s->retry_at = {};
    touch(t.key);
  }
  if (t.ending || e.retiring || !s || s->tenure != t.handle) {
    // What is still shown is taken back first; the next sweep finds it again.
    if (!s || !shows(*s, e.id))
      drop_entry(t, e);
    return;
  }
  entry_lost(t, e);
  if (x.broken == invariant::foreign_untouched)
    e.id.clear();
}

/// The status names an entry that nobody knows: whatever was thought to
/// forward is looked at again.
void pool::doubt_all(slot& s) {
  if (auto t = present(s))
    for (auto& e : t->entries)
      entry_lost(*t, e);
}

} // namespace natgw::core
