#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <initializer_list>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/forward_table/edge_estimate.hpp"
#include "core/forward_table/effect.hpp"
#include "core/forward_table/gateway_watch.hpp"
#include "core/forward_table/look_board.hpp"
#include "core/forward_table/mirror.hpp"
#include "core/forward_table/options.hpp"
#include "core/forward_table/page_scan.hpp"
#include "core/forward_table/retry_delay.hpp"
#include "core/forward_table/write_line.hpp"
#include "core/forward_table/write_window.hpp"

namespace natgw::core::table {

/// Everything a forward table knows and does; `forward_table` is its face.
/// The rooms, one source file each:
/// events.cpp        what comes in, and what every event ends with
/// plan.cpp          what a slot needs next, from its wish and what is known
/// advance.cpp       doing that, and what waits for it
/// writes.cpp        sending writes
/// answers.cpp       what their answers mean
/// looks.cpp         Describe calls: when, which, and for how many
/// look_answers.cpp  what they prove
/// observe.cpp       what was read becomes known
/// refusals.cpp      looking both triples up, telling the pool
/// scans.cpp         the gateway, pages, sweeps
/// stand_by.cpp      watching while another process leads, and taking over
/// tell.cpp          news, reports, transcript
struct engine {
  explicit engine(table_options options);

  // -- calls -----------------------------------------------------------------
  enum class call_kind : uint8_t {
    gateway,
    eips,
    probe,
    page,
    write,
    look,
    stranger
  };

  struct call_record {
    call_kind kind = call_kind::gateway;
    uint32_t slot = 0;
    /// The page, or which of a look's two calls.
    uint32_t part = 0;
    instant sent{};
    departure left;
    /// The stranger that is looked at.
    std::string id;
  };

  // -- events.cpp ------------------------------------------------------------
  void accept(const entry_want& wish);
  void accept(const entry_drop& wish);
  void answered(const api_reply& reply);
  void tick();
  table_effects finish();
  std::optional<instant> wake() const;
  bool is_trouble_untested() const;
  void unblock();
  void wake_at(slot& x, instant at);
  void no_wake(slot& x);

  // -- plan.cpp --------------------------------------------------------------
  /// What a slot needs next.
  struct step {
    enum kind_t : uint8_t {
      /// Nothing.
      rest,
      /// The wish is fulfilled.
      satisfied,
      gone,
      /// Look until the entry has left its transition.
      watch,
      reread,
      look_triple,
      /// Until the table is listed, settled, usable.
      blocked,
      /// Until `at`.
      wait,
      /// Until something changes at `other`, which needs `look`.
      wait_for,
      create,
      modify,
      remove,
    };

    kind_t kind = rest;
    /// For modify: the slot whose entry becomes this one, if not its own.
    slot* other = nullptr;
    look_reason look = look_reason::none;
    /// True if `other` is to be turned into this one: its own wish rests.
    bool claims = false;
    instant at{};
  };

  step next_step(slot& x);
  step want_step(slot& x);
  void take_matching_twin(slot& x);
  step change_step(slot& x, slot* source);
  step create_step(slot& x);
  step drop_step(slot& x) const;
  bool leaving(const slot& other, const slot& x) const;
  bool gives_way(slot& other, const slot& x);
  slot* leaving_obstacle(const slot& x, const slot* source);
  std::optional<step> replace_step(slot& x);
  bool may_touch(bool only_delete) const;
  bool under_way(const slot& x) const;

  // -- advance.cpp -----------------------------------------------------------
  void adopt_nameless(slot& x);
  void advance(slot& x);
  void wait_for(slot& x, const step& s);
  void claim(slot& x, slot& other);
  void release_claim(slot& x);
  void changed(slot& x);
  void satisfied(slot& x);
  void drop_twin(slot& twin, urgency priority);
  void known_gone(slot& x);
  void hold_for_attempt(slot& x);
  void tidy(slot& x);
  void forget(slot& x);
  void reconsider(const slot& x);
  void reconsider_all();

  // -- writes.cpp ------------------------------------------------------------
  void enqueue(slot& x);
  /// @returns whether any slot was taken from the queue
  bool pump();
  void write(slot& x);
  bool begin_write(slot& x, const step& s);
  void send(slot& x);
  std::string token(const slot& x, const api_call& call) const;
  bool spent(const slot& x, const std::string& token) const;
  void spend(slot& x, const std::string& token);
  void hold_table(std::chrono::nanoseconds delay);

  // -- answers.cpp -----------------------------------------------------------
  void write_answered(slot& x, const api_reply& reply, const departure& left);
  void succeeded(slot& x, const api_reply& reply);
  void wrote(slot& x, const write_op& op);
  void unanswered(slot& x);
  void refused_for_now(slot& x, const api_reply& reply, const departure& left);
  void refused_limited(slot& x, const api_reply& reply);
  void answered_gone(slot& x, const api_reply& reply);
  void gateway_refuses(slot& x, const api_reply& reply);
  void confirmed(slot& x, instant seen);
  void no_longer_unconfirmed(slot& x);

  // -- looks.cpp -------------------------------------------------------------
  void look(slot& x, look_reason reason, instant due);
  void look_due(slot& x);
  void cancel_look(slot& x);
  void watch(slot& x);
  void look_again(slot& x);
  void dispatch_looks();
  void dispatch_shared();
  bool scouting();
  bool worth_waiting(size_t waiting, size_t cost) const;
  void send_look(slot& x);

