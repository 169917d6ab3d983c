#include "core/pool/pool.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace natgw::core {

namespace {

constexpr auto first_backoff = std::chrono::seconds{1};
constexpr auto last_backoff = std::chrono::seconds{60};

/// Compares resourceVersions of one object. They are opaque by contract, but
/// in practice ascending integers; where they are not, the later one told
/// counts as newer, and a write based on it is refused and read again.
bool is_newer(const record_view& next, const record_view& known) {
  auto number = [](const std::string& text) {
    uint64_t result = 0;
    auto end = text.data() + text.size();
    auto [at, problem] = std::from_chars(text.data(), end, result);
    return problem == std::errc{} && at == end ? std::optional{result}
                                               : std::nullopt;
  };
  auto a = number(next.resource_version);
  auto b = number(known.resource_version);
  return !a || !b || *a > *b;
}

} // namespace

pool::pool(pool_options options)
  : options_{std::move(options)},
    ports_{port_allocator_options{.first_port = options_.first_port,
                                  .last_port = options_.last_port,
                                  .blocked = options_.blocked_ports,
                                  .cool_down = options_.cooldown,
                                  .seed = options_.seed}} {
  told_capacity_.gateway = options_.gateway;
}

// -- life ---------------------------------------------------------------------

pool_effects pool::start(instant now) {
  ask_refresh(refresh_reason::start);
  return finish(now);
}

pool_effects pool::refresh_numbered(uint64_t list, instant now) {
  if (asked_.empty())
    return finish(now);
  auto reason = asked_.front();
  asked_.pop_front();
  switch (reason) {
    case refresh_reason::start:
      fresh_from_ = list;
      break;
    case refresh_reason::settle:
      settle_from_ = list;
      break;
    case refresh_reason::orphans:
      orphans_from_ = list;
      break;
    case refresh_reason::unknown:
      for (auto& [key, s] : slots_)
        if (s.record_unknown && s.known_from == 0)
          s.known_from = list;
      break;
  }
  return finish(now);
}

pool_effects pool::tick(instant now) {
  while (!timers_.empty() && timers_.begin()->first <= now) {
    auto key = timers_.begin()->second;
    timers_.erase(timers_.begin());
    timer_of_.erase(key);
    touch(key);
  }
  return finish(now);
}

instant pool::next_tick() const {
  return timers_.empty() ? instant::max() : timers_.begin()->first;
}

/// Looks at every touched key, then hands over what is to be done. Looking at
/// one key may touch others, never itself.
pool_effects pool::finish(instant now) {
  while (!touched_.empty()) {
    auto key = std::move(touched_.front());
    touched_.pop_front();
    if (auto s = find_slot(key))
      reconcile(*s, now);
  }
  tell_capacity();
  return std::exchange(out_, {});
}

// -- from placement -----------------------------------------------------------

pool_effects pool::bind(const bind_order& order, instant now) {
  auto& s = slot_of(order.pod->key);
  auto is_new = !s.pod || s.pod->uid != order.pod->uid;
  if (is_new) {
    if (s.pod)
      s.former = std::exchange(s.pod, nullptr);
    s.wished_at = now;
    s.evicted.reset();
    s.published = s.said_allocated = s.said_ready = s.told_gate = false;
    s.told.clear();
    s.failures = 0;
    s.retry_at = now;
  }
  if (is_new || s.pod->ip != order.pod->ip)
    s.stolen = false;
  if (is_new || s.request != order.request)
    s.retry_at = now;
  s.pod = order.pod;
  s.request = order.request;
  touch(s.key);
  return finish(now);
}

