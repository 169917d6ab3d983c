#include <algorithm>

#include "core/pool/pool.hpp"
#include "core/pool/rules.hpp"

namespace natgw::core {

namespace {

bool overlap(const port_run& a, const port_run& b) {
  return a.proto == b.proto && a.internal < b.internal + b.count
         && b.internal < a.internal + a.count;
}

} // namespace

// -- entries ------------------------------------------------------------------

void pool::wish_entries(slot& s, tenure& t) {
  if (must_wait_for_address(s, t)) {
    make_room(s, t);
    return;
  }
  for (auto& e : t.entries) {
    if (e.retiring || e.phase == entry_phase::dropping)
      continue;
    if (auto first = e.waits_for.empty() ? nullptr : find_entry(e.waits_for);
        first && !forwards(t, *first))
      continue;
    if (waits_for_sibling(t, e))
      continue;
    auto spec = spec_of(t, e);
    auto stands = forwards(t, e);
    auto asked = e.phase == entry_phase::asked && e.wished == spec
                 && e.wished_attempt == t.attempt;
    if (stands || asked)
      continue;
    if (e.phase == entry_phase::idle && e.replaces.empty())
      inherit_entry(s, t, e);
    if (waits_for_predecessor(s, t, e))
      continue;
    e.phase = entry_phase::asked;
    e.wished = spec;
    e.wished_attempt = t.attempt;
    out_.emplace_back(entry_want{
      .spec = std::move(spec),
      .record_uid = t.record_uid,
      .attempt = t.attempt,
      .priority = t.haste == urgency::harm ? urgency::harm : urgency::birth,
      .replaces = e.replaces,
      .fresh = !e.may_stand && !e.seen && e.id.empty(),
      .former_ip = t.promised_ip == t.internal_ip ? "" : t.promised_ip});
  }
  // What could not be taken over ends now.
  for (auto handle : std::vector{s.leaving})
    if (auto old = find_tenure(handle))
      drop_entries(*old);
}

/// While the pod waits for somebody's entry to go, its own that point
/// elsewhere go too: two pods that swap their addresses would wait for each
/// other for ever.
void pool::make_room(slot& s, tenure& t) {
  for (auto handle : std::vector{s.leaving})
    if (auto old = find_tenure(handle))
      drop_entries(*old);
  for (auto& e : t.entries)
    if ((e.phase == entry_phase::available
         && e.wished.internal_ip != t.internal_ip)
        || (e.phase == entry_phase::idle && e.may_stand
            && !t.former_ips.empty()))
      drop_entry(t, e);
}

/// Finds an entry of a predecessor of the same name that this one can be made
/// from by a single Modify: what is in its way, or else anything that fits.
/// With more in its way than that one, it has to wait in any case.
void pool::inherit_entry(slot& s, const tenure& t, held_entry& e) {
  held_entry* chosen = nullptr;
  auto blocked = false;
  for (auto handle : s.leaving) {
    auto old = find_tenure(handle);
    if (!old)
      continue;
    for (auto& o : old->entries) {
      auto fits = o.phase == entry_phase::available && o.heir.empty()
                  && o.run.count == e.run.count && o.run.proto == e.run.proto;
      auto in_the_way = stands_in_the_way(*old, o, t, e);
      if (in_the_way && (blocked || !fits))
        return;
      if (in_the_way || (fits && !chosen))
        chosen = &o;
      blocked = blocked || in_the_way;
    }
  }
  if (!chosen)
    return;
  chosen->heir = e.name;
  e.replaces = chosen->name;
}

/// True while a predecessor's entry that this one is not made from stands on
/// its internal ports.
bool pool::waits_for_predecessor(const slot& s, const tenure& t,
                                 const held_entry& e) const {
  return e.replaces.empty()
         && std::ranges::any_of(s.leaving, [&](uint32_t handle) {
              auto& old = tenures_.at(handle);
              return std::ranges::any_of(old.entries, [&](auto& o) {
                return stands_in_the_way(old, o, t, e);
              });
            });
}

/// Whether an entry of another tenure may stand on one of the internal ports.
bool pool::stands_in_the_way(const tenure& other, const held_entry& o,
                             const tenure& t, const held_entry& e) {
  return may_point_at(other, o, t.internal_ip) && overlap(o.run, e.run);
}

/// True while an entry of the same pod that goes still has the internal port.
bool pool::waits_for_sibling(const tenure& t, const held_entry& e) {
  return std::ranges::any_of(t.entries, [&](auto& other) {
    return &other != &e && other.phase == entry_phase::dropping
           && overlap(other.run, e.run);
  });
}

/// True while another tenure's entry stands on one of the pod's internal
/// ports: both triples are unique in a table, so that one has to go first.
bool pool::must_wait_for_address(const slot& s, const tenure& t) const {
  auto [first, last] = by_address_.equal_range(t.internal_ip);
  for (auto i = first; i != last; ++i) {
    if (i->second == t.handle)
      continue;
    auto& other = tenures_.at(i->second);
    auto is_ours_to_take = std::ranges::find(s.leaving, other.handle)
                           != s.leaving.end();
    for (auto& o : other.entries) {
      if (!may_point_at(other, o, t.internal_ip)
          || (is_ours_to_take && o.phase == entry_phase::available))
        continue;
      for (auto& e : t.entries)
        if (overlap(e.run, o.run))
          return true;
    }
  }
  return false;
}

/// Whether an entry may stand in the table with this internal address.
bool pool::may_point_at(const tenure& t, const held_entry& e,
                        const std::string& ip) {
  auto former = std::ranges::find(t.former_ips, ip) != t.former_ips.end();
  switch (e.phase) {
    case entry_phase::idle:
      return e.may_stand && (t.internal_ip == ip || former);
    case entry_phase::available:
      return e.wished.internal_ip == ip;
    case entry_phase::asked:
    case entry_phase::dropping:
      return e.wished.internal_ip == ip || t.internal_ip == ip || former;
    case entry_phase::gone:
      return false;
  }
  return false;
}

bool pool::forwards(const tenure& t, const held_entry& e) const {
  return e.phase == entry_phase::available && e.wished == spec_of(t, e);
}

/// Returns true once the status shows everything that was asked for.
bool pool::publish(slot& s, tenure& t) {
  for (auto& e : t.entries)
    if (!e.retiring && !forwards(t, e))
      return false;
  // One that is still to be dropped may point at such an address.
  auto retires = [](auto& e) {
    return e.retiring && e.phase != entry_phase::gone;
  };
  if (std::ranges::none_of(t.entries, retires))
    forget_former_addresses(t);
  auto wanted = status_of(t);
  if (s.record->status == wanted) {
    s.published = true;
    return true;
  }
  write(s, {.op = record_op::status, .status = std::move(wanted)});
  return false;
}

/// Ends what the port list no longer contains, now that the rest forwards.
void pool::retire_entries(tenure& t, instant now) {
  for (auto& e : t.entries)
    if (e.retiring)
      drop_entry(t, e);
  for (auto& run : std::exchange(t.given_up, {}))
    ports_.free(t.handle, block_of(t, run), now);
  free_gone(t, now);
}

// -- status -------------------------------------------------------------------

/// What of the mapping may be shown now: items whose every port forwards as
/// wished; or, if `believing`, may stay.
std::vector<status_entry> pool::status_of(const tenure& t,
                                          bool believing) const {
  std::vector<shown_run> runs;
  for (auto& e : t.entries)
    if (!e.retiring && (forwards(t, e) || (believing && is_believed(e))))
      runs.push_back({e.run, e.id});
  return show_items(t.items, runs, t.external_ip, t.internal_ip);
}

/// Whether only a former process's status has spoken of the entry so far. A
/// restart takes nothing back that may well be true.
bool pool::is_believed(const held_entry& e) {
  return e.unheard && !e.strayed
         && (e.phase == entry_phase::idle || e.phase == entry_phase::asked);
}

/// Whether the status names an entry by its id.
bool pool::shows(const slot& s, const std::string& id) {
  return s.record && std::ranges::any_of(s.record->status, [&](auto& x) {
           return x.forward_entry_id == id;
         });
}

/// What the status shows and may go on showing.
std::vector<status_entry> pool::rightly_shown(const slot& s,
                                              const tenure& t) const {
  auto right = status_of(t, true);
  auto says = [](const status_entry& shown, status_entry known) {
    // An entry that nobody has seen yet has no id here.
    if (known.forward_entry_id.empty())
      known.forward_entry_id = shown.forward_entry_id;
    return shown == known;
  };
  auto result = s.record->status;
  std::erase_if(result, [&](auto& x) {
    return std::ranges::none_of(right, [&](auto& y) { return says(x, y); });
  });
  return result;
}

} // namespace natgw::core
