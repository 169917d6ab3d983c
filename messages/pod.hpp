#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "messages/boxed.hpp"
#include "messages/interface.hpp"
#include "messages/object_key.hpp"

namespace natgw {

/// A reference to the object that owns another one.
struct owner_ref {
  std::string api_version;
  std::string kind;
  std::string name;
  std::string uid;

  bool operator==(const owner_ref&) const = default;
};

/// The values of the annotations a user may set on a pod (contract of
/// `k8s.aliyun.com/pod-dnat*`), raw and unvalidated. `present` distinguishes
/// an empty switch, which means "on", from an absent one.
struct pod_annotations {
  bool present = false;
  std::string dnat;
  std::string expose_port;
  std::string expose_protocol;
  std::string fixed;
  std::string gateway;
  std::string zone;
  std::string controller_class;
  std::string early;

  bool operator==(const pod_annotations&) const = default;
};

/// State of the readiness gate's condition on the pod.
enum class gate_state : uint8_t {
  /// The pod's spec does not list our condition type.
  none,
  /// Listed, and the condition is absent or not "True".
  not_true,
  /// Listed, and the condition is "True".
  is_true,
};

/// A pod, stripped to the fields the controller uses. There is one for every
/// pod of the cluster, most of which want nothing from us, so what only the
/// others have is boxed.
struct pod_view {
  object_key key;
  std::string uid;
  /// The node it is bound to; empty while it is not scheduled.
  std::string node;
  /// Its first IPv4 address in canonical form; empty while it has none.
  std::string ip;
  /// True if it has addresses but none of them is IPv4.
  bool only_ipv6 = false;
  /// True once it carries a deletionTimestamp.
  bool terminating = false;
  /// True once its phase is Succeeded or Failed: its address is given away.
  bool finished = false;
  bool host_network = false;
  gate_state gate = gate_state::none;
  /// True if it carries `game.kruise.io/network-status` that is not Ready.
  bool okg_waiting = false;
  /// The controller owner; empty kind for a bare pod.
  boxed<owner_ref> workload;
  boxed<pod_annotations> annotations;
  /// The present value of `k8s.aliyun.com/pod-dnat-status`, which is ours.
  std::string status_annotation;
  /// What has the address `ip`, where the cluster tells that. No reader of
  /// pods knows it: the watcher adds it, and null means unknown.
  interface_ptr interface;

  bool operator==(const pod_view&) const = default;
};

/// Pods travel as shared immutable values: one copy however many actors look.
using pod_ptr = std::shared_ptr<const pod_view>;

/// A node, stripped to what placement asks of it.
struct node_view {
  std::string name;
  /// Label topology.kubernetes.io/zone (or its failure-domain.beta
  /// predecessor); may be empty.
  std::string zone;
  /// True for a virtual node (label type=virtual-kubelet): its pods have no
  /// address on an ENI of the VPC.
  bool is_virtual = false;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, node_view& x) {
  return f(x.name, x.zone, x.is_virtual);
}

} // namespace natgw
