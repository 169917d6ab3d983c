#include "emulator/kube/writer.hpp"

#include <memory>
#include <utility>

#include "core/time_text.hpp"
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

// Where a pod's addresses and its first one disagree, that one counts, as it
// does for kubelets that know no other.
void follow_pod_ip(json& status) {
  auto ip = text(status, {"podIP"});
  auto* list = look(status, {"podIPs"}) == nullptr ? nullptr
                                                   : &status["podIPs"];
  if (ip.empty() || list == nullptr || !list->is_array() || list->empty()
      || text(list->front(), {"ip"}) == ip)
    return;
  *list = json::array({{{"ip", std::string{ip}}}});
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

wall_time writer::wall_time_at(instant now) const {
  return kube::wall_time_at(wall_origin_, now);
}

std::string writer::wall(instant now) const {
  return core::format_time(wall_time_at(now));
}

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
  drop_empty_fields(metadata);
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
  if (type.plural == "pods" && !type.custom)
    follow_pod_ip(status);
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
  drop_empty_fields(body["metadata"]);
  if (body == old->body())
    return;
  if (is_deleting(body) && !holds_deletion(body))
    objects_.erase(type, key, now);
  else
    objects_.put(type, key, std::move(body), now);
}

} // namespace natgw::emulator::kube
