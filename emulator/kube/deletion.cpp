#include "emulator/kube/writer.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "emulator/kube/concat.hpp"
#include "emulator/kube/json_access.hpp"
#include "emulator/kube/rules.hpp"

namespace natgw::emulator::kube {

void writer::mark_deleting(json& object, instant now) const {
  auto& metadata = object["metadata"];
  if (!is_deleting(object)) {
    if (auto i = metadata.find("generation"); i != metadata.end())
      *i = i->get<int64_t>() + 1;
    metadata["deletionTimestamp"] = wall(now);
  }
  metadata["deletionGracePeriodSeconds"] = 0;
}

bool writer::revise_finalizers(json& object, const delete_options& how) {
  if (how.policy == propagation::by_default)
    return false;
  auto old = json::array();
  auto& metadata = object["metadata"];
  if (auto i = metadata.find("finalizers"); i != metadata.end())
    old = *i;
  auto next = json::array();
  for (const auto& x : old)
    if (x != "orphan" && x != "foregroundDeletion")
      next.push_back(x);
  if (how.policy == propagation::foreground)
    next.push_back("foregroundDeletion");
  else if (how.policy == propagation::orphan)
    next.push_back("orphan");
  metadata["finalizers"] = next;
  drop_empty_fields(metadata);
  return next != old;
}

// True if the pod is deleted with the grace period in `how`; `pending` is set
// if an earlier deletion with a shorter period goes on.
bool writer::begin_grace(const address& at, json& object, delete_options& how,
                         bool& pending, instant now) const {
  if (at.type->plural != "pods" || at.type->custom)
    return false;
  auto& metadata = object["metadata"];
  if (is_deleting(object)) {
    auto left = metadata.value("deletionGracePeriodSeconds", int64_t{0});
    if (left == 0)
      return false;
    if (!how.grace_seconds || *how.grace_seconds >= left) {
      pending = true;
      return false;
    }
  } else {
    const auto* period = look(object,
                              {"spec", "terminationGracePeriodSeconds"});
    auto phase = text(object, {"status", "phase"});
    if (!how.grace_seconds)
      how.grace_seconds = period != nullptr && period->is_number_integer()
                            ? period->get<int64_t>()
                            : 0;
    if (text(object, {"spec", "nodeName"}).empty() || phase == "Failed"
        || phase == "Succeeded")
      how.grace_seconds = 0;
    if (auto i = metadata.find("generation"); i != metadata.end())
      *i = i->get<int64_t>() + 1;
  }
  // Bounded, since the number comes from outside.
  how.grace_seconds = std::clamp<int64_t>(*how.grace_seconds, 0, 1'000'000'000);
  metadata["deletionTimestamp"]
    = wall(now + std::chrono::seconds{*how.grace_seconds});
  metadata["deletionGracePeriodSeconds"] = *how.grace_seconds;
  return true;
}

result<written> writer::begin_deletion(const address& at, const object_ptr& old,
                                       delete_options how, instant now) {
  const auto& type = *at.type;
  auto body = old->body();
  auto pending = false;
  auto graceful = begin_grace(at, body, how, pending, now);
  if (pending)
    return written{old, {}, 200};
  auto revised = revise_finalizers(body, how);
  auto held = has_finalizers(body);
  if (type.plural == "namespaces") {
    mark_deleting(body, now);
    body["status"]["phase"] = "Terminating";
    held = true;
  } else if (type.plural == "customresourcedefinitions" && !held) {
    body["metadata"]["finalizers"]
      = {"customresourcecleanup.apiextensions.k8s.io"};
    held = true;
  }
  if (!graceful && held)
    mark_deleting(body, now);
  if (how.dry_run)
    return written{std::make_shared<const object>(std::move(body), 0), {}, 200};
  if (graceful || held || revised) {
    auto same = body == old->body();
    auto current = same ? old
                        : objects_.put(type, at.key(), std::move(body), now);
    if (held || (graceful && *how.grace_seconds > 0))
      return written{std::move(current), {}, 200};
  }
  auto last = objects_.erase(type, at.key(), now);
  if (type.returns_deleted)
    return written{std::move(last), {}, 200};
  return written{nullptr, success(type, at.name, uid_of(last->body())), 200};
}

result<written> writer::remove(const address& at, delete_options how,
                               instant now) {
  auto old = objects_.find(*at.type, at.key());
  if (!old)
    return std::unexpected{not_found(*at.type, at.name)};
  // The real server names the kind, not the resource, in these two.
  auto named = *at.type;
  named.plural = named.kind;
  auto uid = uid_of(old->body());
  auto revision = text(old->body(), {"metadata", "resourceVersion"});
  if (!how.uid.empty() && how.uid != uid)
    return std::unexpected{conflict(
      named, at.name,
      concat("the UID in the precondition (", how.uid,
             ") does not match the UID in record (", uid,
             "). The object might have been deleted and then recreated"))};
  if (!how.resource_version.empty() && how.resource_version != revision)
    return std::unexpected{conflict(
      named, at.name,
      concat("the ResourceVersion in the precondition (", how.resource_version,
             ") does not match the ResourceVersion in record (", revision,
             "). The object might have been modified"))};
  if (how.grace_seconds && *how.grace_seconds < 0)
    how.grace_seconds = 1;
  return begin_deletion(at, old, std::move(how), now);
}

} // namespace natgw::emulator::kube