pool_effects pool::unbind(const pod_ptr& pod, bool object_gone, instant now) {
  auto s = find_slot(pod->key);
  if (!s)
    return finish(now);
  if (s->pod && s->pod->uid == pod->uid) {
    s->former = std::exchange(s->pod, nullptr);
    s->ended_at = now;
    s->linger_until = now + options_.fixed_linger;
    s->probe_at = now;
    s->evicted.reset();
    s->retry_at = now;
    s->failures = 0;
  } else if (s->pod || (s->former && s->former->uid != pod->uid)) {
    return finish(now);
  }
  s->former = pod;
  s->former_gone = object_gone;
  // The switch was turned off, or the pod has ended for good: also a fixed
  // mapping ends. An object that is gone leaves its name's mapping alone.
  if (!object_gone && !pod->finished)
    s->forfeited = true;
  touch(s->key);
  return finish(now);
}

pool_effects pool::address_taken(const std::string& ip, const std::string& uid,
                                 instant now) {
  auto [first, last] = by_address_.equal_range(ip);
  for (auto i = first; i != last; ++i) {
    auto& t = tenures_.at(i->second);
    if (t.pod_uid == uid) {
      // Whoever had taken it has gone.
      if (auto s = find_slot(t.key); s && s->pod && s->pod->uid == uid)
        s->stolen = false;
      touch(t.key);
      continue;
    }
    t.haste = urgency::harm;
    for (auto& e : t.entries)
      if (e.phase == entry_phase::dropping)
        out_.emplace_back(entry_drop{e.wished, t.haste});
    touch(t.key);
    auto s = find_slot(t.key);
    if (s && s->tenure == t.handle && s->pod && s->pod->ip == ip)
      s->stolen = true;
  }
  return finish(now);
}

pool_effects pool::record_changed(const record_ptr& record, instant now) {
  auto& s = slot_of(record->key);
  if (s.record && s.record->uid == record->uid && !is_newer(*record, *s.record))
    return finish(now);
  s.record = record;
  s.record_unknown = false;
  adopt(s, now);
  if (!contested_.empty())
    resolve_clashes(now);
  touch(record->key);
  return finish(now);
}

pool_effects pool::record_gone(const record_ptr& record, instant now) {
  auto s = find_slot(record->key);
  if (!s || !s->record || s->record->uid != record->uid)
    return finish(now);
  s->record = nullptr;
  touch(s->key);
  return finish(now);
}

pool_effects pool::pods_synced(instant now) {
  pods_synced_ = true;
  touch_all();
  return finish(now);
}

pool_effects pool::records_synced(uint64_t list, instant now) {
  list_ = list;
  auto begins = !records_fresh_ && fresh_from_ != 0 && list >= fresh_from_;
  auto settles = !settled_ && settle_from_ != 0 && list >= settle_from_;
  records_fresh_ = records_fresh_ || begins;
  settled_ = settled_ || settles;
  if (records_fresh_ && report_.listed && !settle_asked_) {
    settle_asked_ = true;
    ask_refresh(refresh_reason::settle);
  }
  if (settles) {
    out_.emplace_back(table_settled{});
    resolve_clashes(now);
  }
  if (settled_ && (settles || (orphans_from_ != 0 && list >= orphans_from_)))
    judge_orphans();
  for (auto& [key, s] : slots_) {
    auto was_unknown = s.record_unknown;
    if (was_unknown && s.known_from != 0 && list >= s.known_from)
      s.record_unknown = false;
    if (begins || settles || was_unknown)
      touch(key);
  }
  return finish(now);
}

// -- from the table -----------------------------------------------------------

pool_effects pool::table_told(const table_report& report, instant now) {
  auto opens = report.usable && !report_.usable;
  auto changes_eips = report.eips != report_.eips;
  auto before = std::exchange(report_, report);
  if (changes_eips)
    set_eips(before.eips);
  if (records_fresh_ && report_.listed && !settle_asked_) {
    settle_asked_ = true;
    ask_refresh(refresh_reason::settle);
  }
  if (opens || changes_eips) {
    for (auto& [key, s] : slots_)
      if (!s.tenure)
        touch(key);
  }
  return finish(now);
}

// -- answers ------------------------------------------------------------------

