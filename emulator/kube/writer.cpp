#include "emulator/kube/writer.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "emulator/kube/concat.hpp"
#include "emulator/kube/json_access.hpp"
#include "emulator/kube/patch.hpp"
#include "emulator/kube/rules.hpp"
#include "emulator/kube/schema.hpp"

namespace natgw::emulator::kube {

namespace {

// The API server's own words for a failed precondition of a PUT.
std::string precondition(const address& at, std::string_view wanted,
                         std::string_view found) {
  return concat("StorageError: invalid object, Code: 4, Key: /registry/",
                at.type->group.empty() ? "" : at.type->group + "/",
                at.type->plural, "/", at.key(),
                ", ResourceVersion: 0, AdditionalErrorMsg: Precondition "
                "failed: UID in precondition: ",
                wanted, ", UID in object meta: ", found);
}

// A copy of one member from `old` to `next`, or its absence.
void keep(const json& old, json& next, const char* name) {
  if (auto i = old.find(name); i != old.end())
    next[name] = *i;
  else
    next.erase(name);
}

// What counts as a change of the specification.
bool same_specification(const resource& type, json a, json b) {
  for (auto* x : {&a, &b}) {
    x->erase("metadata");
    if (type.status)
      x->erase("status");
  }
  return a == b;
}

void drop_empty(json& metadata) {
  for (const auto* name :
       {"finalizers", "ownerReferences", "labels", "annotations"})
    if (auto i = metadata.find(name);
        i != metadata.end() && (i->is_null() || i->empty()))
      metadata.erase(name);
}

bool holds_deletion(const json& object) {
  const auto* grace = look(object, {"metadata", "deletionGracePeriodSeconds"});
  auto pending = grace != nullptr && grace->is_number_integer()
                 && grace->get<int64_t>() > 0;
  const auto* content = look(object, {"spec", "finalizers"});
  return has_finalizers(object) || pending
         || (text(object, {"kind"}) == "Namespace" && content != nullptr
             && !content->empty());
}

} // namespace

writer::writer(store& objects, wall_time wall_origin, std::mt19937_64& random)
  : objects_(objects),
    wall_origin_(wall_origin),
    random_(random) {
  // nop
}

std::string writer::wall(instant now) const {
  return timestamp(wall_origin_
                   + std::chrono::duration_cast<std::chrono::milliseconds>(
                     now.time_since_epoch()));
}

// -- create -----------------------------------------------------------------

std::optional<refusal> writer::check_namespace(const address& at) const {
  if (!at.type->namespaced)
    return std::nullopt;
  const auto* spaces = objects_.types().find("", "v1", "namespaces");
  auto space = objects_.find(*spaces, at.ns);
  if (!space)
    return not_found(*spaces, at.ns);
  if (!is_deleting(space->body()))
    return std::nullopt;
  auto result = forbidden(*at.type, at.name,
                          concat("unable to create new content in namespace ",
                                 at.ns, " because it is being terminated"));
  result.details["causes"] = json::array(
    {{{"reason", "NamespaceTerminating"},
      {"message", concat("namespace ", at.ns, " is being terminated")},
      {"field", "metadata.namespace"}}});
  return result;
}

result<json> writer::prepare_fresh(const address& at, json body, instant now) {
  auto& metadata = member(body, "metadata");
  if (metadata.value("name", json("")) == ""
      && !text(metadata, {"generateName"}).empty())
    metadata["name"] = generate_name(text(metadata, {"generateName"}), random_);
  if (!text(metadata, {"resourceVersion"}).empty())
    return std::unexpected{
      refusal{500,
              "",
              "resourceVersion should not be set on objects to be created",
              {},
              {}}};
  if (auto bad = check_metadata(*at.type, body))
    return std::unexpected{std::move(*bad)};
  if (auto ns = text(metadata, {"namespace"}); !ns.empty() && ns != at.ns)
    return std::unexpected{
      bad_request("the namespace of the provided object does not match the "
                  "namespace sent on the request")};
  for (const auto* name :
       {"deletionTimestamp", "deletionGracePeriodSeconds", "generation",
        "selfLink", "managedFields", "resourceVersion"})
    metadata.erase(name);
  if (at.type->namespaced)
    metadata["namespace"] = at.ns;
  metadata["uid"] = make_uid(random_);
  auto time = wall(now);
  metadata["creationTimestamp"] = time;
  if (at.type->generation)
    metadata["generation"] = 1;
  drop_empty(metadata);
  default_fresh(*at.type, body, time);
  if (auto bad = check_fresh(*at.type, body))
    return std::unexpected{std::move(*bad)};
  if (auto bad = apply_schema(at.type->schema, body))
    return std::unexpected{invalid(*at.type, name_of(body), bad->field,
                                   "FieldValueInvalid", bad->message)};
  return body;
}

result<written> writer::create(const address& at, json body, bool dry_run,
                               instant now) {
  auto fresh = prepare_fresh(at, std::move(body), now);
  if (!fresh)
    return std::unexpected{std::move(fresh.error())};
  auto home = at;
  home.name = name_of(*fresh);
  if (auto bad = check_namespace(home))
    return std::unexpected{std::move(*bad)};
  if (objects_.find(*at.type, home.key()))
    return std::unexpected{already_exists(*at.type, home.name)};
  if (dry_run)
    return written{
      std::make_shared<const object>(std::move(*fresh), 0), {}, 201};
  return written{
    objects_.put(*at.type, home.key(), std::move(*fresh), now), {}, 201};
}

// -- update -----------------------------------------------------------------

std::optional<refusal> writer::check_identity(const address& at,
                                              const json& old,
                                              const update& next) const {
  const auto& type = *at.type;
  auto revision = text(next.body, {"metadata", "resourceVersion"});
  auto uid = uid_of(next.body);
  if (next.replaces && !uid.empty() && uid != uid_of(old))
    return conflict(type, at.name, precondition(at, uid, uid_of(old)));
  if (revision.empty() && !type.unconditional_update)
    return invalid(type, at.name, "metadata.resourceVersion",
                   "FieldValueInvalid",
                   "Invalid value: 0x0: must be specified for an update");
  if (!revision.empty()
      && revision != text(old, {"metadata", "resourceVersion"}))
    return modified_meanwhile(type, at.name);
  if (!uid.empty() && uid != uid_of(old))
    return invalid(type, at.name, "metadata.uid", "FieldValueInvalid",
                   concat("Invalid value: \"", uid, "\": field is immutable"));
  return std::nullopt;
}

void writer::keep_system_fields(const json& old, json& next) const {
  const auto& before = old["metadata"];
  auto& metadata = member(next, "metadata");
  for (const auto* name :
       {"uid", "creationTimestamp", "deletionTimestamp",
        "deletionGracePeriodSeconds", "generation", "resourceVersion",
        "namespace", "name", "generateName"})
    keep(before, metadata, name);
  metadata.erase("selfLink");
  metadata.erase("managedFields");
  drop_empty(metadata);
}

void writer::keep_other_half(const address& at, const json& old, json& next) {
  const auto& type = *at.type;
  if (at.subresource.empty()) {
    if (type.status)
      keep(old, next, "status");
    if (type.plural == "namespaces")
      keep(old, next, "spec");
    return;
  }
  // A status write of a custom resource changes nothing but the status; one
  // of a pod or node may touch labels, annotations and finalizers.
  auto status = next.contains("status") ? next["status"] : json();
  auto metadata = type.custom ? old["metadata"] : next["metadata"];
  keep(old["metadata"], metadata, "ownerReferences");
  next = old;
  next["metadata"] = std::move(metadata);
  if (status.is_null())
    next.erase("status");
  else
    next["status"] = std::move(status);
}

std::optional<refusal> writer::check_finalizers(const resource& type,
                                                const json& old,
                                                const json& next) {
  const auto* list = look(next, {"metadata", "finalizers"});
  if (!is_deleting(old) || list == nullptr)
    return std::nullopt;
  for (const auto& x : *list)
    if (!has_finalizer(old, x.get_ref<const std::string&>()))
      return invalid(
        type, name_of(old), "metadata.finalizers", "FieldValueForbidden",
        concat("Forbidden: no new finalizers can be added if the object is "
               "being deleted, found new finalizers []string{",
               x.dump(), "}"));
  return std::nullopt;
}

result<written> writer::apply(const address& at, const object_ptr& old,
                              update next, instant now) {
  const auto& type = *at.type;
  const auto& before = old->body();
  auto& body = next.body;
  if (auto bad = check_metadata(type, body))
    return std::unexpected{std::move(*bad)};
  if (name_of(body) != at.name)
    return std::unexpected{bad_request(
      concat("the name of the object (", name_of(body),
             ") does not match the name on the URL (", at.name, ")"))};
  if (auto ns = namespace_of(body); !ns.empty() && ns != at.ns)
    return std::unexpected{
      bad_request("the namespace of the provided object does not match the "
                  "namespace sent on the request")};
  if (auto bad = check_identity(at, before, next))
    return std::unexpected{std::move(*bad)};
  body["apiVersion"] = type.stored().api_version();
  body["kind"] = type.kind;
  keep_other_half(at, before, body);
  keep_system_fields(before, body);
  if (auto bad = apply_schema(type.schema, body))
    return std::unexpected{
      invalid(type, at.name, bad->field, "FieldValueInvalid", bad->message)};
  if (auto bad = check_finalizers(type, before, body))
    return std::unexpected{std::move(*bad)};
  if (auto bad = check_change(type, before, body))
    return std::unexpected{std::move(*bad)};
  if (body == before)
    return written{old, {}, 200};
  if (type.generation && !same_specification(type, before, body))
    body["metadata"]["generation"]
      = before["metadata"].value("generation", int64_t{0}) + 1;
  if (next.dry_run)
    return written{std::make_shared<const object>(std::move(body), 0), {}, 200};
  if (is_deleting(body) && !holds_deletion(body)) {
    auto last = std::make_shared<const object>(std::move(body),
                                               old->revision());
    objects_.erase(type, at.key(), now);
    return written{std::move(last), {}, 200};
  }
  return written{objects_.put(type, at.key(), std::move(body), now), {}, 200};
}

result<written> writer::replace(const address& at, json body, bool dry_run,
                                instant now) {
  auto old = objects_.find(*at.type, at.key());
  if (!old) {
    if (at.type->create_on_update && at.subresource.empty())
      return create(at, std::move(body), dry_run, now);
    return std::unexpected{not_found(*at.type, at.name)};
  }
  return apply(at, old, {std::move(body), dry_run, true}, now);
}

result<written> writer::patch(const address& at, patch_form form,
                              const json& body, bool dry_run, instant now) {
  auto old = objects_.find(*at.type, at.key());
  if (!old)
    return std::unexpected{not_found(*at.type, at.name)};
  auto next = outward(*at.type, old->body());
  if (form == patch_form::merge) {
    if (!body.is_object())
      return std::unexpected{
        bad_request("error decoding patch: the patch is not an object")};
    merge_patch(next, body);
  } else {
    auto done = form == patch_form::strategic ? strategic_patch(next, body)
                                              : json_patch(next, body);
    if (!done) {
      refusal bad{422,
                  "Invalid",
                  "the server rejected our request due to an error in our "
                  "request",
                  {},
                  {}};
      bad.details["causes"] = json::array(
        {{{"reason", "UnexpectedServerResponse"}, {"message", done.error()}}});
      return std::unexpected{std::move(bad)};
    }
    next = std::move(*done);
  }
  if (!next.is_object())
    return std::unexpected{bad_request("the patched object is no object")};
  return apply(at, old, {inward(*at.type, std::move(next)), dry_run, false},
               now);
}

void writer::edit(const resource& type, const std::string& key,
                  const std::function<void(json&)>& change, instant now) {
  auto old = objects_.find(type, key);
  if (!old)
    return;
  auto body = old->body();
  change(body);
  drop_empty(body["metadata"]);
  if (body == old->body())
    return;
  if (is_deleting(body) && !holds_deletion(body))
    objects_.erase(type, key, now);
  else
    objects_.put(type, key, std::move(body), now);
}

// -- delete -----------------------------------------------------------------

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
  drop_empty(metadata);
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

// -- subresources of pods ---------------------------------------------------

result<written> writer::bind(const address& pod, const json& binding,
                             instant now) {
  auto old = objects_.find(*pod.type, pod.key());
  if (!old)
    return std::unexpected{not_found(*pod.type, pod.name)};
  auto node = std::string{text(binding, {"target", "name"})};
  auto bound = text(old->body(), {"spec", "nodeName"});
  if (node.empty())
    return std::unexpected{invalid(*pod.type, pod.name, "target.name",
                                   "FieldValueRequired", "Required value")};
  auto named = *pod.type;
  named.plural = "pods/binding";
  if (is_deleting(old->body()))
    return std::unexpected{
      conflict(named, pod.name,
               concat("pod ", pod.name,
                      " is being deleted, cannot be assigned to a "
                      "host"))};
  if (!bound.empty())
    return std::unexpected{
      conflict(named, pod.name,
               concat("pod ", pod.name, " is already assigned to node \"",
                      bound, "\""))};
  auto body = old->body();
  member(body, "spec")["nodeName"] = node;
  if (const auto* extra = look(binding, {"metadata", "annotations"});
      extra != nullptr && extra->is_object())
    member(member(body, "metadata"), "annotations").update(*extra);
  json patch{
    {"status",
     {{"conditions", json::array({{{"type", "PodScheduled"},
                                   {"status", "True"},
                                   {"lastProbeTime", nullptr},
                                   {"lastTransitionTime", wall(now)}}})}}}};
  if (auto done = strategic_patch(body, patch))
    body = std::move(*done);
  objects_.put(*pod.type, pod.key(), std::move(body), now);
  return written{nullptr,
                 {{"kind", "Status"},
                  {"apiVersion", "v1"},
                  {"metadata", json::object()},
                  {"status", "Success"},
                  {"code", 201}},
                 201};
}

result<written> writer::evict(const address& pod, const json& eviction,
                              instant now) {
  delete_options how;
  if (const auto* grace = look(eviction,
                               {"deleteOptions", "gracePeriodSeconds"});
      grace != nullptr && grace->is_number_integer())
    how.grace_seconds = grace->get<int64_t>();
  how.uid = text(eviction, {"deleteOptions", "preconditions", "uid"});
  auto done = remove(pod, std::move(how), now);
  if (!done)
    return done;
  return written{nullptr,
                 {{"kind", "Status"},
                  {"apiVersion", "v1"},
                  {"metadata", json::object()},
                  {"status", "Success"},
                  {"code", 201}},
                 201};
}

} // namespace natgw::emulator::kube
