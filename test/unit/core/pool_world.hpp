#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "core/pool/pool.hpp"

namespace natgw::test {

/// A small world around one pool: an API server that keeps records, a forward
/// table, pods. Everything a pool asks for waits in a queue until the world
/// takes a step, so that answers come late, and in an order that the seed
/// chooses. What must never happen is noted in `harm`.
class pool_world {
public:
  explicit pool_world(uint64_t seed, core::pool_options options);

  /// Starts a pool, or starts it again as after a crash: whatever it had asked
  /// for and not got is done or lost, as the seed says.
  void start();

  /// From the next start on the gateway is not in the configuration.
  void drain();

  // -- what people and kubelets do -------------------------------------------

  /// @param ip empty: any that no living pod has
  void create_pod(const std::string& name, std::vector<port_item> items,
                  bool fixed = false, const std::string& ip = {});
  void delete_pod(const std::string& name);
  void change_ports(const std::string& name, std::vector<port_item> items);
  /// The pod looks different from now on, and placement says so.
  void change_pod(const std::string& name,
                  const std::function<void(pod_view&)>& how);
  void change_fixed(const std::string& name, bool fixed);
  void delete_record(const std::string& name);
  void lose_entry();
  /// Carries out what the pool asks for, in time.
  void take(core::pool_effects effects);
  /// What placement tells by itself.
  void unbind(const pod_ptr& pod, bool object_gone);
  void take_address(const std::string& ip, const std::string& uid);

  // -- time ------------------------------------------------------------------

  /// Takes one step, if there is one to take.
  bool step();
  /// Takes steps, and lets time pass, until nothing moves any more.
  void settle();
  /// Carries out the drops that were held back.
  void release_drops();
  void pass(std::chrono::nanoseconds span);

  // -- what is there ---------------------------------------------------------

  /// As the pool told last, and at most.
  uint32_t queue_depth = 0;
  uint32_t deepest_queue = 0;

  struct pod_state {
    pod_ptr view;
    dnat_request request;
  };

  const record_view* record(const std::string& name) const;
  size_t writes(record_op op) const;

  std::map<std::string, pod_state> pods;
  std::map<std::string, record_ptr> records;
  /// What each record's spec says of the pod's interface, by name.
  std::map<std::string, interface_ptr> interfaces;
  /// By name; all Available.
  std::map<std::string, entry_spec> table;
  std::vector<std::string> harm;
  /// What happened, in words.
  std::vector<std::string> transcript;
  std::vector<object_event> events;
  std::vector<core::pool_measure> measures;
  std::vector<pod_patch> patches;
  /// What the pods say of themselves, by uid.
  std::map<std::string, std::string> annotations;
  size_t creates = 0;
  size_t modifies = 0;
  size_t deletes = 0;
  /// What questions for a workload are answered with.
  presence workload = presence::exists;
  /// While true, no drop is carried out.
  bool holds_drops = false;
  /// What the next pods to be created look like beyond the usual; may be null.
  std::function<void(pod_view&)> dress;
  /// Why patches of pods are refused; unset if they are not.
  std::optional<ec> patch_problem;
  /// Says no to the next wish of this kind, once.
  std::function<std::optional<entry_news>(const entry_want&)> refuse;

  std::optional<core::pool> pool;
  instant now{std::chrono::hours{1}};

private:
  /// A request may still be carried out after a crash; an answer is lost.
  struct job {
    bool is_request = false;
    std::function<void()> act;
  };

  void tell(std::function<void()> x);
  void answer_later(std::function<void()> x);
  void operate(record_write x);
  void patch(const pod_patch& x);
  void wish(const entry_want& x);
  void ensure(const entry_want& x);
  std::string record_of(const entry_want& x) const;
  void drop(const entry_drop& x);
  void watch_event(const record_ptr& record, bool gone);
  void check();
  std::string next_ip();

  std::mt19937_64 rng_;
  core::pool_options options_;
  /// One queue for each speaker, so that each one's order stays.
  std::deque<job> api_;
  std::deque<job> cloud_;
  std::deque<job> watch_;
  /// Pods that the pool refused; placement offers them again.
  std::vector<std::string> later_;
  /// True once the present pool has been told the table.
  bool listed_ = false;
  /// The entries that stand in it since before that pool started.
  std::set<std::string> inherited_;
  uint64_t version_ = 100;
  uint64_t uids_ = 0;
  uint64_t lists_ = 0;
  std::map<record_op, size_t> writes_;
  /// Names of entries that were wished, and are not answered yet.
  std::multiset<std::string> wished_;
  std::vector<entry_drop> held_drops_;
  std::deque<std::string> free_ips_;
  uint32_t ips_ = 0;
};

} // namespace natgw::test
