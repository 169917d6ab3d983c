#include "emulator/kube/watch_hub.hpp"

#include <algorithm>
#include <chrono>

#include "emulator/kube/concat.hpp"
#include "emulator/kube/json_access.hpp"
#include "emulator/kube/rules.hpp"

namespace natgw::emulator::kube {

namespace {

watch_line make_line(std::string_view kind, std::string_view object) {
  return std::make_shared<const std::string>(
    concat("{\"type\":\"", kind, "\",\"object\":", object, "}\n"));
}

} // namespace

watch_hub::watch_hub(const store& objects,
                     std::chrono::nanoseconds bookmark_interval,
                     size_t queue_limit, wall_time wall_origin)
  : objects_(objects),
    bookmark_interval_(bookmark_interval),
    queue_limit_(queue_limit),
    wall_origin_(wall_origin) {
  // nop
}

uint64_t watch_hub::open(watch_request what, instant now) {
  auto id = ++last_id_;
  auto& w = watches_[id];
  w.id = id;
  w.what = std::move(what);
  w.next_bookmark = now + bookmark_interval_;
  start(w, now);
  by_type_[&w.what.type->stored()].push_back(&w);
  arm(w);
  return id;
}

uint64_t watch_hub::open_with(const resource* type, std::string line,
                              bool broken) {
  auto id = ++last_id_;
  auto& w = watches_[id];
  w.id = id;
  w.what.type = type;
  w.queue.push_back(std::make_shared<const std::string>(std::move(line)));
  w.ended = true;
  w.broken = broken;
  return id;
}

void watch_hub::start(watch& w, instant now) {
  if (w.what.revision) {
    for (const auto& x : objects_.since(*w.what.type, *w.what.revision))
      deliver(w, *x);
    return;
  }
  auto prefix = w.what.ns.empty() ? std::string{} : w.what.ns + "/";
  objects_.scan(*w.what.type, 0, prefix, {},
                [&](const std::string& key, const object_ptr& x) {
                  if (!sees(w, key, x))
                    return true;
                  change fresh{&w.what.type->stored(),
                               key,
                               change_kind::added,
                               x,
                               nullptr,
                               x->revision(),
                               now,
                               {}};
                  w.queue.push_back(render(w, fresh, change_kind::added));
                  return true;
                });
}

bool watch_hub::sees(const watch& w, std::string_view key,
                     const object_ptr& x) {
  if (!x)
    return false;
  const auto& ns = w.what.ns;
  auto inside = ns.empty()
                || (key.size() > ns.size() && key.starts_with(ns)
                    && key[ns.size()] == '/');
  return inside && (w.what.filter.empty() || w.what.filter.matches(x->body()));
}

void watch_hub::deliver(watch& w, const change& x) {
  auto before = sees(w, x.key, x.before);
  auto after = x.kind != change_kind::deleted && sees(w, x.key, x.now);
  if (!before && !after)
    return;
  auto as = before && after ? change_kind::modified
            : after         ? change_kind::added
                            : change_kind::deleted;
  push(w, render(w, x, as));
}

watch_line watch_hub::render(watch& w, const change& x, change_kind as) const {
  if (w.what.as == form::plain && w.what.type->storage == nullptr)
    return x.line(as);
  auto shown = x.now;
  if (as == change_kind::deleted && x.kind == change_kind::modified) {
    auto body = x.before->body();
    body["metadata"]["resourceVersion"] = std::to_string(x.revision);
    shown = std::make_shared<const object>(std::move(body), x.revision);
  }
  if (w.what.as == form::plain)
    return make_line(to_string(as), show(*w.what.type, *shown));
  auto now = wall_time_at(wall_origin_, x.at);
  auto table = to_table(*w.what.type, {shown},
                        {{"resourceVersion", std::to_string(x.revision)}}, now,
                        !w.told_columns);
  w.told_columns = true;
  return make_line(to_string(as), table.dump());
}

watch_line watch_hub::bookmark(const watch& w) const {
  json object{{"kind", w.what.type->kind},
              {"apiVersion", w.what.type->api_version()},
              {"metadata",
               {{"resourceVersion", std::to_string(objects_.revision())},
                {"creationTimestamp", nullptr}}}};
  return make_line("BOOKMARK", object.dump());
}

void watch_hub::push(watch& w, watch_line line) {
  if (w.ended)
    return;
  // Whoever does not read is cut off, as by the real server.
  if (w.queue.size() >= queue_limit_)
    return finish(w, false);
  auto wake = w.queue.empty();
  w.queue.push_back(std::move(line));
  if (wake && wake_)
    wake_(w.id);
}

void watch_hub::finish(watch& w, bool broken) {
  if (w.ended)
    return;
  w.ended = true;
  w.broken = broken;
  disarm(w);
  if (wake_)
    wake_(w.id);
}

void watch_hub::note(const change& x) {
  auto i = by_type_.find(x.type);
  if (i == by_type_.end())
    return;
  for (auto* w : i->second)
    if (!w->ended)
      deliver(*w, x);
}

watch_batch watch_hub::take(uint64_t id) {
  auto i = watches_.find(id);
  if (i == watches_.end())
    return {{}, true, false};
  auto& w = i->second;
  watch_batch result{std::move(w.queue), w.ended, w.broken};
  w.queue.clear();
  return result;
}

void watch_hub::close(uint64_t id) {
  auto i = watches_.find(id);
  if (i == watches_.end())
    return;
  disarm(i->second);
  if (auto home = by_type_.find(&i->second.what.type->stored());
      home != by_type_.end())
    std::erase(home->second, &i->second);
  watches_.erase(i);
}

void watch_hub::on_wake(std::function<void(uint64_t)> wake) {
  wake_ = std::move(wake);
}

void watch_hub::arm(watch& w) {
  w.timer = w.what.bookmarks ? std::min(w.what.deadline, w.next_bookmark)
                             : w.what.deadline;
  timers_.emplace(w.timer, w.id);
}

void watch_hub::disarm(const watch& w) {
  timers_.erase({w.timer, w.id});
}

void watch_hub::advance(instant now) {
  while (!timers_.empty() && timers_.begin()->first <= now) {
    auto& w = watches_.at(timers_.begin()->second);
    timers_.erase(timers_.begin());
    if (w.what.bookmarks)
      push(w, bookmark(w));
    if (w.what.deadline <= now) {
      finish(w, false);
    } else if (!w.ended) {
      w.next_bookmark = now + bookmark_interval_;
      arm(w);
    }
  }
}

std::optional<instant> watch_hub::next_deadline() const {
  if (timers_.empty())
    return std::nullopt;
  return timers_.begin()->first;
}

void watch_hub::break_all(const resource* type) {
  for (auto& [id, w] : watches_)
    if (type == nullptr || &w.what.type->stored() == &type->stored())
      finish(w, true);
}

} // namespace natgw::emulator::kube
