#include "core/write_queue.hpp"

#include <algorithm>
#include <iterator>

namespace natgw::core {

namespace {

bool is_event(const write_job& x) {
  return std::holds_alternative<filtered_event>(x.what);
}

/// The later patch wins, field by field.
void merge(pod_patch& into, pod_patch x) {
  if (x.status_annotation)
    into.status_annotation = std::move(x.status_annotation);
  if (x.condition)
    into.condition = std::move(x.condition);
  into.priority = std::min(into.priority, x.priority);
}

} // namespace

write_queue::write_queue(write_queue_config cfg, instant now)
  : cfg_(cfg),
    tokens_(cfg.limit, cfg.burst, now) {
  // nop
}

uint64_t write_queue::push(record_write x, instant now) {
  auto& to = line_of({kind::record, x.key});
  auto when = due(x.priority, now);
  detach(to);
  to.jobs.push_back({.id = ++last_id_, .what = std::move(x), .due = when});
  ++waiting_;
  attach(to, now);
  return last_id_;
}

uint64_t write_queue::push(pod_patch x, instant now) {
  auto& to = line_of({kind::pod, x.key});
  auto when = due(x.priority, now);
  detach(to);
  auto* last = to.jobs.empty() ? nullptr
                               : std::get_if<pod_patch>(&to.jobs.back().what);
  if (last == nullptr || last->uid != x.uid) {
    to.jobs.push_back({.id = ++last_id_, .what = std::move(x), .due = when});
    ++waiting_;
  } else {
    merge(*last, std::move(x));
    to.jobs.back().failures = 0;
    to.jobs.back().due = std::min(to.jobs.back().due, when);
  }
  attach(to, now);
  return to.jobs.back().id;
}

void write_queue::push(filtered_event x, instant now) {
  write_job job{.id = ++last_id_,
                .what = std::move(x),
                .due = due(urgency::background, now)};
  events_for(job).push_back(std::move(job));
  bound_events();
}

std::optional<write_job> write_queue::next(instant now) {
  if (in_flight_ >= cfg_.max_in_flight || now < held_until_)
    return std::nullopt;
  wake_resting(now);
  auto* events = next_events();
  if ((ready_.empty() && events == nullptr) || !tokens_.take(now))
    return std::nullopt;
  ++in_flight_;
  auto event_first = events != nullptr
                     && (ready_.empty()
                         || events->front().due < ready_.begin()->first.first);
  if (!event_first)
    return take(*ready_.begin()->second);
  auto result = std::move(events->front());
  events->pop_front();
  return result;
}

void write_queue::done(const write_job& x, instant now) {
  --in_flight_;
  if (is_event(x))
    return;
  auto& from = lines_.find(key_of(x))->second;
  from.busy = false;
  attach(from, now);
  forget_if_empty(from);
}

void write_queue::retry(write_job x, instant at, instant now) {
  --in_flight_;
  if (is_event(x)) {
    resting_events_.emplace(at, std::move(x));
    bound_events();
    return;
  }
  auto& to = lines_.find(key_of(x))->second;
  to.busy = false;
  to.not_before = at;
  ++waiting_;
  to.jobs.push_front(std::move(x));
  attach(to, now);
}

void write_queue::hold(instant until) {
  held_until_ = std::max(held_until_, until);
}

std::optional<instant> write_queue::wake(instant now) {
  if (in_flight_ >= cfg_.max_in_flight)
    return std::nullopt;
  wake_resting(now);
  if (!ready_.empty() || next_events() != nullptr)
    return std::max(held_until_, tokens_.next(now));
  auto result = instant::max();
  if (!resting_.empty())
    result = resting_.begin()->first;
  if (!resting_events_.empty())
    result = std::min(result, resting_events_.begin()->first);
  if (result == instant::max())
    return std::nullopt;
  return std::max(held_until_, result);
}

std::vector<uint64_t>
write_queue::drop_if(const std::function<bool(const write_job&)>& doomed,
                     instant now) {
  std::vector<uint64_t> result;
  for (auto i = lines_.begin(); i != lines_.end();) {
    auto& from = i++->second;
    detach(from);
    std::erase_if(from.jobs, [&](const write_job& x) {
      if (!doomed(x))
        return false;
      result.push_back(x.id);
      return true;
    });
    attach(from, now);
    forget_if_empty(from);
  }
  waiting_ -= result.size();
  return result;
}

size_t write_queue::line_hash::operator()(const line_key& x) const noexcept {
  return std::hash<object_key>{}(x.key) * 2 + static_cast<size_t>(x.type);
}

write_queue::line_key write_queue::key_of(const write_job& x) {
  if (const auto* write = std::get_if<record_write>(&x.what))
    return {kind::record, write->key};
  return {kind::pod, std::get<pod_patch>(x.what).key};
}

write_queue::line& write_queue::line_of(line_key key) {
  auto [i, fresh] = lines_.try_emplace(std::move(key));
  if (fresh)
    i->second.key = i->first;
  return i->second;
}

void write_queue::detach(line& x) {
  if (x.jobs.empty() || x.busy)
    return;
  if (resting_.erase({x.not_before, &x}) == 0)
    ready_.erase(x.place);
}

void write_queue::attach(line& x, instant now) {
  if (x.jobs.empty() || x.busy)
    return;
  if (x.not_before > now) {
    resting_.emplace(x.not_before, &x);
    return;
  }
  // Whatever waits behind the first job makes that one more urgent.
  auto first = std::ranges::min_element(x.jobs, {}, &write_job::due);
  x.place = {first->due, x.jobs.front().id};
  ready_.emplace(x.place, &x);
}

void write_queue::forget_if_empty(line& x) {
  if (x.jobs.empty() && !x.busy) {
    auto key = x.key;
    lines_.erase(key);
  }
}

void write_queue::wake_resting(instant now) {
  while (!resting_.empty() && resting_.begin()->first <= now) {
    auto* x = resting_.begin()->second;
    resting_.erase(resting_.begin());
    attach(*x, now);
  }
  while (!resting_events_.empty() && resting_events_.begin()->first <= now) {
    auto x = resting_events_.extract(resting_events_.begin());
    auto& to = events_for(x.mapped());
    to.push_front(std::move(x.mapped()));
  }
}

void write_queue::bound_events() {
  while (events_waiting() > cfg_.max_events) {
    if (!events_.empty())
      events_.pop_front();
    else if (!warnings_.empty())
      warnings_.pop_front();
    else
      resting_events_.erase(resting_events_.begin());
    ++events_dropped_;
  }
}

std::deque<write_job>& write_queue::events_for(const write_job& x) {
  return std::get<filtered_event>(x.what).event.warning ? warnings_ : events_;
}

std::deque<write_job>* write_queue::next_events() {
  if (warnings_.empty() && events_.empty())
    return nullptr;
  if (warnings_.empty() || events_.empty())
    return warnings_.empty() ? &events_ : &warnings_;
  return warnings_.front().due <= events_.front().due ? &warnings_ : &events_;
}

write_job write_queue::take(line& from) {
  detach(from);
  from.busy = true;
  auto result = std::move(from.jobs.front());
  from.jobs.pop_front();
  --waiting_;
  return result;
}

instant write_queue::due(urgency x, instant now) const {
  return now + cfg_.patience.at(static_cast<size_t>(x));
}

} // namespace natgw::core
