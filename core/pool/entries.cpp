#include <algorithm>

#include "core/pool/pool.hpp"
#include "core/pool/rules.hpp"

namespace natgw::core {

namespace {

constexpr auto first_refusal = std::chrono::seconds{30};
constexpr auto last_refusal = std::chrono::minutes{10};

} // namespace

// -- what the table says ------------------------------------------------------

pool_effects pool::entry_told(const entry_news& news, instant now) {
  auto e = find_entry(news.spec.name);
  if (news.fact == entry_fact::unclaimed)
    unclaimed(news, now);
  if (!e || news.fact == entry_fact::unclaimed)
    return finish(now);
  auto& t = tenures_.at(by_name_.at(news.spec.name));
  touch(t.key);
  e->unheard = false;
  switch (news.fact) {
    case entry_fact::available:
      entry_available(*e, news, now);
      break;
    case entry_fact::lost:
    case entry_fact::absent:
      entry_lost(t, *e);
      break;
    case entry_fact::gone:
      entry_gone(t, *e, now);
      break;
    case entry_fact::refused:
      // What forwarded is refused only because its gateway is no more.
      if (e->phase == entry_phase::asked
          || (e->phase == entry_phase::available
              && news.reason == ec::gateway_unusable))
        refused(t, *e, news, now);
      break;
    case entry_fact::late:
      entry_late(t, *e, news);
      break;
    case entry_fact::unclaimed:
      break;
  }
  return finish(now);
}

void pool::entry_available(held_entry& e, const entry_news& news, instant now) {
  auto expected = e.phase == entry_phase::asked
                  || e.phase == entry_phase::available;
  if (!expected || news.spec != e.wished)
    return;
  e.phase = entry_phase::available;
  e.id = news.id;
  if (e.replaces.empty())
    return;
  // The Modify has taken the old name and place away.
  auto name = std::exchange(e.replaces, {});
  if (auto old = find_entry(name)) {
    auto& source = tenures_.at(by_name_.at(name));
    touch(source.key);
    entry_ended(source, *old);
    free_gone(source, now);
  }
}

/// What forwarded, or was thought to, does not: a new attempt is stored before
/// it is wished again.
void pool::entry_lost(tenure& t, held_entry& e) {
  if (!e.heir.empty())
    return;
  auto drifted = e.phase == entry_phase::available;
  if (drifted)
    observe(pool_measure_kind::drift);
  else if (e.phase != entry_phase::asked)
    return;
  e.phase = entry_phase::idle;
  e.may_stand = true;
  auto s = find_slot(t.key);
  if (!s || s->tenure != t.handle)
    return;
  raise_attempt(*s, t);
  if (drifted && s->pod)
    say(*s, "DNATFailed",
        "Entry " + e.id
          + " does not forward any more: somebody else has "
            "changed or deleted it; it is restored",
        true);
  // What is shown wrongly does not wait until a refused wish may be repeated.
  s->retry_at = {};
}

void pool::entry_gone(tenure& t, held_entry& e, instant now) {
  if (e.phase != entry_phase::dropping && e.heir.empty())
    return;
  entry_ended(t, e);
  free_gone(t, now);
}

/// Whoever waits for the entry is told why; nothing else can be done.
void pool::entry_late(tenure& t, held_entry& e, const entry_news& news) {
  auto s = find_slot(t.key);
  if (s && s->tenure == t.handle && e.phase == entry_phase::asked)
    tell_failure(*s, "entry " + news.id + ": " + news.detail);
}

// -- entries nobody wished ----------------------------------------------------

/// Whether an entry that was found elsewhere is the one that the status shows,
/// and not a second one of its name.
bool pool::strays(const slot& s, const tenure& t, const entry_spec& found,
                  const std::string& id) {
  return found.internal_ip != t.internal_ip && shows(s, id);
}

void pool::unclaimed(const entry_news& news, instant now) {
  if (auto e = find_entry(news.spec.name)) {
    e->seen = true;
    // A former process may have stored a new address and died before the
    // Modify.
    auto& t = tenures_.at(by_name_.at(news.spec.name));
    if (auto s = find_slot(t.key); s && s->tenure == t.handle)
      e->strayed = e->strayed || strays(*s, t, news.spec, news.id);
    add_former_address(t, news.spec.internal_ip);
    return;
  }
  auto handle = ++last_handle_;
  auto& t = tenures_[handle];
  t.handle = handle;
  t.external_ip = news.spec.external_ip;
  set_address(t, news.spec.internal_ip);
  t.unproven = t.ending = true;
  auto& e = t.entries.emplace_back();
  e.run = {.proto = news.spec.proto,
           .external = news.spec.external_port,
           .internal = news.spec.internal_port,
           .count = news.spec.count};
  e.name = news.spec.name;
  e.id = news.id;
  e.wished = news.spec;
  e.phase = entry_phase::available;
  by_name_[e.name] = handle;
  claim(t, now);
  unproven_.push_back(handle);
  ask_about_orphans();
}

void pool::ask_about_orphans() {
  if (orphans_asked_ || unproven_.empty() || !settled_)
    return;
  orphans_asked_ = true;
  orphans_from_ = 0;
  judged_ = std::exchange(unproven_, {});
  ask_refresh(refresh_reason::orphans);
}

/// A fresh list has been told, and some entries still have no owner.
void pool::judge_orphans() {
  auto handles = std::exchange(judged_, {});
  if (first_judgement_) {
    handles.insert(handles.end(), unproven_.begin(), unproven_.end());
    unproven_.clear();
  }
  std::erase_if(handles, [this](uint32_t handle) {
    auto t = find_tenure(handle);
    return !t || !t->unproven;
  });
  if (first_judgement_ && !options_.accept_orphans
      && too_many_orphans(handles.size(), report_.entries,
                          options_.orphan_limit_percent))
    orphans_stopped_ = true;
  first_judgement_ = false;
  orphans_asked_ = false;
  orphans_from_ = 0;
  if (orphans_stopped_) {
    unproven_.insert(unproven_.end(), handles.begin(), handles.end());
    auto text = std::to_string(handles.size()) + " of "
                + std::to_string(report_.entries)
                + " entries have neither record nor pod; nothing is deleted "
                  "until natgw.acceptOrphans is set";
    out_.emplace_back(pool_note{true, "orphans_stopped", {}, {}, text});
    say_of_gateway("OrphansKept", "keeps what looks left over: " + text, true);
    return;
  }
  for (auto handle : handles) {
    auto& t = tenures_.at(handle);
    observe(pool_measure_kind::orphan);
    t.unproven = false;
    drop_entries(t);
  }
  ask_about_orphans();
}

// -- foreign entries ----------------------------------------------------

pool_effects pool::foreign_told(const foreign_news& news, instant now) {
  for (auto& x : news.removed)
    if (foreign_.erase(x.id) > 0)
      reserve(x, false);
  for (auto& x : news.added)
    if (foreign_.try_emplace(x.id, x).second)
      reserve(x, true);
  return finish(now);
}

void pool::reserve(const foreign_entry& x, bool on) {
  if (x.any) {
    if (on)
      ports_.reserve_foreign_eip(x.external_ip);
    else
      ports_.release_foreign_eip(x.external_ip);
    return;
  }
  port_block block{x.external_ip, x.proto, {x.external_port, x.count}};
  if (on)
    ports_.reserve_foreign(block);
  else
    ports_.release_foreign(block);
}

// -- refusals -----------------------------------------------------------------

/// The cloud will not make an entry as wished.
void pool::refused(tenure& t, held_entry& e, const entry_news& news,
                   instant now) {
  auto& s = slots_.at(t.key);
  e.phase = entry_phase::idle;
  e.may_stand = !e.id.empty();
  e.wished = {};
  if (auto old = find_entry(std::exchange(e.replaces, {})))
    old->heir.clear();
  auto foreign_port = news.reason == ec::duplicate_entry && news.id.empty();
  auto port = t.external_ip + ":" + std::to_string(e.run.external);
  if (foreign_port && replace_run(t, e, now)) {
    raise_attempt(s, t);
    // A mapping that is fixed does not change without a word.
    if (t.fixed)
      say(s, "DNATFailed",
          "Somebody else's entry has " + port + "; another port is taken",
          true);
    return;
  }
  if (news.reason == ec::eip_not_bound)
    rest_eip(t.external_ip, now);
  auto elsewhere = news.reason == ec::duplicate_entry
                   || news.reason == ec::eip_not_bound
                   || news.reason == ec::quota_exceeded
                   || news.reason == ec::gateway_unusable;
  auto why = std::string{to_string(news.reason)};
  if (!news.detail.empty())
    why += ": " + news.detail;
  // What was published stays where it is, unless its gateway is no more.
  auto gone = news.reason == ec::gateway_unusable;
  auto moves = elsewhere && !t.fixed && (!s.published || gone);
  if (moves && s.tenure == t.handle) {
    if (s.published)
      tell_failure(s, why);
    s.evicted = error{news.reason, news.detail};
    return;
  }
  tell_failure(s, why);
  auto delay = first_refusal * (1U << std::min(s.failures, 5U));
  ++s.failures;
  s.retry_at = now + std::min<std::chrono::nanoseconds>(delay, last_refusal);
  wake_at(s, s.retry_at);
}

/// Somebody else's entry has the external port: it stays reserved, and another
/// port of the same EIP is taken.
bool pool::replace_run(tenure& t, held_entry& e, instant now) {
  run_shape shape{e.run.proto, e.run.count};
  auto got = ports_.allocate({.holder = t.handle,
                              .shapes = {&shape, 1},
                              .eip = t.external_ip,
                              .max_pieces = 1},
                             now);
  if (!got)
    return false;
  ports_.free(t.handle, block_of(t, e.run), now);
  e.run.external = got->pieces.front().ports.first;
  e.claimed = true;
  return true;
}

} // namespace natgw::core
