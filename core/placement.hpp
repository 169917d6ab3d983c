#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

#include "core/address_index.hpp"
#include "core/annotations.hpp"
#include "core/gateway_board.hpp"
#include "core/placement_subject.hpp"
#include "messages/entry.hpp"
#include "messages/placement.hpp"
#include "messages/pod.hpp"
#include "messages/record.hpp"
#include "messages/time.hpp"

namespace natgw::core {

/// A gateway of the configuration.
struct placement_gateway {
  std::string id;
  /// Empty: as its pool tells.
  std::string zone;
};

struct placement_options {
  annotation_rules rules;
  std::vector<placement_gateway> gateways;
  /// How long the pools may take to open before a pod that waits for them is
  /// told so.
  std::chrono::nanoseconds warm_up = std::chrono::seconds{15};
  /// Entries that queue at a gateway at most while another one that would do
  /// as well has yet to open: what is bound stays where it is.
  uint32_t warm_backlog = 32;
  /// A gateway that has refused a pod is not asked again sooner; a bound on
  /// the rate at which a pod and a gateway that cannot agree try.
  std::chrono::nanoseconds refusal_rest = std::chrono::seconds{2};
};

// -- effects -----------------------------------------------------------------

/// To a pool: `bind_order`.
struct send_bind {
  std::string gateway;
  bind_order order;
};

/// To a pool: `unbind_pod`.
struct send_unbind {
  std::string gateway;
  pod_ptr pod;
  bool object_gone = false;
};

/// To a pool: `taken`.
struct send_taken {
  std::string gateway;
  std::string address;
  std::string pod_uid;
};

/// To a pool: a record `changed`, or is `gone`.
struct send_record {
  std::string gateway;
  record_ptr record;
  bool gone = false;
};

/// To a pool: `synced`, for the pods.
struct send_pods_synced {
  std::string gateway;
};

/// To a pool: `synced` with the number of a list of records.
struct send_records_synced {
  std::string gateway;
  uint64_t list = 0;
};

/// To the supervisor: there are records of a gateway without a pair.
struct request_pair {
  std::string gateway;
};

/// To the metrics: a pod was placed in its node's zone, or elsewhere.
struct zone_outcome {
  bool hit = false;
};

/// To the metrics: a pod was rejected for its annotations.
struct pod_rejected {};

/// What placement asks of the world, in this order.
using placement_effect
  = std::variant<send_bind, send_unbind, send_taken, send_record,
                 send_pods_synced, send_records_synced, request_pair,
                 zone_outcome, pod_rejected, object_event>;

using placement_effects = std::vector<placement_effect>;

// ----------------------------------------------------------------------------

/// Decides which gateway a pod belongs to and routes every event to its pool.
///
/// Every public function takes one event and returns what is to be done. An
/// object has one home at a time: a pool keeps it until that pool has settled
/// it (or has refused its pod, which it does once nothing of it is left). A
/// pod without a home is placed as soon as its node is known and the records
/// have been listed: on the gateway it pins, else in the zone it pins, else in
/// its node's zone, else anywhere; there on the one with the shortest queue,
/// then the most room. Who fits nowhere waits in order of arrival and is tried
/// again when a pool tells of more room.
///
/// Before `lead` it is a stand-by: it takes everything in and knows whose each
/// object is, but decides, says and asks for nothing.
///
/// An address of an object that now belongs to another pod is told to the
/// object's pool, be that pod annotated or not.
class placement {
public:
  explicit placement(placement_options options);

  /// The lease was won: decides about everything that is known.
  placement_effects lead(instant now);

  /// The same sweep with the pods that have its entries' addresses.
  sweep_ptr with_owners(const table_sweep& x) const;

  // -- from the watchers -----------------------------------------------------

  placement_effects pod_changed(const pod_ptr& pod, instant now);
  placement_effects pod_gone(const pod_ptr& pod, instant now);
  placement_effects pods_synced(instant now);
  placement_effects node_changed(const node_view& node, instant now);
  placement_effects node_gone(const node_view& node);
  placement_effects record_changed(const record_ptr& record, instant now);
  placement_effects record_gone(const record_ptr& record, instant now);
  placement_effects records_synced(uint64_t list, instant now);

  // -- from the pools --------------------------------------------------------

  /// The pool of a gateway has (re)started: tells it everything.
  placement_effects pool_started(std::string_view gateway, instant now);
  placement_effects capacity_told(const pool_capacity& x, instant now);
  placement_effects refused(const bind_refused& x, instant now);
  placement_effects settled(std::string_view gateway, const object_key& key,
                            instant now);

