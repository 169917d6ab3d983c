#include <algorithm>
#include <utility>

#include "core/pool/pool.hpp"

namespace natgw::core {

// -- tenures ------------------------------------------------------------------

tenure& pool::make_tenure(slot& s, uint32_t handle) {
  auto& t = tenures_[handle];
  t.handle = handle;
  t.key = s.key;
  t.attempt = 0;
  if (s.pod) {
    t.pod_uid = s.pod->uid;
    t.fixed = s.request.fixed;
    set_address(t, s.pod->ip);
  }
  s.tenure = handle;
  return t;
}

std::string pool::identity_of(const tenure& t) const {
  return t.fixed ? fixed_name_key(t.key) : plain_name_key(t.pod_uid);
}

/// Gives each new entry a name that no other entry carries.
void pool::name_entries(tenure& t) {
  auto identity = identity_of(t);
  for (size_t i = 0; i < t.entries.size(); ++i) {
    auto& e = t.entries[i];
    if (!e.name.empty())
      continue;
    for (;; ++e.run.n) {
      e.name = options_.names.build(identity, e.run.n);
      if (by_name_.try_emplace(e.name, t.handle).second)
        break;
    }
    for (auto j = i + 1; j < t.entries.size(); ++j)
      if (t.entries[j].name.empty())
        t.entries[j].run.n = std::max<uint16_t>(
          t.entries[j].run.n, static_cast<uint16_t>(e.run.n + 1));
  }
}

/// After `fixed` was switched: the ports stay, the names follow their owner.
void pool::rename_entries(tenure& t) {
  for (auto& e : t.entries) {
    auto old = std::exchange(e.name, {});
    e.unheard = false;
    by_name_.erase(old);
    if (e.phase != entry_phase::idle || e.may_stand)
      e.replaces = old;
  }
  name_entries(t);
}

/// Moves a tenure to an address. The one it leaves stays in the index while
/// entries may point at it.
void pool::set_address(tenure& t, const std::string& ip) {
  auto stands = std::ranges::any_of(t.entries, [&](auto& e) {
    return may_point_at(t, e, t.internal_ip);
  });
  auto old = std::exchange(t.internal_ip, ip);
  if (!old.empty() && stands)
    t.former_ips.push_back(old);
  else
    unindex_address(old, t.handle);
  index_address(ip, t.handle);
}

void pool::index_address(const std::string& ip, uint32_t handle) {
  unindex_address(ip, handle);
  if (!ip.empty())
    by_address_.emplace(ip, handle);
}

void pool::unindex_address(const std::string& ip, uint32_t handle) {
  auto [first, last] = by_address_.equal_range(ip);
  auto old = std::find_if(first, last,
                          [&](auto& x) { return x.second == handle; });
  if (old != last)
    by_address_.erase(old);
}

/// The table shows one of its entries at another address than the promise.
void pool::add_former_address(tenure& t, const std::string& ip) {
  if (ip == t.internal_ip
      || std::ranges::find(t.former_ips, ip) != t.former_ips.end())
    return;
  t.former_ips.push_back(ip);
  index_address(ip, t.handle);
}

/// Looks again at everyone who may have waited for this address.
void pool::touch_address(const std::string& ip, uint32_t except) {
  auto [first, last] = by_address_.equal_range(ip);
  for (auto i = first; i != last; ++i)
    if (i->second != except)
      touch(tenures_.at(i->second).key);
}

/// An entry does not stand any more: whoever waited for its address may go on.
/// Only a change may tell them, or two that share an address would wake each
/// other for ever.
void pool::entry_ended(tenure& t, held_entry& e) {
  e.phase = entry_phase::gone;
  touch_address(t.internal_ip, t.handle);
  for (auto& ip : t.former_ips)
    touch_address(ip, t.handle);
}

/// Every entry is known to point at the present address, or to be gone.
void pool::forget_former_addresses(tenure& t) {
  for (auto& ip : std::exchange(t.former_ips, {}))
    if (ip != t.internal_ip) {
      unindex_address(ip, t.handle);
      touch_address(ip, t.handle);
    }
}

void pool::erase_tenure(uint32_t handle) {
  auto& t = tenures_.at(handle);
  forget_former_addresses(t);
  unindex_address(t.internal_ip, handle);
  for (auto& e : t.entries)
    by_name_.erase(e.name);
  if (auto s = find_slot(t.key))
    std::erase(s->leaving, handle);
  tenures_.erase(handle);
}

entry_spec pool::spec_of(const tenure& t, const held_entry& e) {
  return {.name = e.name,
          .external_ip = t.external_ip,
          .internal_ip = t.internal_ip,
          .external_port = e.run.external,
          .internal_port = e.run.internal,
          .count = e.run.count,
          .proto = e.run.proto};
}

port_block pool::block_of(const tenure& t, const port_run& run) {
  return {t.external_ip, run.proto, {run.external, run.count}};
}

// -- promises found in records ------------------------------------------------

/// Takes over what a record promises, where the slot has no tenure yet.
void pool::adopt(slot& s, instant now) {
  if (s.tenure || !s.record || !s.record->promise || s.disowned
      || is_others(s.record.get()))
    return;
  auto& promise = *s.record->promise;
  auto& t = make_tenure(s, ++last_handle_);
  t.pod_uid = promise.pod_uid;
  t.fixed = promise.fixed;
  t.external_ip = promise.external_ip;
  set_address(t, promise.internal_ip);
  t.promised_ip = promise.internal_ip;
  t.record_uid = s.record->uid;
  t.attempt = promise.attempt;
  t.items = promise.items;
  s.linger_until = now + options_.fixed_linger;
  auto identity = identity_of(t);
  for (auto& run : promise.runs) {
    auto name = options_.names.build(identity, run.n);
    auto found = take_from_unproven(name, now);
    auto left = take_from_leaving(name, block_of(t, run), now);
    auto stays = left.has_value();
    auto& e = t.entries.emplace_back(std::move(left).value_or(held_entry{}));
    e.run = run;
    e.seen = found.has_value() || stays;
    e.may_stand = true;
    e.unheard = !stays;
    if (found) {
      e.strayed = strays(s, t, found->wished, found->id);
      add_former_address(t, found->wished.internal_ip);
    }
    if (stays)
      add_former_address(t, e.wished.internal_ip);
    // A name that an entry with other ports keeps is not taken from it.
    e.name.clear();
    if (by_name_.try_emplace(name, t.handle).second)
      e.name = std::move(name);
  }
  name_entries(t);
  if (!claim(t, now))
    contest(s);
}

/// Before the first fresh list a tenure is nothing but what its record said.
/// If that was out of date, since a former process had written on, the tenure
/// is forgotten. Returns those of its entries that the table has been seen to
/// hold.
std::vector<entry_news> pool::disbelieve(slot& s, const record_view& next,
                                         instant now) {
  auto t = present(s);
  if (records_fresh_ || !t || !s.record || s.record->promise == next.promise)
    return {};
  std::vector<entry_news> result;
  for (auto& e : t->entries) {
    if (e.seen)
      result.push_back(
        {.fact = entry_fact::unclaimed, .spec = spec_of(*t, e), .id = e.id});
    if (e.claimed)
      ports_.free(t->handle, block_of(*t, e.run), now, false);
  }
  erase_tenure(std::exchange(s.tenure, 0));
  return result;
}

/// Claims all ports of a tenure that are not claimed yet. Returns false and
/// remembers the rivals if others hold some.
bool pool::claim(tenure& t, instant now) {
  auto complete = true;
  for (auto& e : t.entries) {
    if (e.claimed)
      continue;
    e.claimed
      = ports_.claim(t.handle, block_of(t, e.run), now, true).has_value();
    complete = complete && e.claimed;
  }
  return complete;
}

/// An unproven entry turned out to have an owner after all. Returns it.
std::optional<held_entry> pool::take_from_unproven(const std::string& name,
                                                   instant now) {
  auto found = by_name_.find(name);
  if (found == by_name_.end())
    return std::nullopt;
  auto handle = found->second;
  auto& t = tenures_.at(handle);
  if (!t.unproven)
    return std::nullopt;
  for (auto& e : t.entries)
    if (e.claimed)
      ports_.free(t.handle, block_of(t, e.run), now, false);
  auto result = t.entries.front();
  erase_tenure(handle);
  return result;
}

/// An entry that was to end is promised again: its new owner goes on with it,
/// and hears what becomes of it.
std::optional<held_entry> pool::take_from_leaving(const std::string& name,
                                                  const port_block& block,
                                                  instant now) {
  auto found = by_name_.find(name);
  if (found == by_name_.end())
    return std::nullopt;
  auto& t = tenures_.at(found->second);
  auto e = std::ranges::find(t.entries, name, &held_entry::name);
  if (!t.ending || e == t.entries.end() || !e->heir.empty()
      || block_of(t, e->run) != block)
    return std::nullopt;
  if (std::exchange(e->claimed, false))
    ports_.free(t.handle, block, now, false);
  auto result = std::move(*e);
  t.entries.erase(e);
  by_name_.erase(found);
  free_gone(t, now);
  return result;
}

} // namespace natgw::core
