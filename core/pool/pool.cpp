#include "core/pool/pool.hpp"

#include <algorithm>
#include <limits>

namespace natgw::core {

namespace {

constexpr auto first_backoff = std::chrono::seconds{1};
constexpr auto last_backoff = std::chrono::seconds{30};

/// Under churn ports come back all the time: they are told together.
constexpr auto cooled_gap = std::chrono::milliseconds{200};

/// Entries tried beyond a quota in doubt: few enough that a quota that has not
/// been raised costs the API server and the cloud next to nothing.
constexpr uint32_t quota_trials = 16;

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
      for (auto& key : doubted_)
        if (auto s = find_slot(key);
            s && s->record_unknown && s->known_from == 0)
          s->known_from = list;
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
  wake_eips(now);
  if (next_cooled() <= now) {
    ports_.advance(now);
    cooled_at_ = now;
  }
  return finish(now);
}

instant pool::next_tick() const {
  auto timer = timers_.empty() ? instant::max() : timers_.begin()->first;
  return std::min({timer, next_eip(), next_cooled()});
}

/// When ports that have rested are told: somebody may wait for them, and where
/// all are taken or rest nothing else happens here.
instant pool::next_cooled() const {
  auto next = ports_.next_cooled();
  if (!next)
    return instant::max();
  return cooled_at_ == instant::min()
           ? *next
           : std::max(*next, cooled_at_ + cooled_gap);
}

/// Looks at every touched key, then hands over what is to be done. Looking at
/// one key may touch others, and itself only where its aim has changed.
pool_effects pool::finish(instant now) {
  do
    while (!touched_.empty()) {
      auto key = std::move(touched_.front());
      touched_.pop_front();
      if (auto s = find_slot(key))
        reconcile(*s, now);
      if (auto s = find_slot(key))
        count_awaited(*s);
    }
  while (resume_clashes(now));
  tell_capacity();
  return std::exchange(out_, {});
}

// -- reconciliation -----------------------------------------------------------

pool::aim pool::aim_of(const slot& s) const {
  if (!records_fresh_ || s.busy || s.contested || s.record_unknown
      || is_others(s.record.get()))
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
  // Nothing is written into a table before it has been read, be it by the
  // stand-by: one that cannot be read shall attract nobody.
  auto read = report_.listed || report_.mirrored;
  capacity.open = report_.usable && read && records_fresh_ && !options_.drain;
  capacity.free_tcp = ports_.free_ports(protocol::tcp);
  capacity.free_udp = ports_.free_ports(protocol::udp);
  capacity.free_entries = free_entries();
  capacity.queue_depth = queue_depth();
  if (capacity_told_ && capacity == told_capacity_)
    return;
  capacity_told_ = true;
  told_capacity_ = capacity;
  out_.emplace_back(std::move(capacity));
}

/// The table knows nothing yet of what waits for its record to be written:
/// without that a burst would not be seen before it is over.
uint32_t pool::queue_depth() const {
  return std::max(report_.queue_depth, awaited_);
}

void pool::count_awaited(slot& s) {
  awaited_ -= s.awaited;
  s.awaited = 0;
  const auto* t = present(s);
  if (t != nullptr && s.pod && !s.pod->ip.empty())
    s.awaited = static_cast<uint32_t>(
      std::ranges::count_if(t->entries, [](const held_entry& e) {
        return !e.retiring
               && (e.phase == entry_phase::idle
                   || e.phase == entry_phase::asked);
      }));
  awaited_ += s.awaited;
}

uint32_t pool::entry_limit() const {
  constexpr auto none = std::numeric_limits<uint32_t>::max();
  auto configured = options_.entries == 0 ? none : options_.entries;
  if (report_.quota == 0)
    return configured;
  auto learned = report_.quota + (report_.quota_in_doubt ? quota_trials : 0);
  return std::min(configured, learned);
}

uint32_t pool::free_entries() const {
  auto limit = entry_limit();
  if (limit == std::numeric_limits<uint32_t>::max())
    return limit;
  auto used = by_name_.size() + foreign_.size();
  return used >= limit ? 0 : limit - static_cast<uint32_t>(used);
}

/// Made by the controller of another class, which has yet to end it.
bool pool::is_others(const record_view* record) const {
  return record != nullptr
         && record->controller_class != options_.controller_class;
}

void pool::write(slot& s, record_write x) {
  x.key = s.key;
  x.controller_class = options_.controller_class;
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

/// A right that is missing is missing for every pod at every attempt: who
/// writes says it once.
void pool::note_refusal(const slot& s, std::string_view event, std::string what,
                        const error& problem) {
  if (problem.code != ec::forbidden)
    note(s, event,
         std::move(what) + std::string{to_string(problem.code)} + " "
           + problem.detail,
         true);
}

void pool::say(const slot& s, std::string reason, std::string message,
               bool warning) {
  auto& pod = s.pod ? s.pod : s.former;
  if (!pod || (!s.pod && s.former_gone))
    return;
  out_.emplace_back(object_event{s.key, pod->uid, warning, std::move(reason),
                                 std::move(message)});
}

/// Says something about the gateway as a whole.
void pool::say_of_gateway(std::string reason, std::string message,
                          bool warning) {
  out_.emplace_back(object_event{.warning = warning,
                                 .reason = std::move(reason),
                                 .message = "Gateway " + options_.gateway + " "
                                            + std::move(message),
                                 .about = event_subject::controller});
}

void pool::tell_of_gateway(const table_report& before) {
  if (!report_.usable && report_.problem != before.problem)
    say_of_gateway("GatewayUnusable", report_.problem, true);
  if (report_.usable && !before.usable && !before.problem.empty())
    say_of_gateway("GatewayUsable", "can be used again", false);
  auto full = [](const table_report& x) {
    return x.quota > 0 && !x.quota_in_doubt;
  };
  if (full(report_) && (!full(before) || report_.quota != before.quota))
    say_of_gateway("QuotaReached",
                   "holds as many entries as its quota allows: "
                     + std::to_string(report_.quota),
                   true);
}

void pool::observe(pool_measure_kind kind, std::chrono::nanoseconds elapsed) {
  out_.emplace_back(pool_measure{.kind = kind, .elapsed = elapsed});
}

} // namespace natgw::core