pool_effects pool::record_written(const natgw::record_written& answer,
                                  instant now) {
  auto s = find_slot(answer.key);
  if (!s)
    return finish(now);
  s->busy = false;
  if (answer.absent) {
    s->record = nullptr;
    s->record_unknown = false;
  } else if (answer.now) {
    if (!s->record || s->record->uid != answer.now->uid
        || is_newer(*answer.now, *s->record))
      s->record = answer.now;
    s->record_unknown = false;
    adopt(*s, now);
  } else if (answer.problem && answer.op == record_op::create) {
    s->record_unknown = true;
    s->known_from = 0;
    ask_refresh(refresh_reason::unknown);
  }
  if (answer.problem) {
    note(*s, "record_write_failed",
         std::string{to_string(answer.op)} + ": "
           + std::string{to_string(answer.problem->code)} + " "
           + answer.problem->detail,
         true);
    // A conflict with news in it is worth a new look at once; the rest, and
    // what keeps conflicting, waits.
    auto at_once = answer.problem->code == ec::conflict
                   || answer.problem->code == ec::already_exists
                   || answer.problem->code == ec::not_found;
    if (!at_once || s->failures > 2)
      retry_later(*s, now);
    else
      ++s->failures;
  } else {
    s->failures = 0;
    s->retry_at = now;
  }
  touch(answer.key);
  return finish(now);
}

pool_effects pool::pod_patched(const natgw::pod_patched& answer, instant now) {
  auto s = find_slot(answer.key);
  if (!s || !s->pod || s->pod->uid != answer.uid)
    return finish(now);
  s->telling = false;
  if (answer.problem && answer.problem->code != ec::not_found) {
    s->told.clear();
    s->told_gate = false;
    note(*s, "pod_patch_failed",
         std::string{to_string(answer.problem->code)} + " "
           + answer.problem->detail,
         true);
    retry_later(*s, now);
  } else if (!answer.problem && s->published && !s->said_ready) {
    s->said_ready = true;
    observe(pool_measure_kind::birth, now - s->wished_at);
    note(*s, "pod_ready");
    auto t = present(*s);
    say(*s, "DNATReady",
        t ? "Forwarding from " + t->external_ip : "Forwarding");
  }
  touch(s->key);
  return finish(now);
}

pool_effects pool::object_answered(const object_answer& answer, instant now) {
  auto found = query_of_.find(answer.token);
  if (found == query_of_.end())
    return finish(now);
  auto key = std::move(found->second);
  query_of_.erase(found);
  auto s = find_slot(key);
  if (!s)
    return finish(now);
  s->probing = false;
  s->probe_at = now + options_.workload_probe;
  auto t = present(*s);
  auto workload = s->record && s->record->promise
                    ? s->record->promise->workload.uid
                    : std::string{};
  auto replaced = answer.found == presence::exists && !workload.empty()
                  && workload != answer.uid;
  if (t && t->fixed && !s->pod
      && (answer.found == presence::absent || replaced)) {
    note(*s, "workload_gone");
    s->forfeited = true;
  }
  touch(s->key);
  return finish(now);
}

// -- reconciliation -----------------------------------------------------------

pool::aim pool::aim_of(const slot& s) const {
  if (!records_fresh_ || s.busy || s.contested || s.record_unknown)
    return aim::wait;
  if (s.pod) {
    if (s.evicted)
      return aim::release;
    if (s.stolen || s.pod->ip.empty())
      return aim::hold;
    return aim::forward;
  }
  if (!pods_synced_)
    return aim::wait;
  auto fixed = s.record && s.record->promise && s.record->promise->fixed;
  if (fixed && !s.record->deleting && !s.forfeited && s.tenure)
    return aim::hold;
  return aim::release;
}

void pool::reconcile(slot& s, instant now) {
  auto what = aim_of(s);
  if (what == aim::wait)
    return;
  if (s.retry_at > now) {
    wake_at(s, s.retry_at);
    return;
  }
  switch (what) {
    case aim::forward:
      forward(s, now);
      break;
    case aim::hold:
      hold(s, now);
      break;
    case aim::release:
      release(s, now);
      break;
    case aim::wait:
      break;
  }
}

