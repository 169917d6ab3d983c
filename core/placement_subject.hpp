#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/gateway_board.hpp"
#include "core/ip_address.hpp"
#include "messages/boxed.hpp"
#include "messages/object_key.hpp"
#include "messages/pod.hpp"
#include "messages/record.hpp"
#include "messages/time.hpp"

namespace natgw::core {

/// How far placement has come with an object.
enum class placement_stage : uint8_t {
  /// Nothing is asked of any pool; a record may be known there.
  idle,
  /// Its pod's node is not known yet.
  node_unknown,
  /// In a queue: no gateway can take its pod.
  waiting,
  /// Its home has been told to bind its pod.
  bound,
  /// Its home has been told to unbind; it has not settled yet.
  leaving,
  /// The same, to be placed on another gateway afterwards.
  moving,
};

/// A gateway that has refused a pod.
struct placement_refusal {
  gateway_index gateway = no_gateway;
  /// The gateway's growth when it refused.
  uint64_t growth = 0;
  /// Not before this time again, however it has grown.
  instant until;
  /// The reason it gave, in words.
  std::string why;
};

struct placement_subject;

/// Those that wait for the same gateways, by ticket.
struct placement_queue {
  std::map<uint64_t, placement_subject*> members;
  /// The last ticket that was tried in passing.
  uint64_t cursor = 0;
};

/// What there is to know of those that want something, or did.
struct placement_affairs {
  /// The pod as it was when its annotations last made sense; null while they
  /// do.
  pod_ptr sensible;
  /// Those that have refused the present pod.
  std::vector<placement_refusal> refusals;
  /// Addresses that entries of this object may point at.
  std::vector<ipv4> claims;
  /// The queue and the place in it while `waiting`.
  placement_queue* queue = nullptr;
  uint64_t ticket = 0;
  /// Hashes of the last complaint about the annotations, and of the last
  /// reason to wait, so that each is told once; 0 if there is none.
  uint32_t complaint = 0;
  uint32_t reason = 0;
};

/// Everything placement knows about one object key: a pod, a PodDNAT, or both.
/// Kept small, since every pod of the cluster has one.
struct placement_subject {
  /// Null if there is no such pod.
  pod_ptr pod;
  /// Null if there is no such PodDNAT.
  record_ptr record;
  /// Set while there is neither pod nor record to tell the key.
  std::unique_ptr<object_key> own_key;
  boxed<placement_affairs> more;
  /// The gateway whose pool has something of this object, or may have; it
  /// stays there until that pool has settled.
  gateway_index home = no_gateway;
  placement_stage stage = placement_stage::idle;
  /// True if `record` is known to be gone: what the watch tells of it is old.
  bool record_dead = false;

  /// What was said of the annotations and of waiting is over.
  void forget_words() {
    if (more->complaint == 0 && more->reason == 0 && !more->sensible)
      return;
    auto& x = more.edit();
    x.sensible = nullptr;
    x.complaint = 0;
    x.reason = 0;
  }

  /// Its annotations make sense.
  void forget_sensible() {
    if (more->sensible)
      more.edit().sensible = nullptr;
  }

  const object_key& key() const {
    if (pod)
      return pod->key;
    return record ? record->key : *own_key;
  }
};

/// Finds subjects by their keys, which they do not hold twice.
struct subject_hash {
  using is_transparent = void;

  size_t operator()(const object_key& x) const {
    return std::hash<object_key>{}(x);
  }

  size_t operator()(const std::unique_ptr<placement_subject>& x) const {
    return std::hash<object_key>{}(x->key());
  }
};

struct subject_equal {
  using is_transparent = void;
  using pointer = std::unique_ptr<placement_subject>;

  bool operator()(const pointer& left, const pointer& right) const {
    return left->key() == right->key();
  }

  bool operator()(const object_key& left, const pointer& right) const {
    return left == right->key();
  }

  bool operator()(const pointer& left, const object_key& right) const {
    return left->key() == right;
  }
};

} // namespace natgw::core
