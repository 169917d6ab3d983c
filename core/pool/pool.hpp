#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/entry_name.hpp"
#include "core/grouping.hpp"
#include "core/pool/effects.hpp"
#include "core/pool/slot.hpp"
#include "core/port_allocator.hpp"
#include "core/self_check.hpp"

namespace natgw::core {

struct pool_options {
  entry_names names;
  std::string gateway;
  /// Records of another class are another controller's; empty: no class.
  std::string controller_class;
  /// `spec.zoneID` of the records; the report's zone where this is empty.
  std::string zone;
  /// The EIPs to use, as addresses or allocation ids; empty: all of the
  /// gateway.
  std::vector<std::string> eips;
  /// Inclusive.
  uint16_t first_port = 512;
  uint16_t last_port = 1024;
  std::vector<uint16_t> blocked_ports;
  /// Entries that the gateway is given at most, foreign ones counted; 0: as
  /// many as the table takes. What a refusal teaches can only lower it.
  uint32_t entries = 0;
  std::chrono::seconds cooldown{60};
  /// Where in the range allocation starts, so that a restart does not hand
  /// out again what was freed just before.
  uint64_t seed = 0;
  /// The lease's epoch, written into every promise.
  uint64_t epoch = 0;
  /// Tell addresses as soon as they are chosen, for every pod.
  bool early = false;
  /// How long the entry of a fixed mapping waits for the next pod.
  std::chrono::seconds fixed_linger{60};
  /// How often the workload of a fixed mapping without a pod is looked up.
  std::chrono::seconds workload_probe{30};
  /// More orphans than this share of the table at the start stop the
  /// clean-up until an operator says otherwise.
  uint32_t orphan_limit_percent = 10;
  bool accept_orphans = false;
  /// No new bindings (a gateway that is not in the configuration any more).
  bool drain = false;
};

/// The bindings of one gateway: who has which port, and how far each has come.
/// Every public function takes one event and returns what is to be done; no
/// clock, no thread, no I/O.
///
/// The core is level-based: an event only updates what is known, and
/// `reconcile` looks at one object key and takes the next step towards what is
/// wished. At most one write of a record is under way for each key, so the
/// order of steps is the order of the rules:
///
///   bind:    ports -> record (promise) -> entries -> status -> pod -> event
///   release: empty status -> entries gone -> record gone -> ports free
class pool {
public:
  explicit pool(pool_options options);

  // -- from placement --------------------------------------------------------

  pool_effects bind(const bind_order& order, instant now);
  pool_effects unbind(const pod_ptr& pod, bool object_gone, instant now);
  pool_effects address_taken(const std::string& ip, const std::string& uid,
                             instant now);
  pool_effects record_changed(const record_ptr& record, instant now);
  pool_effects record_gone(const record_ptr& record, instant now);
  pool_effects records_synced(uint64_t list, instant now);
  pool_effects pods_synced(instant now);

  // -- from the table --------------------------------------------------------

  pool_effects entry_told(const entry_news& news, instant now);
  pool_effects foreign_told(const foreign_news& news, instant now);
  pool_effects table_told(const table_report& report, instant now);
  /// A sweep has read the whole table, and placement has added who has the
  /// addresses: the live self-check.
  pool_effects swept(const sweep_ptr& sweep, instant now);

  // -- answers ---------------------------------------------------------------

  pool_effects record_written(const natgw::record_written& answer, instant now);
  pool_effects pod_patched(const natgw::pod_patched& answer, instant now);
  pool_effects object_answered(const object_answer& answer, instant now);
  /// The number that the list asked for by `refresh_records` will carry.
  pool_effects refresh_numbered(uint64_t list, instant now);

  // -- time ------------------------------------------------------------------

  /// Asks for what the pool needs to begin.
  pool_effects start(instant now);
  pool_effects tick(instant now);

  /// When `tick` has something to do; the far future if nothing waits.
  instant next_tick() const;

  // -- for metrics and tests -------------------------------------------------

  const port_allocator& ports() const {
    return ports_;
  }

  size_t slots() const {
    return slots_.size();
  }

  size_t tenures() const {
    return tenures_.size();
  }

private:
  /// Why a fresh list of the records was asked for.
  enum class refresh_reason : uint8_t { start, settle, orphans, unknown };

  /// What a slot is to come to.
  enum class aim : uint8_t { forward, hold, release, wait };

