#include "core/forward_table/engine.hpp"

#include <algorithm>

namespace natgw::core::table {

engine::engine(table_options options)
  : cfg{std::move(options)},
    rng{cfg.seed},
    gateway{cfg},
    scan_pause{cfg.repeat_min, cfg.backoff_max},
    window{cfg.max_window},
    table_pause{cfg.backoff_min, cfg.backoff_max},
    op_pause{cfg.repeat_min, cfg.backoff_max},
    burst{cfg.share_wait} {
}

void engine::accept(const entry_want& wish) {
  auto wanted = pack(wish.spec);
  note("wish", nullptr, wish.spec.name);
  slot& x = table.obtain(wish.spec.name);
  if (!wanted || !is_ours(wish.spec)) {
    x.wanted = pack_seen(wish.spec);
    refuse(x, ec::invalid_argument, "no valid entry of ours");
    return;
  }
  auto same = x.wish == wish_kind::want && x.wanted == *wanted;
  auto newer = !same || wish.attempt > x.attempt;
  auto held = x.hold;
  if (newer || x.hold == hold_kind::wish)
    x.hold = hold_kind::none;
  if (!same)
    x.told = told_kind::nothing;
  x.retell = true;
  x.wish = wish_kind::want;
  x.wanted = *wanted;
  x.attempt = same ? std::max(x.attempt, wish.attempt) : wish.attempt;
  x.priority = wish.priority;
  x.fresh = wish.fresh && wish.replaces.empty();
  x.known_absent = false;
  auto& w = x.busy();
  w.record_uid = wish.record_uid;
  w.replaces = wish.replaces;
  w.former_ip = parse_ipv4(wish.former_ip).value_or(ipv4{});
  if (newer) {
    w.not_before = {};
    w.limited_since.reset();
  }
  if (auto* source = table.find(wish.replaces);
      source != nullptr && source != &x && source->wish == wish_kind::want
      && !x.known())
    source->wish = wish_kind::none;
  if (told_gone)
    refuse(x, ec::gateway_unusable, gateway.problem());
  else if (held == hold_kind::attempt && x.hold == held)
    hold_for_attempt(x);
  else if (x.place.queued)
    queue.push(x.number, x.place, x.priority, now);
  reconsider(x);
}

void engine::accept(const entry_drop& wish) {
  auto& x = table.obtain(wish.spec.name);
  note("drop", &x);
  if (x.wish != wish_kind::drop) {
    x.hold = hold_kind::none;
    x.told = told_kind::nothing;
    x.busy().not_before = {};
  }
  x.wish = wish_kind::drop;
  x.wanted = pack_seen(wish.spec);
  x.priority = wish.priority;
  for (auto number : table.twins(x))
    drop_twin(*table.at(number), wish.priority);
  if (told_gone) {
    known_gone(x);
    return;
  }
  if (x.place.queued)
    queue.push(x.number, x.place, x.priority, now);
  // The slot that would have been turned into another one may now end harm.
  if (x.work && x.work->claimed_by != 0)
    if (auto* into = table.at(x.work->claimed_by); into->place.queued)
      queue.push(into->number, into->place,
                 std::min(into->priority, x.priority), now);
  reconsider(x);
}

void engine::answered(const api_reply& reply) {
  auto i = calls.find(reply.id);
  if (i == calls.end())
    return;
  auto record = std::move(i->second);
  calls.erase(i);
  if (reads_table(record.kind)) {
    --describes_in_flight;
    if (reply.outcome == call_class::ok)
      gateway.table_there();
  }
  if (reply.outcome != call_class::ok
      && (reply.detail.starts_with("InvalidForwardTableId.NotFound")
          || reply.detail.starts_with("Invalid.natgwNotExist")
          || reply.detail.starts_with("InvalidNatGatewayId.NotFound")))
    gateway.table_missing(now);
  auto* x = table.at(record.slot);
  switch (record.kind) {
    case call_kind::gateway:
      gateway_answered(reply);
      break;
    case call_kind::eips:
      gateway.eips_answered(reply);
      break;
    case call_kind::probe:
      break;
    case call_kind::page:
      page_answered(reply, record.part, record.sent);
      break;
    case call_kind::write:
      --writes_in_flight;
      if (x != nullptr)
        write_answered(*x, reply, record.left);
      break;
    case call_kind::look:
      look_answered(reply, record);
      break;
    case call_kind::stranger:
      stranger_answered(record.id, reply, record.sent);
      break;
  }
}

void engine::tick() {
  if (started && settled && !blocked.empty()
      && now >= started_at + cfg.write_deadline)
    unblock();
  while (!timers.empty() && timers.begin()->first <= now) {
    auto number = timers.begin()->second;
    timers.erase(timers.begin());
    auto* x = table.at(number);
    if (x == nullptr || !x->work)
      continue;
    auto& w = *x->work;
    w.timer.reset();
    if (w.op && !w.op->in_flight) {
      --repeating;
      enqueue(*x);
    } else if (w.place == look_place::timed)
      look_due(*x);
    else
      reconsider(*x);
  }
}

table_effects engine::finish() {
  if (started)
    drive_gateway();
  do
    reconsider_all();
  while (started && !told_gone && pump());
  if (started && !told_gone) {
    dispatch_looks();
    drive_scan();
  }
  if (is_trouble_untested() && now >= hold_until)
    trouble.clear();
  flush_foreign();
  // What stands in the table proves that the quota has been raised.
  if (quota > 0)
    quota = std::max(quota, static_cast<uint32_t>(table.size()));
  report();
  return std::exchange(out, {});
}

std::optional<instant> engine::wake() const {
  if (!started)
    return std::nullopt;
  std::optional<instant> result;
  auto also = [&result](std::optional<instant> at) {
    if (at && (!result || *at < *result))
      result = at;
  };
  also(gateway.due());
  if (!timers.empty())
    also(timers.begin()->first);
  if (!told_gone) {
    also(pump_at);
    also(shared_at);
    // Otherwise the next answer wakes it.
    if (describes_in_flight < cfg.max_describes)
      also(scan.wake());
    if (listed && !scan.active())
      also(next_sweep);
  }
  if (auto at = started_at + cfg.write_deadline; now < at && !blocked.empty())
    also(at);
  if (is_trouble_untested())
    also(hold_until);
  if (report_changed())
    also(next_report);
  if (quota > 0 && !last_report.quota_in_doubt)
    also(quota_until);
  return result;
}

/// Only an accepted write proves that a gateway takes writes again. With none
/// left to try, nobody would ever be sent here to make one.
bool engine::is_trouble_untested() const {
  return !trouble.empty() && queue.empty() && writes_in_flight == 0
         && repeating == 0;
}

void engine::unblock() {
  for (auto number : std::exchange(blocked, {}))
    todo.push_back(number);
}

void engine::wake_at(slot& x, instant at) {
  no_wake(x);
  x.busy().timer = at;
  timers.emplace(at, x.number);
}

void engine::no_wake(slot& x) {
  if (!x.work || !x.work->timer)
    return;
  timers.erase({*x.work->timer, x.number});
  x.work->timer.reset();
}

} // namespace natgw::core::table
