#include "emulator/kube/collector.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "emulator/kube/json_access.hpp"

namespace natgw::emulator::kube {

namespace {

const json& references_of(const json& object) {
  static const json none = json::array();
  const auto* list = look(object, {"metadata", "ownerReferences"});
  return list != nullptr && list->is_array() ? *list : none;
}

bool is_core(const resource& type, std::string_view plural) {
  return !type.custom && type.plural == plural;
}

bool blocks(const json& reference) {
  const auto* x = look(reference, {"blockOwnerDeletion"});
  return x != nullptr && *x == true;
}

void drop_finalizer(json& object, std::string_view finalizer) {
  auto& list = object["metadata"]["finalizers"];
  if (list.is_array())
    list.erase(std::remove(list.begin(), list.end(), json(finalizer)),
               list.end());
}

address split_key(const resource& type, const std::string& key) {
  auto slash = key.find('/');
  if (!type.namespaced || slash == std::string::npos)
    return {&type, "", key, ""};
  return {&type, key.substr(0, slash), key.substr(slash + 1), ""};
}

} // namespace

collector::collector(store& objects, writer& rules,
                     std::chrono::nanoseconds delay)
  : objects_(objects),
    rules_(rules),
    delay_(delay) {
  // nop
}

void collector::schedule(const resource* type, const std::string& key,
                         instant at) {
  auto [i, fresh] = due_.try_emplace({type, key}, at);
  if (fresh)
    queue_.emplace(at, place{type, key});
}

void collector::schedule_owners(const json& object, instant at) {
  for (const auto& reference : references_of(object)) {
    auto owner = objects_.find_uid(text(reference, {"uid"}));
    if (owner && has_finalizer(owner->body(), "foregroundDeletion")) {
      const auto& body = owner->body();
      if (const auto* type = objects_.types().find_kind(
            text(body, {"apiVersion"}), text(body, {"kind"})))
        schedule(type, make_key(namespace_of(body), name_of(body)), at);
    }
  }
}

void collector::schedule_dependents(std::string_view uid, instant at) {
  for (const auto& [type, key] : objects_.dependents(uid))
    schedule(type, key, at);
}

void collector::note(const change& x) {
  const auto& body = x.now->body();
  auto at = x.at + delay_;
  if (x.kind == change_kind::deleted) {
    schedule_dependents(uid_of(body), at);
    schedule_owners(body, at);
    return;
  }
  const auto& references = references_of(body);
  auto changed = x.before ? references_of(x.before->body()) != references
                          : false;
  if (changed)
    schedule_owners(x.before->body(), at);
  if (is_deleting(body) || (!references.empty() && (!x.before || changed)))
    schedule(x.type, x.key, at);
}

std::optional<instant> collector::next_deadline() const {
  if (queue_.empty())
    return std::nullopt;
  return queue_.begin()->first;
}

void collector::advance(instant now) {
  while (!queue_.empty() && queue_.begin()->first <= now) {
    auto [type, key] = queue_.begin()->second;
    queue_.erase(queue_.begin());
    due_.erase({type, key});
    visit(*type, key, now);
  }
}

void collector::visit(const resource& type, const std::string& key,
                      instant now) {
  auto x = objects_.find(type, key);
  if (!x)
    return;
  if (is_deleting(x->body())) {
    if (is_core(type, "namespaces"))
      return end_namespace(key, now);
    if (is_core(type, "customresourcedefinitions"))
      return end_definition(type, key, x, now);
    if (has_finalizer(x->body(), "orphan"))
      return end_orphan(type, key, x, now);
    if (has_finalizer(x->body(), "foregroundDeletion"))
      return end_foreground(type, key, x, now);
  }
  check_owners(type, key, x, now);
}

bool collector::is_live_owner(const json& reference, const json& dependent,
                              bool& waiting) const {
  auto owner = objects_.find_uid(text(reference, {"uid"}));
  if (!owner)
    return false;
  auto ns = namespace_of(owner->body());
  if (!ns.empty() && ns != namespace_of(dependent))
    return false;
  waiting = is_deleting(owner->body())
            && has_finalizer(owner->body(), "foregroundDeletion");
  return true;
}

collector::owners collector::classify(const json& object) const {
  owners result;
  for (const auto& reference : references_of(object)) {
    auto waiting = false;
    if (!is_live_owner(reference, object, waiting))
      result.dangling = true;
    else if (waiting)
      result.waiting = true;
    else
      result.solid = true;
  }
  return result;
}

void collector::drop_references(const resource& type, const std::string& key,
                                instant now) {
  rules_.edit(
    type, key,
    [this](json& object) {
      auto kept = json::array();
      for (const auto& reference : references_of(object)) {
        auto waiting = false;
        if (is_live_owner(reference, object, waiting) && !waiting)
          kept.push_back(reference);
      }
      object["metadata"]["ownerReferences"] = std::move(kept);
    },
    now);
}

void collector::check_owners(const resource& type, const std::string& key,
                             const object_ptr& x, instant now) {
  const auto& body = x->body();
  if (references_of(body).empty())
    return;
  auto state = classify(body);
  if (state.solid) {
    if (state.dangling || state.waiting)
      drop_references(type, key, now);
    return;
  }
  if (is_deleting(body))
    return;
  auto policy = propagation::background;
  auto waits = state.waiting && !objects_.dependents(uid_of(body)).empty();
  if (!waits && has_finalizer(body, "orphan"))
    policy = propagation::orphan;
  else if (waits || has_finalizer(body, "foregroundDeletion"))
    policy = propagation::foreground;
  remove(type, key, policy, now);
}

void collector::end_foreground(const resource& type, const std::string& key,
                               const object_ptr& x, instant now) {
  auto uid = std::string{uid_of(x->body())};
  auto blocked = false;
  for (const auto& [kind, name] : objects_.dependents(uid)) {
    if (auto dependent = objects_.find(*kind, name))
      check_owners(*kind, name, dependent, now);
    auto left = objects_.find(*kind, name);
    if (!left)
      continue;
    blocked = blocked
              || std::ranges::any_of(
                references_of(left->body()), [&uid](const json& reference) {
                  return text(reference, {"uid"}) == uid && blocks(reference);
                });
  }
  if (!blocked)
    rules_.edit(
      type, key,
      [](json& object) { drop_finalizer(object, "foregroundDeletion"); }, now);
}

void collector::end_orphan(const resource& type, const std::string& key,
                           const object_ptr& x, instant now) {
  auto uid = std::string{uid_of(x->body())};
  for (const auto& [kind, name] : objects_.dependents(uid))
    rules_.edit(
      *kind, name,
      [&uid](json& object) {
        auto& list = object["metadata"]["ownerReferences"];
        list.erase(std::remove_if(list.begin(), list.end(),
                                  [&uid](const json& reference) {
                                    return text(reference, {"uid"}) == uid;
                                  }),
                   list.end());
      },
      now);
  rules_.edit(
    type, key, [](json& object) { drop_finalizer(object, "orphan"); }, now);
}

void collector::end_namespace(const std::string& name, instant now) {
  std::vector<place> content;
  for (const auto* type : objects_.types().all())
    if (type->namespaced && type->storage == nullptr)
      objects_.scan(*type, 0, name + "/", {},
                    [&](const std::string& key, const object_ptr&) {
                      content.emplace_back(type, key);
                      return true;
                    });
  for (const auto& [type, key] : content)
    remove(*type, key, propagation::background, now);
  auto left = std::ranges::any_of(content, [this](const place& x) {
    return objects_.find(*x.first, x.second) != nullptr;
  });
  const auto* spaces = objects_.types().find("", "v1", "namespaces");
  if (!left)
    return rules_.edit(
      *spaces, name,
      [](json& object) { object["spec"]["finalizers"] = json::array(); }, now);
  // At least a millisecond, so that a delay of zero cannot loop.
  schedule(spaces, name,
           now
             + std::max<std::chrono::nanoseconds>(
               delay_, std::chrono::milliseconds{1}));
}

void collector::end_definition(const resource& type, const std::string& key,
                               const object_ptr& x, instant now) {
  const auto& crd = x->body();
  const resource* stored = nullptr;
  for (const auto* candidate : objects_.types().all())
    if (candidate->custom && candidate->storage == nullptr
        && candidate->group == text(crd, {"spec", "group"})
        && candidate->plural == text(crd, {"spec", "names", "plural"}))
      stored = candidate;
  std::vector<std::string> keys;
  if (stored != nullptr)
    objects_.scan(*stored, 0, {}, {},
                  [&keys](const std::string& name, const object_ptr&) {
                    keys.push_back(name);
                    return true;
                  });
  for (const auto& name : keys)
    remove(*stored, name, propagation::background, now);
  if (stored == nullptr || objects_.count(*stored) == 0)
    return rules_.edit(
      type, key,
      [](json& object) {
        drop_finalizer(object, "customresourcecleanup.apiextensions.k8s.io");
      },
      now);
  schedule(&type, key,
           now
             + std::max<std::chrono::nanoseconds>(
               delay_, std::chrono::milliseconds{1}));
}

void collector::remove(const resource& type, const std::string& key,
                       propagation policy, instant now) {
  delete_options how;
  how.policy = policy;
  // Absent by now is as good.
  (void)rules_.remove(split_key(type, key), std::move(how), now);
}

} // namespace natgw::emulator::kube