  // -- pool.cpp: the loop and small helpers ----------------------------------
  pool_effects finish(instant now);
  void touch(const object_key& key);
  void touch_all();
  void reconcile(slot& s, instant now);
  aim aim_of(const slot& s) const;
  slot& slot_of(const object_key& key);
  slot* find_slot(const object_key& key);
  tenure* present(slot& s);
  tenure* find_tenure(uint32_t handle);
  held_entry* find_entry(const std::string& name);
  void wake_at(slot& s, instant when);
  void retry_later(slot& s, instant now);
  void tell_capacity();
  uint32_t queue_depth() const;
  void count_awaited(slot& s);
  instant next_cooled() const;
  uint32_t entry_limit() const;
  uint32_t free_entries() const;
  bool is_others(const record_view* record) const;
  void write(slot& s, record_write x);
  void note(const slot& s, std::string_view event, std::string detail = {},
            bool warning = false);
  void note_refusal(const slot& s, std::string_view event, std::string what,
                    const error& problem);
  void say(const slot& s, std::string reason, std::string message,
           bool warning = false);
  void say_of_gateway(std::string reason, std::string message, bool warning);
  void tell_of_gateway(const table_report& before);
  void observe(pool_measure_kind kind, std::chrono::nanoseconds elapsed = {});
  void ask_refresh(refresh_reason reason);

  // -- events.cpp ------------------------------------------------------------
  void end_doubts(uint64_t list);

  // -- entries.cpp: what the table says --------------------------------------
  void entry_available(held_entry& e, const entry_news& news, instant now);
  void entry_lost(tenure& t, held_entry& e);
  void entry_gone(tenure& t, held_entry& e, instant now);
  void entry_late(tenure& t, held_entry& e, const entry_news& news);
  void refused(tenure& t, held_entry& e, const entry_news& news, instant now);
  bool replace_run(tenure& t, held_entry& e, instant now);
  static bool strays(const slot& s, const tenure& t, const entry_spec& found,
                     const std::string& id);
  void unclaimed(const entry_news& news, instant now);
  void ask_about_orphans();
  void judge_orphans();
  void reserve(const foreign_entry& x, bool on);

  // -- heal.cpp: what the self-check finds -----------------------------------
  self_check_input known_to_check(const table_sweep& sweep) const;
  void heal(const violation& x, instant now);
  void part_claimants(const violation& x, instant now);
  void give_up_belief(tenure& t, held_entry& e, const violation& x);
  void doubt_all(slot& s);

  // -- eips.cpp --------------------------------------------------------------
  bool is_open(const gateway_eip& x) const;
  void set_eips(const std::vector<gateway_eip>& before);
  void rest_eip(const std::string& address, instant now);
  void wake_eips(instant now);
  instant next_eip() const;
  void tell_of_eip(slot& s, const tenure& t, std::string_view what);
  bool stays_on_eip(slot& s, tenure& t, instant now);

  // -- forward.cpp: towards a pod that is reachable --------------------------
  void forward(slot& s, instant now);
  bool ends_with_pod(slot& s);
  static bool has_open_wishes(const tenure& t);
  bool supersede(slot& s, instant now);
  bool allocate(slot& s, instant now);
  bool follow_request(slot& s, instant now);
  held_entry& add_entry(tenure& t, const port_run& run);
  void start_afresh(slot& s, tenure& t, instant now);
  void apply_change(tenure& t, const port_change& change);
  bool follow_items(slot& s, tenure& t, instant now);
  void raise_attempt(const slot& s, tenure& t);
  static interface_ptr interface_of(const slot& s, const tenure& t);
  bool store_promise(slot& s, tenure& t);
  intent promise_of(const slot& s, const tenure& t) const;

  // -- publish.cpp: entries, status, what the pod is told --------------------
  void wish_entries(slot& s, tenure& t);
  void make_room(slot& s, tenure& t);
  void inherit_entry(slot& s, const tenure& t, held_entry& e);
  bool waits_for_predecessor(const slot& s, const tenure& t,
                             const held_entry& e) const;
  static bool stands_in_the_way(const tenure& other, const held_entry& o,
                                const tenure& t, const held_entry& e);
  bool must_wait_for_address(const slot& s, const tenure& t) const;
  static bool waits_for_sibling(const tenure& t, const held_entry& e);
  static bool may_point_at(const tenure& t, const held_entry& e,
                           const std::string& ip);
  bool forwards(const tenure& t, const held_entry& e) const;
  bool publish(slot& s, tenure& t);
  void retire_entries(tenure& t, instant now);
  std::vector<status_entry> status_of(const tenure& t,
                                      bool believing = false) const;
  static bool is_believed(const held_entry& e);
  static bool shows(const slot& s, const std::string& id);
  std::vector<status_entry> rightly_shown(const slot& s, const tenure& t) const;
  std::string annotation_of(const tenure& t, std::string_view state) const;
  void announce(slot& s, const tenure& t, std::string_view state);
  void nudge(slot& s, const tenure& t, instant now);
  bool unannounce(slot& s);
  void tell_failure(slot& s, const std::string& why);