  // -- look_answers.cpp ------------------------------------------------------
  void look_answered(const api_reply& reply, const call_record& record);
  void by_id_answered(slot& x, const call_record& record, bool found);
  void absent_by_id(slot& x);
  void stranger_answered(const std::string& id, const api_reply& reply,
                         instant sent);
  urgency look_urgency(const slot& x) const;

  // -- observe.cpp -----------------------------------------------------------
  struct reading {
    instant sent{};
    bool exact = false;
    /// A periodic sweep (or the first list), or 0.
    uint64_t scan = 0;
    bool sweep = false;
  };

  void observe(const forward_entry& entry, const reading& r);
  void observe_ours(slot& x, const forward_entry& entry, const reading& r);
  void observe_new(const forward_entry& entry, const reading& r);
  void observe_foreign(const forward_entry& entry, const reading& r);
  bool too_early(slot& x, const forward_entry& entry, const reading& r);
  bool uncertain(const slot& x);
  void take(slot& x, const forward_entry& entry, const reading& r);
  void react(slot& x, const reading& r, bool is_new);
  void lose(slot& x);
  void remove_stranger(const std::string& id);
  bool is_ours(const entry_spec& spec) const;

  // -- refusals.cpp ----------------------------------------------------------
  void refuse(slot& x, ec reason, std::string detail, std::string id = {});
  void diagnose(slot& x, const api_reply& reply);
  void conclude(slot& x);
  bool blame(slot& x, const mirror::obstacle& who, bool external);
  mirror::obstacle who_holds(const std::string& id);
  void overlap_scan_done();

  // -- scans.cpp -------------------------------------------------------------
  void drive_gateway();
  void gateway_answered(const api_reply& reply);
  void ask_about_eips();
  static bool reads_table(call_kind x);
  void gateway_gone();
  void probe_table();
  void drive_scan();
  void page_answered(const api_reply& reply, uint32_t page, instant sent);
  void scan_done();
  void suspect_unseen();
  void begin_sweep(urgency priority);
  void tell_sweep();

  // -- stand_by.cpp ----------------------------------------------------------
  void inherit(const engine& before);
  void forget_unseen();

  // -- tell.cpp --------------------------------------------------------------
  void tell(slot& x, entry_fact fact, ec reason = ec::rejected,
            std::string detail = {}, std::string id = {});
  void flush_foreign();
  void report();
  bool report_changed() const;
  bool report_urgent() const;
  bool quota_in_doubt() const;
  uint32_t queue_depth() const;
  bool is_read() const;
  bool usable() const;
  const std::string& problem() const;
  static foreign_entry as_foreign(const forward_entry& x);
  void note(std::string_view what, const slot* x = nullptr,
            std::string_view detail = {}) const;

  uint64_t send_call(api_call call, call_record record);
  api_call describe_call(urgency priority) const;

  // -- state -----------------------------------------------------------------
  table_options cfg;
  std::mt19937_64 rng;
  std::function<void(const std::string&)> sink;
  /// The time of the event at hand.
  instant now{};
  table_effects out;

  bool started = false;
  /// True while another process leads: the table is only read, and of its
  /// entries only the foreign ones are kept.
  bool standing_by = false;
  /// True if a stand-by had listed the table: fresh entries need not wait.
  bool mirrored = false;
  bool listed = false;
  bool settled = false;
  /// True once DescribeNatGateways was answered.
  bool gateway_known = false;
  bool told_gone = false;
  instant started_at{};

  mirror table;
  gateway_watch gateway;
  page_scan scan;
  /// True if the running scan sweeps: then it raises suspicions.
  bool sweeping = false;
  /// What its pages have shown so far.
  std::vector<forward_entry> swept;
  static constexpr uint32_t max_rescans = 3;
  uint32_t inconsistent_scans = 0;
  retry_delay scan_pause;
  instant next_sweep{};
  /// Slots whose refusal waits for a scan that began after it.
  std::vector<uint32_t> overlap_waiting;
  std::vector<uint32_t> overlap_scanned;

  write_line queue;
  write_window window;
  uint32_t writes_in_flight = 0;
  /// Slots with `unconfirmed` set.
  uint32_t unconfirmed = 0;
  /// Writes that wait to be repeated.
  uint32_t repeating = 0;
  /// No write of this table before.
  instant hold_until{};
  /// When the window opens for what waits.
  std::optional<instant> pump_at;
  retry_delay table_pause;
  retry_delay op_pause;
  uint32_t unanswered_in_a_row = 0;
  /// Why the gateway refuses writes; empty while it takes them.
  std::string trouble;
  uint32_t quota = 0;
  instant quota_until{};
  std::set<uint32_t> blocked;

  look_board looks;
  std::deque<std::string> strangers_to_look_at;
  uint32_t describes_in_flight = 0;
  recent_count burst;
  /// The slot that is looked at for all others; 0: none.
  uint32_t scout = 0;
  std::optional<instant> shared_at;
  edge_estimate settle_time;
  edge_estimate delete_time;

  std::set<std::pair<instant, uint32_t>> timers;
  /// Slots to be decided anew before the event ends.
  std::deque<uint32_t> todo;

  uint64_t call_ids = 0;
  std::unordered_map<uint64_t, call_record> calls;

  foreign_news strangers;
  table_report last_report;
  instant next_report{};
};

} // namespace natgw::core::table