  // -- time ------------------------------------------------------------------

  /// Tries a few of those that wait; to be called about once a second while
  /// `waiting() > 0`.
  placement_effects tick(instant now);

  // -- for tests and figures -------------------------------------------------

  /// Pods that no gateway could take.
  size_t waiting() const {
    return waiting_;
  }

  /// Objects known.
  size_t size() const {
    return subjects_.size();
  }

private:
  using subject = placement_subject;
  using stage = placement_stage;

  placement_effects finish();
  void emit(placement_effect x);
  bool is_ready() const;

  // -- placement_route.cpp: subjects, their homes and the ways there ---------
  subject& find_or_add(const object_key& key);
  subject* find(const object_key& key);
  void prune(subject& s);
  void set_home(subject& s, gateway_index home);
  void leave_home(subject& s, instant now);
  /// Its record was made by the controller of another class.
  bool is_others(const subject& s) const;
  bool adopt(subject& s);
  gateway_index gateway_of(const record_view& record);
  void ask_for_pairs();
  bool reaches(gateway_index i) const;
  void forward(const subject& s, bool gone);
  void unbind(subject& s, const pod_ptr& pod, bool object_gone, stage next);
  void lose_pod(subject& s, const pod_ptr& pod);
  void replay(subject& s, instant now);

  // -- placement_decide.cpp: what is to become of a pod ----------------------
  void evaluate(subject& s, const pod_ptr& before, instant now);
  void want_nothing(subject& s);
  void want(subject& s, const dnat_wish& wish, instant now);
  void complain(subject& s, const pod_ptr& before, const error& problem);
  std::optional<dnat_wish> wish_of(const pod_view& pod) const;
  std::optional<dnat_request> kept_request(const subject& s) const;
  void tell_notices(subject& s, const std::vector<std::string>& notices);
  void bind(subject& s, dnat_request request);
  bool must_move(const subject& s, const dnat_request& request) const;
  const node_view* node_of(const pod_view& pod) const;

  // -- placement_choose.cpp: where to place it -------------------------------
  void place(subject& s, const dnat_request& request, instant now);
  bool try_place(subject& s, const dnat_request& request, instant now);
  gateway_index choose(const subject& s, const dnat_request& request,
                       std::string_view node_zone, instant now) const;
  void wait(subject& s, const dnat_request& request, instant now);
  void stop_waiting(subject& s);
  uint32_t try_queue(placement_queue& queue, bool in_passing, instant now);
  void tell_reason(subject& s, const dnat_request& request, instant now);
  void tell_once(subject& s, object_event event);
  object_event why_waiting(const subject& s, const dnat_request& request) const;
  bool zone_warms_up(std::string_view zone, instant now) const;
  bool warms_up(const dnat_request& request, instant now) const;

  // -- placement_address.cpp: who has which address --------------------------
  void follow_address(const subject& s, const pod_ptr& before,
                      const pod_ptr& after);
  void release_address(ipv4 x, const pod_view& pod);
  void update_claims(subject& s);
  void tell_taken(const subject& s, ipv4 x, const pod_view& owner);
  void repeat_taken(const subject& s);

  placement_options options_;
  bool leading_ = false;
  /// When it began to lead.
  instant started_{};
  gateway_board board_;
  std::unordered_set<std::unique_ptr<subject>, subject_hash, subject_equal>
    subjects_;
  std::unordered_map<std::string, node_view> nodes_;
  /// Keys of pods that were scheduled to nodes not known yet.
  std::unordered_multimap<std::string, object_key> by_unknown_node_;
  address_index addresses_;
  /// By what they wait for. Emptied queues stay until the next tick.
  std::map<std::string, placement_queue, std::less<>> queues_;
  /// Where the next tick goes on.
  std::string next_queue_;
  size_t waiting_ = 0;
  uint64_t last_ticket_ = 0;
  /// How many objects have their home on a gateway that is not configured.
  std::map<gateway_index, uint32_t> guests_;
  /// Of those gateways, the ones whose pair has been asked for.
  std::unordered_set<gateway_index> asked_;
  bool pods_synced_ = false;
  /// The latest list of records; 0 before the first.
  uint64_t list_ = 0;
  /// Collected during one event.
  placement_effects out_;
};

} // namespace natgw::core