  // -- release.cpp: towards nothing left -------------------------------------
  void hold(slot& s, instant now);
  void hold_fixed(slot& s, instant now);
  void linger(slot& s, tenure& t, instant now);
  void release(slot& s, instant now);
  bool withdraw_status(slot& s);
  bool drop_entries(tenure& t);
  void free_leaving(slot& s, instant now);
  void drop_entry(tenure& t, held_entry& e);
  bool remove_record(slot& s);
  void finish_release(slot& s, instant now);
  void let_go(slot& s, tenure& t);
  bool is_named_by_record(const tenure& t, const held_entry& e) const;
  void free_gone(tenure& t, instant now);
  void forget(slot& s);

  // -- claims.cpp: tenures, names, promises found ----------------------------
  tenure& make_tenure(slot& s, uint32_t handle);
  void erase_tenure(uint32_t handle);
  std::string identity_of(const tenure& t) const;
  void name_entries(tenure& t);
  void rename_entries(tenure& t);
  void set_address(tenure& t, const std::string& ip);
  void index_address(const std::string& ip, uint32_t handle);
  void unindex_address(const std::string& ip, uint32_t handle);
  void touch_address(const std::string& ip, uint32_t except);
  void entry_ended(tenure& t, held_entry& e);
  void add_former_address(tenure& t, const std::string& ip);
  void forget_former_addresses(tenure& t);
  void adopt(slot& s, instant now);
  std::vector<entry_news> disbelieve(slot& s, const record_view& next,
                                     instant now);
  bool claim(tenure& t, instant now);
  std::optional<held_entry> take_from_unproven(const std::string& name,
                                               instant now);
  std::optional<held_entry> take_from_leaving(const std::string& name,
                                              const port_block& block,
                                              instant now);
  static entry_spec spec_of(const tenure& t, const held_entry& e);
  static port_block block_of(const tenure& t, const port_run& run);

  // -- clashes.cpp: one port promised to two ---------------------------------
  void contest(slot& s);
  std::vector<uint32_t> rivals_of(const tenure& t) const;
  void resolve_clashes(instant now);
  bool resume_clashes(instant now);
  bool wins(slot& challenger, slot& holder);
  void lose_promise(slot& s, instant now);

  pool_options options_;
  port_allocator ports_;
  std::unordered_map<object_key, slot> slots_;
  std::unordered_map<uint32_t, tenure> tenures_;
  uint32_t last_handle_ = 0;

  /// Entry name -> tenure; every indexed name belongs to one entry.
  std::unordered_map<std::string, uint32_t> by_name_;
  /// Internal address -> tenures with entries there.
  std::unordered_multimap<std::string, uint32_t> by_address_;

  /// Keys with something to do at a time; a key is in here at most once.
  std::set<std::pair<instant, object_key>> timers_;
  std::unordered_map<object_key, instant> timer_of_;

  /// Slots with `record_unknown`, and perhaps some that know by now.
  std::vector<object_key> doubted_;
  /// Slots whose promise clashes with another one's ports.
  std::vector<object_key> contested_;
  /// Those of them that have won, and wait for what the losers still hold.
  std::vector<object_key> won_;
  /// True if ports were freed that a winner may wait for.
  bool freed_ = false;
  /// Tenures of entries nobody has claimed yet: seen since the last question,
  /// and those that the list asked for will decide.
  std::vector<uint32_t> unproven_;
  std::vector<uint32_t> judged_;
  /// Foreign entries by id, to undo their reservation.
  std::unordered_map<std::string, foreign_entry> foreign_;

  /// EIPs that mappings have but the gateway has not, and since when.
  std::map<std::string, instant> departed_;
  /// EIPs that the cloud would not use, and until when they get nothing new.
  std::map<std::string, instant> resting_eips_;

  self_check check_;

  table_report report_;
  /// The sum of `slot::awaited`.
  uint32_t awaited_ = 0;
  pool_capacity told_capacity_;
  bool capacity_told_ = false;
  /// When ports that had rested were last counted as free because of the time.
  instant cooled_at_ = instant::min();

  bool pods_synced_ = false;
  bool records_fresh_ = false;
  /// True once records were listed after the table was.
  bool settled_ = false;
  /// The latest list told.
  uint64_t list_ = 0;
  /// List numbers to wait for; 0 while not numbered.
  uint64_t fresh_from_ = 0;
  bool settle_asked_ = false;
  uint64_t settle_from_ = 0;
  /// Refreshes asked and not numbered yet, in order.
  std::deque<refresh_reason> asked_;
  bool orphans_asked_ = false;
  uint64_t orphans_from_ = 0;
  bool orphans_stopped_ = false;
  bool first_judgement_ = true;
  uint64_t queries_ = 0;
  std::unordered_map<uint64_t, object_key> query_of_;

  /// Keys to look at before the event ends.
  std::deque<object_key> touched_;
  /// Collected during one event.
  pool_effects out_;
};

} // namespace natgw::core
