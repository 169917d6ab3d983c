#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/adoption/claimant.hpp"
#include "core/adoption/seat.hpp"
#include "core/adoption_plan.hpp"
#include "core/grouping.hpp"
#include "core/pool/rules.hpp"

namespace natgw::core {

/// Makes one plan: first says what each record comes to, as placement and the
/// pools decide it, then what that takes.
class adoption_planner {
public:
  /// @param x must outlive the planner
  explicit adoption_planner(const adoption_snapshot& x);

  adoption_plan run();

private:
  // -- fates.cpp: what each record comes to
  // ------------------------------------
  annotation_verdict read(const pod_view& pod) const;
  void gather(const record_view& record);
  bool is_others(const record_view& record) const;
  adoption_seat* seat_of(const record_view& record);
  void ask_pod(claimant& x) const;
  bool is_pinned_elsewhere(const claimant& x) const;
  adoption_kind fate_of(const claimant& x) const;
  void claim_ports();
  static bool claim(claimant& x);
  std::vector<claimant*> rivals_of(const claimant& x);
  void contest(claimant& x);
  promise_rank rank(const claimant& x) const;
  std::string name_of(const claimant& x, const port_run& run) const;

  // -- planner.cpp: what it takes
  // ----------------------------------------------
  adoption_step& add(adoption_kind kind, const object_key& key,
                     const adoption_seat* seat);
  void plan_record(claimant& x);
  void plan_fate(claimant& x, adoption_step& step);
  void drop_entries(const claimant& x, adoption_step& step);
  static void plan_birth(const claimant& x, adoption_step& step);
  void keep_entries(const claimant& x);
  void plan_forwarding(claimant& x, adoption_step& step);
  void want_entries(const claimant& x, const std::vector<port_run>& runs,
                    adoption_step& step);
  void plan_pod(const pod_view& pod);
  void sum_up();

  const adoption_snapshot& in_;
  std::deque<adoption_seat> seats_;
  std::unordered_map<std::string_view, adoption_seat*> by_id_;
  std::map<object_key, const pod_view*> pods_;
  std::unordered_map<std::string_view, const node_view*> nodes_;
  /// By key; a handle is an index here, plus 1.
  std::vector<claimant> claimants_;
  adoption_plan out_;
};

} // namespace natgw::core
