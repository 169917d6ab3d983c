#include "emulator/kube/store.hpp"

#include <algorithm>
#include <utility>

#include "emulator/kube/json_access.hpp"

namespace natgw::emulator::kube {

namespace {

std::string with_revision(const object& x, uint64_t revision) {
  auto body = x.body();
  body["metadata"]["resourceVersion"] = std::to_string(revision);
  return body.dump();
}

} // namespace

object::object(json body, uint64_t revision)
  : body_(std::move(body)),
    revision_(revision) {
  // nop
}

const std::string& object::text() const {
  if (text_.empty())
    text_ = body_.dump();
  return text_;
}

std::string_view to_string(change_kind x) {
  switch (x) {
    case change_kind::added:
      return "ADDED";
    case change_kind::modified:
      return "MODIFIED";
    default:
      return "DELETED";
  }
}

watch_line change::line(change_kind as) const {
  auto& slot = lines.at(static_cast<size_t>(as));
  if (slot)
    return slot;
  std::string out = "{\"type\":\"";
  out += to_string(as);
  out += "\",\"object\":";
  // Whoever loses sight of an object is told what he last saw of it.
  if (as == change_kind::deleted && kind == change_kind::modified)
    out += with_revision(*before, revision);
  else
    out += now->text();
  out += "}\n";
  slot = std::make_shared<const std::string>(std::move(out));
  return slot;
}

std::string make_key(std::string_view ns, std::string_view name) {
  std::string key;
  key.reserve(ns.size() + name.size() + 1);
  if (!ns.empty()) {
    key += ns;
    key += '/';
  }
  key += name;
  return key;
}

store::store(size_t log_window) : log_window_(std::max<size_t>(1, log_window)) {
  // nop
}

store::collection& store::of(const resource& type) {
  return collections_[&type.stored()];
}

const store::collection* store::look(const resource& type) const {
  auto i = collections_.find(&type.stored());
  return i == collections_.end() ? nullptr : &i->second;
}

object_ptr store::find(const resource& type, std::string_view key) const {
  const auto* home = look(type);
  if (home == nullptr)
    return nullptr;
  auto i = home->objects.find(key);
  return i == home->objects.end() ? nullptr : i->second;
}

object_ptr store::find_uid(std::string_view uid) const {
  auto i = by_uid_.find(std::string{uid});
  return i == by_uid_.end() ? nullptr : find(*i->second.type, i->second.key);
}

size_t store::count(const resource& type) const {
  const auto* home = look(type);
  return home == nullptr ? 0 : home->objects.size();
}

void store::index(const place& where, const json* before, const json* after) {
  auto each_owner = [](const json* x, auto visit) {
    const auto* list = x == nullptr
                         ? nullptr
                         : kube::look(*x, {"metadata", "ownerReferences"});
    if (list != nullptr && list->is_array())
      for (const auto& owner : *list)
        visit(std::string{kube::text(owner, {"uid"})});
  };
  each_owner(after, [&](const std::string& uid) { ++by_owner_[uid][where]; });
  each_owner(before, [&](const std::string& uid) {
    auto& places = by_owner_[uid];
    if (--places[where] <= 0)
      places.erase(where);
    if (places.empty())
      by_owner_.erase(uid);
  });
  if (before != nullptr
      && (after == nullptr || uid_of(*before) != uid_of(*after)))
    by_uid_.erase(std::string{uid_of(*before)});
  if (after != nullptr)
    by_uid_.insert_or_assign(std::string{uid_of(*after)}, where);
}

void store::publish(collection& home, change x) {
  auto entry = std::make_shared<const change>(std::move(x));
  home.log.push_back(entry);
  if (home.log.size() > log_window_) {
    home.compacted = home.log.front()->revision;
    home.log.pop_front();
  }
  for (const auto& f : listeners_)
    f(entry);
}

object_ptr store::put(const resource& type, const std::string& key, json body,
                      instant now) {
  const auto& stored = type.stored();
  auto& home = of(stored);
  auto& slot = home.objects[key];
  auto before = slot;
  body["metadata"]["resourceVersion"] = std::to_string(++revision_);
  slot = std::make_shared<const object>(std::move(body), revision_);
  auto after = slot;
  index({&stored, key}, before ? &before->body() : nullptr, &after->body());
  publish(home, {&stored,
                 key,
                 before ? change_kind::modified : change_kind::added,
                 after,
                 before,
                 revision_,
                 now,
                 {}});
  return after;
}

object_ptr store::erase(const resource& type, std::string_view key,
                        instant now) {
  const auto& stored = type.stored();
  auto& home = of(stored);
  auto i = home.objects.find(key);
  if (i == home.objects.end())
    return nullptr;
  auto before = i->second;
  auto name = i->first;
  home.objects.erase(i);
  auto body = before->body();
  body["metadata"]["resourceVersion"] = std::to_string(++revision_);
  auto last = std::make_shared<const object>(std::move(body), revision_);
  index({&stored, name}, &before->body(), nullptr);
  publish(
    home,
    {&stored, name, change_kind::deleted, last, before, revision_, now, {}});
  return last;
}

void store::scan(const resource& type, uint64_t revision,
                 std::string_view prefix, std::string_view from,
                 const std::function<bool(const std::string&,
                                          const object_ptr&)>& visit) const {
  const auto* home = look(type);
  if (home == nullptr)
    return;
  // What changed since `revision`, as it was then: the first change of a key
  // tells. Absent objects are null.
  std::map<std::string, object_ptr, std::less<>> then;
  if (revision != 0)
    for (const auto& x : since(type, revision))
      then.try_emplace(x->key, x->before);
  auto start = std::max(prefix, from);
  auto present = home->objects.lower_bound(start);
  auto past = then.lower_bound(start);
  auto more = [&](const auto& i, const auto& end) {
    return i != end && i->first.starts_with(prefix);
  };
  while (true) {
    auto left = more(present, home->objects.end());
    auto right = more(past, then.end());
    if (!left && !right)
      return;
    auto use_past = right && (!left || past->first <= present->first);
    if (use_past && left && past->first == present->first)
      ++present;
    auto& at = use_past ? *past++ : *present++;
    if (at.second && !visit(at.first, at.second))
      return;
  }
}

std::vector<change_ptr> store::since(const resource& type,
                                     uint64_t revision) const {
  const auto* home = look(type);
  if (home == nullptr)
    return {};
  auto first = std::ranges::upper_bound(
    home->log, revision, {}, [](const change_ptr& x) { return x->revision; });
  return {first, home->log.end()};
}

uint64_t store::revision_at(const resource& type, instant then) const {
  const auto* home = look(type);
  if (home == nullptr)
    return revision_;
  auto first = std::ranges::upper_bound(
    home->log, then, {}, [](const change_ptr& x) { return x->at; });
  return first == home->log.end() ? revision_ : (*first)->revision - 1;
}

uint64_t store::compacted(const resource& type) const {
  const auto* home = look(type);
  return home == nullptr ? 0 : home->compacted;
}

void store::compact() {
  for (auto& [type, home] : collections_) {
    home.log.clear();
    home.compacted = revision_;
  }
}

void store::subscribe(listener f) {
  listeners_.push_back(std::move(f));
}

std::vector<std::pair<const resource*, std::string>>
store::dependents(std::string_view owner_uid) const {
  std::vector<std::pair<const resource*, std::string>> result;
  auto i = by_owner_.find(std::string{owner_uid});
  if (i != by_owner_.end())
    for (const auto& [where, count] : i->second)
      result.emplace_back(where.type, where.key);
  return result;
}

} // namespace natgw::emulator::kube
