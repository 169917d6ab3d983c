#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/forward_table/flow.hpp"
#include "core/forward_table/write_line.hpp"
#include "messages/api_call.hpp"
#include "messages/entry.hpp"
#include "messages/time.hpp"

namespace natgw::core::table {

/// A write that has left at least once and was not definitely answered. It is
/// repeated word by word, whatever is wished meanwhile.
struct write_op {
  api_call call;
  /// The slot whose entry a Modify turns into this one; 0: its own.
  uint32_t source = 0;
  bool in_flight = false;
  /// When the first try left.
  instant began{};
  /// True once a try was not answered: it may have been executed.
  bool uncertain = false;
  /// Tries without an answer.
  uint32_t tries = 0;
};

/// Why a Describe is needed.
enum class look_reason : uint8_t {
  none,
  /// Our write has to be seen done; a page that shows it will do.
  confirm,
  /// The entry's present state, by its id.
  exact,
  /// Whether anything stands at the wished external triple.
  triple,
  /// What stands at both triples of a refused write.
  diagnose,
};

/// Where a look stands on its way.
enum class look_place : uint8_t { nowhere, timed, shared, queued, flying };

/// A refusal that is being looked into.
struct diagnosis {
  api_action action = api_action::create_entry;
  /// What was refused.
  flow asked;
  ec code = ec::rejected;
  std::string detail;
  bool duplicate = false;
  /// Ids of what stands at the triples; empty: nothing.
  std::string external_id;
  std::string internal_id;
  /// True once the table was swept for ranges that overlap.
  bool swept = false;
};

/// What a slot needs only while something is under way.
struct pursuit {
  std::string record_uid;
  std::string replaces;
  /// Where a nameless entry of ours may point instead; 0: nowhere else.
  ipv4 former_ip;
  std::optional<write_op> op;
  std::optional<diagnosis> refusal;
  look_reason look = look_reason::none;
  look_place place = look_place::nowhere;
  /// When the look is due, and its place in the queue of looks.
  instant due{};
  urgency level = urgency::background;
  uint64_t ticket = 0;
  /// Since when the last write takes its time.
  instant settles_from{};
  /// Looks in vain since the last write, and when the last one left.
  uint32_t looks = 0;
  instant early{};
  /// Looks in a row that were not answered.
  uint32_t failed_looks = 0;
  /// A look has failed since then, or the write was repeated: how long it took
  /// is not known well.
  bool blurred = false;
  /// True once it was told that the entry is late.
  bool told_late = false;
  /// The slot's one timer, if it is set.
  std::optional<instant> timer;
  /// Answers that a look still waits for.
  uint32_t answers_due = 0;
  bool look_failed = false;
  /// What the last successful write wrote, while `slot::unconfirmed`.
  flow written;
  /// Nothing is written before this.
  instant not_before{};
  /// Refusals as a duplicate in a row of which nothing was found.
  uint32_t unexplained = 0;
  /// When the EIP was first refused.
  std::optional<instant> limited_since;
  /// The slot that this one is turned from, and into.
  uint32_t claims = 0;
  uint32_t claimed_by = 0;
  /// Slots to look at again when something changes here.
  std::vector<uint32_t> waiters;
};

enum class wish_kind : uint8_t { none, want, drop };

/// What has to come before a want is pursued again.
enum class hold_kind : uint8_t {
  none,
  /// A wish with a higher attempt, or another one.
  attempt,
  /// Any wish.
  wish,
};

/// What was last told of a name, if it matters.
enum class told_kind : uint8_t { nothing, available, lost, absent };

/// Everything about one entry name of ours: what is wished, what the table
/// holds, and what is under way between the two.
struct slot {
  uint32_t number = 0;
  std::string name;

  // -- what is wished --------------------------------------------------------
  flow wanted;
  uint32_t attempt = 0;
  wish_kind wish = wish_kind::none;
  urgency priority = urgency::background;
  hold_kind hold = hold_kind::none;
  told_kind told = told_kind::nothing;
  /// True if the wish came (again): it is told what it has come to.
  bool retell = false;
  /// True if nobody before us can have written it (`entry_want::fresh`).
  bool fresh = false;

  // -- what the table holds --------------------------------------------------
  /// Empty: no entry is known.
  std::string id;
  flow seen;
  entry_status status = entry_status::unknown;
  /// True if the entry carries no name; its five fields made it ours.
  bool nameless = false;
  /// True if an exact Describe, or a write of ours that was answered, tells
  /// what the entry is.
  bool verified = false;
  /// True if an exact look has shown that nothing of this name exists.
  bool known_absent = false;
  /// True if a write succeeded that no Describe has shown done.
  bool unconfirmed = false;
  /// True for a second entry of one name; `name` is then not indexed.
  bool twin = false;
  /// When the last successful write was answered; nothing that was read
  /// before counts.
  instant wrote_at = instant::min();
  /// The scan that saw it last.
  uint64_t scan = 0;

  // -- what is under way -----------------------------------------------------
  /// Hashes of the tokens that were answered, the newest few.
  std::array<uint32_t, 6> spent{};
  uint8_t spent_next = 0;
  /// Deletes of the present entry that were accepted in vain.
  uint8_t deletes = 0;
  line_place place;
  std::unique_ptr<pursuit> work;

  bool known() const {
    return !id.empty();
  }

  bool matches() const {
    return known() && seen == wanted;
  }

  pursuit& busy() {
    if (!work)
      work = std::make_unique<pursuit>();
    return *work;
  }
};

} // namespace natgw::core::table