// -- helpers ------------------------------------------------------------------

slot& pool::slot_of(const object_key& key) {
  auto& result = slots_[key];
  if (result.key.name.empty())
    result.key = key;
  return result;
}

slot* pool::find_slot(const object_key& key) {
  auto found = slots_.find(key);
  return found == slots_.end() ? nullptr : &found->second;
}

tenure* pool::find_tenure(uint32_t handle) {
  auto found = tenures_.find(handle);
  return found == tenures_.end() ? nullptr : &found->second;
}

tenure* pool::present(slot& s) {
  return s.tenure ? find_tenure(s.tenure) : nullptr;
}

void pool::touch(const object_key& key) {
  touched_.push_back(key);
}

void pool::touch_all() {
  for (auto& [key, s] : slots_)
    touch(key);
}

void pool::ask_refresh(refresh_reason reason) {
  asked_.push_back(reason);
  out_.emplace_back(refresh_records{});
}

held_entry* pool::find_entry(const std::string& name) {
  auto found = by_name_.find(name);
  if (found == by_name_.end())
    return nullptr;
  auto& entries = tenures_.at(found->second).entries;
  auto e = std::ranges::find(entries, name, &held_entry::name);
  return e == entries.end() ? nullptr : &*e;
}

void pool::wake_at(slot& s, instant when) {
  auto [found, is_new] = timer_of_.try_emplace(s.key, when);
  if (!is_new) {
    if (found->second <= when)
      return;
    timers_.erase({found->second, s.key});
    found->second = when;
  }
  timers_.emplace(when, s.key);
}

void pool::retry_later(slot& s, instant now) {
  auto shift = std::min<uint32_t>(s.failures, 6);
  ++s.failures;
  auto delay = std::min<std::chrono::nanoseconds>(first_backoff * (1U << shift),
                                                  last_backoff);
  s.retry_at = now + delay;
  wake_at(s, s.retry_at);
}

void pool::tell_capacity() {
  pool_capacity capacity;
  capacity.gateway = options_.gateway;
  // Nothing is written into a table before it has been read: one that cannot
  // be read shall attract nobody.
  capacity.open = report_.usable && report_.listed && records_fresh_
                  && !options_.drain;
  capacity.free_tcp = ports_.free_ports(protocol::tcp);
  capacity.free_udp = ports_.free_ports(protocol::udp);
  capacity.free_entries = free_entries();
  capacity.queue_depth = report_.queue_depth;
  if (capacity_told_ && capacity == told_capacity_)
    return;
  capacity_told_ = true;
  told_capacity_ = capacity;
  out_.emplace_back(std::move(capacity));
}

uint32_t pool::free_entries() const {
  if (report_.quota == 0)
    return std::numeric_limits<uint32_t>::max();
  auto used = by_name_.size() + foreign_.size();
  return used >= report_.quota ? 0
                               : report_.quota - static_cast<uint32_t>(used);
}

void pool::write(slot& s, record_write x) {
  x.key = s.key;
  if (s.record && x.op != record_op::create) {
    x.uid = s.record->uid;
    x.resource_version = s.record->resource_version;
    x.base = s.record;
  }
  s.busy = true;
  out_.emplace_back(std::move(x));
}

void pool::note(const slot& s, std::string_view event, std::string detail,
                bool warning) {
  auto& pod = s.pod ? s.pod : s.former;
  out_.emplace_back(pool_note{
    warning, event, s.key, pod ? pod->uid : std::string{}, std::move(detail)});
}

void pool::say(const slot& s, std::string reason, std::string message,
               bool warning) {
  auto& pod = s.pod ? s.pod : s.former;
  if (!pod || (!s.pod && s.former_gone))
    return;
  out_.emplace_back(
    pod_event{s.key, pod->uid, warning, std::move(reason), std::move(message)});
}

void pool::observe(pool_measure_kind kind, std::chrono::nanoseconds elapsed) {
  out_.emplace_back(pool_measure{kind, elapsed});
}

} // namespace natgw::core
