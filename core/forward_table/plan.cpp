#include "core/forward_table/engine.hpp"

#include <algorithm>

namespace natgw::core::table {

bool engine::under_way(const slot& x) const {
  if (!x.work)
    return false;
  auto& w = *x.work;
  return w.op || w.refusal || w.place == look_place::flying;
}

bool engine::may_touch(bool only_delete) const {
  if (!settled || now < started_at + cfg.write_deadline)
    return false;
  return gateway.usable() || (only_delete && !gateway.table_id().empty());
}

auto engine::next_step(slot& x) -> step {
  switch (x.wish) {
    case wish_kind::want:
      return want_step(x);
    case wish_kind::drop:
      return drop_step(x);
    case wish_kind::none:
      break;
  }
  return {};
}

auto engine::want_step(slot& x) -> step {
  if (x.hold != hold_kind::none)
    return {};
  if (!listed && !(mirrored && x.fresh))
    return {.kind = step::blocked};
  take_matching_twin(x);
  if (x.work && x.work->not_before > now)
    return {.kind = step::wait, .at = x.work->not_before};
  if (!x.known()) {
    if (auto result = replace_step(x))
      return *result;
    return create_step(x);
  }
  if (x.status != entry_status::available)
    return {.kind = step::watch};
  if (x.matches() && !x.unconfirmed)
    return {.kind = step::satisfied};
  if (x.unconfirmed)
    return {.kind = step::watch};
  return change_step(x, nullptr);
}

/// Of two entries of one name the one that is as wished is the slot's.
void engine::take_matching_twin(slot& x) {
  if (x.matches() || x.unconfirmed)
    return;
  for (auto number : table.twins(x)) {
    auto& twin = *table.at(number);
    if (twin.seen != x.wanted || !twin.known() || twin.unconfirmed
        || twin.status == entry_status::deleting || under_way(twin))
      continue;
    note("changes places with its twin", &x, twin.id);
    table.exchange(x, twin);
    twin.wanted = twin.seen;
    reconsider(twin);
    return;
  }
}

/// Turns the slot's own entry, or another one's, into what is wished.
auto engine::change_step(slot& x, slot* source) -> step {
  auto& entry = source != nullptr ? *source : x;
  if (!may_touch(false))
    return {.kind = step::blocked};
  if (!entry.verified) {
    if (source == nullptr)
      return {.kind = step::reread};
    return {step::wait_for, source, look_reason::exact, true, {}};
  }
  if (auto* other = leaving_obstacle(x, source))
    return {.kind = step::wait_for, .other = other};
  return {.kind = step::modify, .other = source, .claims = source != nullptr};
}

/// Nothing if there is no entry (any more) to turn into this one.
auto engine::replace_step(slot& x) -> std::optional<step> {
  if (!x.work || x.work->replaces.empty())
    return std::nullopt;
  auto* source = table.find(x.work->replaces);
  if (source == nullptr || source == &x || !source->known()
      || source->status == entry_status::deleting
      || source->wish == wish_kind::want)
    return std::nullopt;
  if (source->work) {
    auto& w = *source->work;
    if (w.claimed_by != 0 && w.claimed_by != x.number)
      return std::nullopt;
    // An entry that is being deleted cannot be turned into anything; the new
    // one is made beside it, unless it is in the way.
    if (w.op && w.op->call.action == api_action::delete_entry)
      return std::nullopt;
    if (under_way(*source))
      return step{.kind = step::wait_for, .other = source, .claims = true};
  }
  if (source->status != entry_status::available || source->unconfirmed)
    return step{step::wait_for, source, look_reason::confirm, true, {}};
  return change_step(x, source);
}

auto engine::create_step(slot& x) -> step {
  if (!gateway.usable())
    return {.kind = step::blocked};
  if (auto* other = leaving_obstacle(x, nullptr))
    return {.kind = step::wait_for, .other = other};
  return {.kind = step::create};
}

/// Whether an entry of ours is about to free its ports without our help. Of
/// two entries that are turned into others and want each other's ports, the
/// younger waits, so that not both do.
bool engine::leaving(const slot& other, const slot& x) const {
  if (other.work && other.work->claimed_by != 0)
    return other.work->claimed_by < x.number;
  return other.wish == wish_kind::drop;
}

/// What leaves in any case is waited for: its uniqueness would refuse us.
slot* engine::leaving_obstacle(const slot& x, const slot* source) {
  auto also = source != nullptr ? source->number : 0;
  for (auto who : {table.external_obstacle(x.wanted, x.number, also),
                   table.internal_obstacle(x.wanted, x.number, also)})
    if (who.ours != nullptr && gives_way(*who.ours, x))
      return who.ours;
  return nullptr;
}

/// Whether an entry of ours is, or is hereby told to be, on its way out of the
/// slot's. A second entry of the slot's own name goes rather than stay in its
/// way.
bool engine::gives_way(slot& other, const slot& x) {
  if (other.twin && other.name == x.name)
    drop_twin(other, x.priority);
  return leaving(other, x);
}

auto engine::drop_step(slot& x) const -> step {
  if (!listed)
    return {.kind = step::blocked};
  if (x.known()) {
    if (x.status != entry_status::available)
      return {.kind = step::watch};
    if (!may_touch(true))
      return {.kind = step::blocked};
    if (x.work && x.work->not_before > now)
      return {.kind = step::wait, .at = x.work->not_before};
    return {.kind = x.verified ? step::remove : step::reread};
  }
  if (x.known_absent)
    return {.kind = step::gone};
  // A create of a predecessor may still be on its way.
  if (auto at = started_at + cfg.write_deadline; now < at)
    return {.kind = step::wait, .at = at};
  return {.kind = step::look_triple};
}

} // namespace natgw::core::table
