#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "messages/error.hpp"
#include "messages/interface.hpp"
#include "messages/object_key.hpp"
#include "messages/pod.hpp"
#include "messages/port.hpp"

namespace natgw {

/// The durable promise: what the intent annotation of a PodDNAT says. `spec`
/// is its public projection. Written before the cloud is asked for anything.
struct intent {
  /// The NAT gateway's id (`spec.tableId`).
  std::string gateway;
  /// The gateway's zone (`spec.zoneID`).
  std::string zone;
  /// The one EIP of all the pod's ports (`spec.externalIP`).
  std::string external_ip;
  /// The pod's address (`spec.internalIP`); empty in an early promise.
  std::string internal_ip;
  /// The pod this promise is for; for a fixed mapping the latest one.
  std::string pod_uid;
  /// What owns the pod; empty kind for a bare pod.
  owner_ref workload;
  /// True if the mapping belongs to the pod's name and outlives the pod.
  bool fixed = false;
  /// Raised, and stored first, before a write whose predecessor was definitely
  /// refused or whose entry was exactly observed absent or different.
  uint32_t attempt = 0;
  /// The lease's epoch (leaseTransitions) when this promise was written.
  uint64_t epoch = 0;
  /// The items as the user wrote them, in their order.
  std::vector<port_item> items;
  /// How they are grouped into entries; covers every port of `items` once.
  std::vector<port_run> runs;

  bool operator==(const intent&) const = default;
};

/// One element of `status.entries`, still typed. Shown only while the forward
/// entry is Available and points at the pod's address.
struct status_entry {
  std::string external_ip;
  /// A port ("512") or ports ("512-527"; several pieces joined by commas if no
  /// contiguous run was left).
  std::string external_port;
  std::string forward_entry_id;
  std::string internal_ip;
  std::string internal_port;
  protocol proto = protocol::tcp;

  bool operator==(const status_entry&) const = default;
};

/// An ownerReference that is not ours, complete, so that a write of the list
/// can keep it.
struct foreign_owner {
  owner_ref ref;
  bool controller = false;
  bool block_deletion = false;

  bool operator==(const foreign_owner&) const = default;
};

/// A PodDNAT, stripped to the fields the controller uses.
struct record_view {
  object_key key;
  std::string uid;
  std::string resource_version;
  /// creationTimestamp as written (RFC 3339, so it sorts); may be empty.
  std::string created;
  /// The class of the controller that made it (annotation
  /// `k8s.aliyun.com/pod-dnat-class`); empty: the one without a class.
  std::string controller_class;
  /// True once it carries a deletionTimestamp.
  bool deleting = false;
  /// True if it carries the finalizer `natgw-controller`.
  bool finalizer = false;
  /// The finalizers of others.
  std::vector<std::string> foreign_finalizers;
  /// The uid of the pod in its ownerReferences; empty for a fixed mapping.
  std::string owner_pod_uid;
  /// The ownerReferences that are not to the pod of this name.
  std::vector<foreign_owner> foreign_owners;
  /// `spec.tableId`: the gateway; known even if the intent is unusable.
  std::string gateway;
  /// `spec.internalIP` as it stands: `spec.eni` and `spec.vswitch` are of it.
  std::string shown_ip;
  /// The promise: from the annotation if that is valid and its projection
  /// agrees with `spec`, else read from `spec`; absent if neither is usable.
  std::optional<intent> promise;
  /// Why the annotation was not believed; empty if it was.
  std::string problem;
  std::vector<status_entry> status;

  bool operator==(const record_view&) const = default;
};

using record_ptr = std::shared_ptr<const record_view>;

/// What a write does to a PodDNAT.
enum class record_op : uint8_t {
  /// POST with finalizer, owner, intent and spec. The status stays empty.
  create,
  /// Merge patch of intent annotation, spec and ownerReferences.
  promise,
  /// Merge patch of the status subresource (`status` replaces the list).
  status,
  /// DELETE with uid and resourceVersion as preconditions.
  remove,
  /// Takes our finalizer off; foreign finalizers stay.
  release,
};

std::string_view to_string(record_op op);

/// How much a write or call is waited for. Lower goes first; waiting raises.
enum class urgency : uint8_t {
  /// Ends harm: an entry that exposes a stranger.
  harm,
  /// A pod waits for it to become reachable.
  birth,
  /// Frees what nobody waits for.
  cleanup,
  /// Looks for drift; announces; may be late.
  background,
};

std::string_view to_string(urgency x);

/// A write to one PodDNAT. At most one per key is under way.
struct record_write {
  object_key key;
  record_op op = record_op::create;
  /// Preconditions; both empty for a create only.
  std::string uid;
  std::string resource_version;
  /// For create and promise.
  intent promise;
  /// For create and promise; empty: the record gets no class.
  std::string controller_class;
  /// For create: the owner of a plain mapping (its name is the key's name).
  /// For create and promise: fixed mappings carry no ownerReference.
  std::string owner_pod_uid;
  /// For create and promise: `spec.eni` and `spec.vswitch`. They are no part of
  /// the promise, so they never cause a write. If they are unknown (null) or of
  /// another address than the promise's, a write leaves what stands there,
  /// unless that is of another address as well.
  interface_ptr interface;
  /// For status.
  std::vector<status_entry> status;
  /// For promise and release: the object as it stood at `resource_version`. A
  /// merge patch replaces whole lists, so what others keep in them is copied
  /// from here. Null: the Kubernetes client reads the object first.
  record_ptr base;
  urgency priority = urgency::birth;
};

/// The answer to a record_write.
struct record_written {
  object_key key;
  record_op op = record_op::create;
  /// Empty on success. After `timeout` or `transport` the write may have
  /// happened; the writer has then read the object afresh before it answers.
  std::optional<error> problem;
  /// The object as it is now, as far as the writer knows.
  record_ptr now;
  /// True if the writer knows that no object of this name exists (`now` is
  /// null then).
  bool absent = false;
};

/// A readiness-gate condition as it should stand on the pod.
struct pod_condition {
  bool is_true = false;
  std::string reason;
  std::string message;

  bool operator==(const pod_condition&) const = default;
};

/// A patch of one pod: our annotation, our condition, or both.
struct pod_patch {
  object_key key;
  std::string uid;
  /// The new value of `k8s.aliyun.com/pod-dnat-status`; an empty optional
  /// leaves it alone, an empty string removes it.
  std::optional<std::string> status_annotation;
  std::optional<pod_condition> condition;
  urgency priority = urgency::birth;
};

/// The answer to a pod_patch. `not_found` also says that the uid differs.
struct pod_patched {
  object_key key;
  std::string uid;
  std::optional<error> problem;
};

/// What an event is about.
enum class event_subject : uint8_t {
  pod,
  /// The controller as a whole: it has no object but its Lease, where the
  /// events of client-go's leader election are found, too.
  controller,
};

/// An event, for people.
struct object_event {
  /// Of the pod; of the controller's Lease the writer knows it.
  object_key key;
  std::string uid;
  bool warning = false;
  /// On a pod DNATAllocated, DNATReady, DNATFailed, DNATReleased, DNATInvalid
  /// or DNATWaiting; others on the controller.
  std::string reason;
  std::string message;
  event_subject about = event_subject::pod;
};

} // namespace natgw
