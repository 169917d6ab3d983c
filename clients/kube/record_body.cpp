#include "clients/kube/record_body.hpp"

#include "clients/kube/intent_codec.hpp"
#include "clients/kube/json_writer.hpp"

namespace natgw::kube {

namespace {

/// Begins a patch, within its metadata, of the object that was seen.
void begin_patch(json_writer& out, const record_write& x) {
  out.begin_object()
    .key("metadata")
    .begin_object()
    .member("uid", x.uid)
    .member("resourceVersion", x.resource_version);
}

void write_owner(json_writer& out, const foreign_owner& x) {
  out.begin_object()
    .member("apiVersion", x.ref.api_version)
    .member("kind", x.ref.kind)
    .member("name", x.ref.name)
    .member("uid", x.ref.uid);
  if (x.controller)
    out.key("controller").boolean(true);
  if (x.block_deletion)
    out.key("blockOwnerDeletion").boolean(true);
  out.end_object();
}

void write_owners(json_writer& out, const record_write& x,
                  const std::vector<foreign_owner>& foreign) {
  out.key("ownerReferences").begin_array();
  for (auto& owner : foreign)
    write_owner(out, owner);
  if (!x.owner_pod_uid.empty())
    write_owner(out, {{"v1", "Pod", x.key.name, x.owner_pod_uid}, false, true});
  out.end_array();
}

/// A record that somebody else has made is ours to end from now on. To one
/// that is being deleted the server adds nothing.
void write_finalizers(json_writer& out, const record_view& base) {
  if (base.finalizer || base.deleting)
    return;
  out.key("finalizers").begin_array();
  for (auto& name : base.foreign_finalizers)
    out.string(name);
  out.string(finalizer).end_array();
}

void write_annotations(json_writer& out, const record_write& x) {
  out.key("annotations")
    .begin_object()
    .member(intent_annotation, encode_intent(x.promise));
  if (!x.controller_class.empty())
    out.member(class_annotation, x.controller_class);
  out.end_object();
}

// What is empty must not stay in a patched object, hence null; a schema of
// strings refuses null in a created one.
void write_optional(json_writer& out, std::string_view name,
                    std::string_view text, bool patching) {
  if (patching)
    out.member_or_null(name, text);
  else if (!text.empty())
    out.member(name, text);
}

/// `was` is the address that the object names so far, empty if none. Whoever
/// wrote the two fields for the same address may know better than we do.
void write_interface(json_writer& out, const record_write& x,
                     std::string_view was) {
  const auto& address = x.promise.internal_ip;
  auto known = x.interface && x.interface->address == address;
  auto stale = !was.empty() && was != address;
  if (known)
    out.member("eni", x.interface->eni);
  else if (stale)
    out.member_or_null("eni", {});
  if (known && !x.interface->vswitch.empty())
    out.member("vswitch", x.interface->vswitch);
  else if (stale)
    out.member_or_null("vswitch", {});
}

void write_spec(json_writer& out, const record_write& of,
                const record_view* base) {
  const auto& x = of.promise;
  auto patching = base != nullptr;
  out.key("spec").begin_object().member("externalIP", x.external_ip);
  write_interface(out, of, patching ? base->shown_ip : std::string_view{});
  write_optional(out, "internalIP", x.internal_ip, patching);
  out.key("portMapping").begin_array();
  for (auto& ports : project_items(x))
    out.begin_object()
      .member("externalPort", ports.external)
      .member("internalPort", ports.internal)
      .end_object();
  out.end_array();
  out
    .member("protocol",
            to_string(x.items.empty() ? protocol::tcp : x.items.front().proto))
    .member("tableId", x.gateway);
  write_optional(out, "zoneID", x.zone, patching);
  out.end_object();
}

void write_entry(json_writer& out, const status_entry& x) {
  out.begin_object()
    .member("externalIP", x.external_ip)
    .member("externalPort", x.external_port)
    .member("forwardEntryId", x.forward_entry_id)
    .member("internalIP", x.internal_ip)
    .member("internalPort", x.internal_port)
    .member("ipProtocol", to_string(x.proto))
    .end_object();
}

} // namespace

std::string create_body(const record_write& x) {
  json_writer out;
  out.begin_object()
    .member("apiVersion", "alibabacloud.com/v1beta1")
    .member("kind", "PodDNAT")
    .key("metadata")
    .begin_object()
    .member("name", x.key.name)
    .member("namespace", x.key.ns);
  out.key("finalizers").begin_array().string(finalizer).end_array();
  if (!x.owner_pod_uid.empty())
    write_owners(out, x, {});
  write_annotations(out, x);
  out.end_object();
  write_spec(out, x, nullptr);
  return out.end_object().take();
}

std::string promise_body(const record_write& x, const record_view& base) {
  json_writer out;
  begin_patch(out, x);
  write_finalizers(out, base);
  write_annotations(out, x);
  if (x.owner_pod_uid != base.owner_pod_uid)
    write_owners(out, x, base.foreign_owners);
  out.end_object();
  write_spec(out, x, &base);
  return out.end_object().take();
}

std::string status_body(const record_write& x) {
  json_writer out;
  begin_patch(out, x);
  out.end_object();
  out.key("status").begin_object().key("entries").begin_array();
  for (auto& entry : x.status)
    write_entry(out, entry);
  out.end_array();
  // For the eyes of people only: an older CRD prunes it, and nobody reads it.
  out.member("state", x.status.empty() ? "Waiting" : "Forwarding");
  return out.end_object().end_object().take();
}

std::string release_body(const record_write& x, const record_view& base) {
  json_writer out;
  begin_patch(out, x);
  out.key("finalizers").begin_array();
  for (auto& name : base.foreign_finalizers)
    out.string(name);
  return out.end_array().end_object().end_object().take();
}

} // namespace natgw::kube
