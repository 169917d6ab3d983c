#include "core/forward_table/engine.hpp"

namespace natgw::core::table {

bool engine::is_ours(const entry_spec& spec) const {
  return !spec.name.empty()
         && cfg.names.parse(spec.name).owner == name_owner::ours;
}

/// While a write that touches the slot's entry is unanswered, what is read
/// may be from before or from after it.
bool engine::uncertain(const slot& x) {
  if (!x.work)
    return false;
  if (x.work->op)
    return true;
  auto* into = table.at(x.work->claimed_by);
  return into != nullptr && into->work && into->work->op
         && into->work->op->source == x.number;
}

void engine::observe(const forward_entry& entry, const reading& r) {
  if (entry.id.empty() || table.buried(entry.id, r.sent))
    return;
  if (auto* x = table.holder(entry.id))
    observe_ours(*x, entry, r);
  else
    observe_new(entry, r);
}

void engine::observe_ours(slot& x, const forward_entry& entry,
                          const reading& r) {
  if (r.scan != 0)
    x.scan = r.scan;
  if (uncertain(x) || r.sent < x.wrote_at)
    return;
  if (too_early(x, entry, r))
    return;
  auto& name = entry.spec.name;
  auto seen = pack_seen(entry.spec);
  auto still_ours = name == x.name
                    || (name.empty() && !entry.any
                        && (seen == x.wanted || (x.nameless && seen == x.seen))
                        && x.wish != wish_kind::none);
  if (still_ours && !entry.any) {
    take(x, entry, r);
    return;
  }
  // The name wins: it is another's entry now.
  if (!r.exact) {
    look(x, look_reason::exact, now);
    return;
  }
  note("lost by name", &x, name);
  x.known_absent = false;
  lose(x);
  observe_new(entry, r);
}

/// Whether a reading shows the past of a write that succeeded; if it can not
/// be the past any more, the write is known to have had no effect.
bool engine::too_early(slot& x, const forward_entry& entry, const reading& r) {
  if (!x.unconfirmed)
    return false;
  auto& w = *x.work;
  auto deleted = x.status == entry_status::deleting;
  auto shown = deleted ? entry.status == entry_status::deleting
                       : entry.spec.name == x.name
                           && pack_seen(entry.spec) == w.written;
  if (shown) {
    if (!deleted && entry.status == entry_status::available)
      confirmed(x, r.sent);
    else
      w.early = r.sent;
    return false;
  }
  if (now - x.wrote_at < cfg.visibility)
    return true;
  if (!r.exact) {
    look(x, look_reason::exact, now);
    return true;
  }
  no_longer_unconfirmed(x);
  note("write had no effect", &x, entry.id);
  if (!deleted && x.wish == wish_kind::want && x.wanted == w.written
      && x.hold == hold_kind::none)
    hold_for_attempt(x);
  return false;
}

void engine::take(slot& x, const forward_entry& entry, const reading& r) {
  auto is_new = !x.known();
  table.put(x, entry.id, pack_seen(entry.spec));
  x.status = entry.status;
  x.nameless = entry.spec.name.empty();
  if (r.exact)
    x.verified = true;
  if (r.scan != 0)
    x.scan = r.scan;
  react(x, r, is_new);
}

void engine::react(slot& x, const reading& r, bool is_new) {
  auto fine = x.matches() && x.status == entry_status::available;
  if (x.wish == wish_kind::want && x.told == told_kind::available && !fine) {
    if (!r.exact) {
      look(x, look_reason::exact, now);
      return;
    }
    x.told = told_kind::lost;
    tell(x, entry_fact::lost);
    if (!x.matches())
      x.hold = hold_kind::wish;
  }
  auto claimed = x.work && x.work->claimed_by != 0;
  if (x.wish == wish_kind::none && !claimed && (is_new || r.sweep))
    tell(x, entry_fact::unclaimed);
  changed(x);
  // A look at pages serves those whose own look is still to come.
  if (x.work && x.work->place != look_place::flying && !fine
      && x.status != entry_status::available && r.sent >= x.work->due)
    look_again(x);
  reconsider(x);
}

void engine::observe_new(const forward_entry& entry, const reading& r) {
  if (entry.any || !is_ours(entry.spec)) {
    observe_foreign(entry, r);
    return;
  }
  if (table.foreign(entry.id) != nullptr)
    remove_stranger(entry.id);
  // While another process writes, they change all the time.
  if (standing_by)
    return;
  auto& x = table.obtain(entry.spec.name);
  if (uncertain(x) || r.sent < x.wrote_at)
    return;
  if (!x.known()) {
    take(x, entry, r);
    return;
  }
  note("has a twin", &x, entry.id);
  auto& twin = table.obtain_twin(x);
  if (x.wish != wish_kind::none) {
    // It goes once the other one is right; until then it is only known.
    twin.wanted = pack_seen(entry.spec);
    auto goes = x.wish == wish_kind::drop || x.told == told_kind::available;
    twin.wish = goes ? wish_kind::drop : wish_kind::none;
    twin.priority = urgency::cleanup;
  }
  take(twin, entry, r);
}

void engine::observe_foreign(const forward_entry& entry, const reading& r) {
  if (auto* known = table.foreign(entry.id)) {
    if (r.scan != 0)
      known->scan = r.scan;
    known->recalled = false;
    known->entry.status = entry.status;
    if (known->entry == entry)
      return;
    remove_stranger(entry.id);
  }
  table.add_foreign(entry).scan = r.scan;
  if (!strangers.removed.empty())
    flush_foreign();
  strangers.added.push_back(as_foreign(entry));
}

void engine::remove_stranger(const std::string& id) {
  auto* known = table.foreign(id);
  if (known == nullptr)
    return;
  if (!strangers.added.empty())
    flush_foreign();
  strangers.removed.push_back(as_foreign(known->entry));
  table.remove_foreign(id);
}

/// The slot's entry is not there, or not its own, any more.
void engine::lose(slot& x) {
  auto wrote = x.unconfirmed && x.status != entry_status::deleting;
  auto absent = x.known_absent;
  no_longer_unconfirmed(x);
  table.clear(x);
  x.known_absent = absent;
  if (x.wish == wish_kind::want && x.hold == hold_kind::none) {
    if (x.told == told_kind::available) {
      x.told = told_kind::lost;
      x.hold = hold_kind::wish;
      tell(x, entry_fact::lost);
    } else if (wrote && x.wanted == x.work->written) {
      hold_for_attempt(x);
    }
  }
  changed(x);
  reconsider(x);
}

} // namespace natgw::core::table
