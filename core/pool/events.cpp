// What the pool is told: by placement, the watchers, the table, the writers.

#include <charconv>
#include <optional>

#include "core/pool/pool.hpp"

namespace natgw::core {

namespace {

/// Compares resourceVersions of objects of one name. They are opaque by
/// contract, but in practice ascending integers; where they are not, the later
/// one told counts as newer, and a write based on it is refused and read again.
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

// -- from placement -----------------------------------------------------------

pool_effects pool::bind(const bind_order& order, instant now) {
  auto& s = slot_of(order.pod->key);
  auto is_new = !s.pod || s.pod->uid != order.pod->uid;
  auto leaves = s.pod && !s.pod->ip.empty() && s.pod->ip != order.pod->ip;
  if (leaves)
    s.linger_until = now + options_.fixed_linger;
  if (is_new) {
    if (s.pod)
      s.former = std::exchange(s.pod, nullptr);
    s.wished_at = now;
    s.evicted.reset();
    s.published = s.said_allocated = s.said_ready = s.said_released = false;
    s.told_gate = s.told_end = false;
    s.told.clear();
    s.told_failure.clear();
    s.nudges = 0;
    s.nudge_at = {};
    // The answer to its predecessor's patch, if one is due, is not for it.
    s.under_way = telling::nothing;
    s.failures = 0;
    s.retry_at = now;
  }
  if (is_new || s.pod->ip != order.pod->ip)
    s.stolen = false;
  if (is_new || s.request != order.request)
    s.retry_at = now;
  s.pod = order.pod;
  s.request = order.request;
  // Whoever had ended a fixed mapping of this name has thought better of it.
  s.forfeited = false;
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
      t.haste = urgency::cleanup;
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
    if (!s || s->tenure != t.handle)
      continue;
    // Harm does not wait until something else may be tried again.
    s->retry_at = now;
    // The address may have come to this pod from one of its own name.
    if (s->pod && s->pod->ip == ip)
      s->stolen = s->pod->uid != uid;
  }
  return finish(now);
}

pool_effects pool::record_changed(const record_ptr& record, instant now) {
  auto& s = slot_of(record->key);
  // Nor does a late watch bring back what the present one was made in place of.
  if (s.record && !is_newer(*record, *s.record))
    return finish(now);
  auto stand = disbelieve(s, *record, now);
  s.record = record;
  s.record_unknown = false;
  adopt(s, now);
  for (auto& x : stand)
    unclaimed(x, now);
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
  end_doubts(list);
  if (begins || settles)
    touch_all();
  return finish(now);
}

/// A list that began after a create went unanswered shows whether it happened.
void pool::end_doubts(uint64_t list) {
  std::erase_if(doubted_, [&](const object_key& key) {
    auto s = find_slot(key);
    if (!s || !s->record_unknown)
      return true;
    if (s->known_from == 0 || list < s->known_from)
      return false;
    s->record_unknown = false;
    touch(key);
    return true;
  });
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
  // Rare, and then everybody may have to do with it.
  if (opens || changes_eips)
    touch_all();
  tell_of_gateway(before);
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
    doubted_.push_back(answer.key);
    ask_refresh(refresh_reason::unknown);
  }
  if (answer.problem) {
    note_refusal(*s, "record_write_failed",
                 std::string{to_string(answer.op)} + ": ", *answer.problem);
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
  auto pod = s ? (s->pod ? s->pod : s->former) : nullptr;
  if (!pod || pod->uid != answer.uid)
    return finish(now);
  auto what = std::exchange(s->under_way, telling::nothing);
  if (answer.problem && answer.problem->code != ec::not_found) {
    if (what == telling::mapping) {
      s->told.clear();
      s->told_gate = false;
    }
    note_refusal(*s, "pod_patch_failed", {}, *answer.problem);
    retry_later(*s, now);
  } else if (what == telling::end) {
    s->told_end = true;
  } else if (!answer.problem && s->pod && s->published && !s->said_ready) {
    s->failures = 0;
    s->said_ready = true;
    s->told_failure.clear();
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

} // namespace natgw::core
