#include "core/forward_table/engine.hpp"

#include <algorithm>
#include <utility>

namespace natgw::core::table {

void engine::adopt_nameless(slot& x) {
  if (!listed || x.known() || x.wish == wish_kind::none)
    return;
  auto* found = table.nameless(x.wanted);
  if (found == nullptr && x.wish == wish_kind::want && x.work
      && x.work->former_ip != ipv4{}) {
    auto former = x.wanted;
    former.internal_ip = x.work->former_ip;
    found = table.nameless(former);
  }
  if (found == nullptr || found->recalled)
    return;
  auto entry = found->entry;
  remove_stranger(entry.id);
  table.put(x, entry.id, pack_seen(entry.spec));
  x.status = entry.status;
  x.nameless = true;
  x.scan = scan.number();
  note("adopts nameless", &x, entry.id);
}

void engine::advance(slot& x) {
  // Who claims a slot drives it: it may need its entry to be looked at.
  if (under_way(x) || (x.work && x.work->claimed_by != 0))
    return;
  adopt_nameless(x);
  auto s = next_step(x);
  auto* claimed = x.work ? table.at(x.work->claims) : nullptr;
  if (claimed != nullptr && !s.claims && s.kind != step::wait
      && s.kind != step::blocked && !x.unconfirmed)
    release_claim(x);
  if (s.kind != step::create && s.kind != step::modify
      && s.kind != step::remove)
    queue.remove(x.place);
  if (s.kind != step::blocked)
    blocked.erase(x.number);
  switch (s.kind) {
    case step::rest:
      cancel_look(x);
      tidy(x);
      break;
    case step::satisfied:
      satisfied(x);
      break;
    case step::gone:
      known_gone(x);
      break;
    case step::watch:
      watch(x);
      break;
    case step::reread:
      look(x, look_reason::exact, now);
      break;
    case step::look_triple:
      look(x, look_reason::triple, now);
      break;
    case step::blocked:
      blocked.insert(x.number);
      break;
    case step::wait:
      cancel_look(x);
      wake_at(x, s.at);
      break;
    case step::wait_for:
      wait_for(x, s);
      break;
    case step::create:
    case step::modify:
    case step::remove:
      cancel_look(x);
      if (s.claims)
        claim(x, *s.other);
      enqueue(x);
      break;
  }
}

void engine::wait_for(slot& x, const step& s) {
  auto& other = *s.other;
  note("waits for " + other.name, &x);
  auto& waiters = other.busy().waiters;
  if (std::find(waiters.begin(), waiters.end(), x.number) == waiters.end())
    waiters.push_back(x.number);
  if (s.claims)
    claim(x, other);
  if (under_way(other))
    return;
  if (s.look == look_reason::confirm)
    watch(other);
  else if (s.look != look_reason::none)
    look(other, s.look, now);
}

void engine::claim(slot& x, slot& other) {
  if (x.busy().claims == other.number)
    return;
  release_claim(x);
  x.busy().claims = other.number;
  other.busy().claimed_by = x.number;
  note("claims " + other.name, &x);
  // Its own wish rests; but a write that is to be repeated does not.
  if (!other.work->op)
    queue.remove(other.place);
}

void engine::release_claim(slot& x) {
  if (!x.work || x.work->claims == 0)
    return;
  auto* other = table.at(std::exchange(x.work->claims, 0));
  if (other == nullptr || !other->work)
    return;
  other->work->claimed_by = 0;
  note("leaves " + other->name, &x);
  reconsider(*other);
}

void engine::changed(slot& x) {
  if (!x.work)
    return;
  auto waiters = std::exchange(x.work->waiters, {});
  todo.insert(todo.end(), waiters.begin(), waiters.end());
  // Whoever it is turned into may have to be made in another way.
  if (x.work->claimed_by != 0)
    todo.push_back(x.work->claimed_by);
}

void engine::reconsider(const slot& x) {
  todo.push_back(x.number);
}

void engine::reconsider_all() {
  while (!todo.empty()) {
    auto number = todo.front();
    todo.pop_front();
    if (auto* x = table.at(number))
      advance(*x);
  }
}

void engine::satisfied(slot& x) {
  cancel_look(x);
  queue.retire(x.place);
  if (x.told != told_kind::available || x.retell) {
    x.told = told_kind::available;
    x.retell = false;
    tell(x, entry_fact::available);
  }
  for (auto number : table.twins(x))
    drop_twin(*table.at(number), urgency::cleanup);
  changed(x);
  tidy(x);
}

/// Ends the second entry of a name.
void engine::drop_twin(slot& twin, urgency priority) {
  if (twin.wish == wish_kind::drop && twin.priority <= priority)
    return;
  twin.wish = wish_kind::drop;
  twin.priority = priority;
  twin.wanted = twin.seen;
  reconsider(twin);
}

void engine::known_gone(slot& x) {
  tell(x, entry_fact::gone);
  x.wish = wish_kind::none;
  forget(x);
}

void engine::forget(slot& x) {
  if (x.work && x.work->op && !x.work->op->in_flight && !x.place.queued)
    --repeating;
  cancel_look(x);
  no_wake(x);
  queue.retire(x.place);
  release_claim(x);
  changed(x);
  no_longer_unconfirmed(x);
  blocked.erase(x.number);
  table.forget(x);
}

void engine::hold_for_attempt(slot& x) {
  cancel_look(x);
  queue.retire(x.place);
  x.hold = hold_kind::attempt;
  x.told = told_kind::absent;
  x.retell = false;
  tell(x, entry_fact::absent);
  release_claim(x);
}

/// Nothing is to be done here for now: gives back what only work needs.
void engine::tidy(slot& x) {
  if (under_way(x))
    return;
  if (x.work) {
    auto& w = *x.work;
    if (w.place != look_place::nowhere || w.claims != 0 || w.claimed_by != 0
        || !w.waiters.empty() || x.unconfirmed || x.hold != hold_kind::none
        || x.wish == wish_kind::drop)
      return;
    no_wake(x);
    x.work.reset();
  }
  if (x.wish == wish_kind::none && !x.known())
    forget(x);
}

} // namespace natgw::core::table
