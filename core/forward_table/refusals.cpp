#include "core/forward_table/engine.hpp"

#include <algorithm>

namespace natgw::core::table {

namespace {

/// What was in the way has gone while it was looked for: the write is tried so
/// often before its refusal is taken for an answer.
constexpr uint32_t duplicates_in_doubt = 3;

} // namespace

void engine::refuse(slot& x, ec reason, std::string detail, std::string id) {
  tell(x, entry_fact::refused, reason, std::move(detail), std::move(id));
  cancel_look(x);
  // What may have been executed is repeated until it is answered, and keeps
  // its timer or its place, and what it turns into this entry.
  if (!x.work || !x.work->op) {
    no_wake(x);
    queue.retire(x.place);
    release_claim(x);
  }
  x.wish = wish_kind::none;
  x.hold = hold_kind::none;
  x.told = told_kind::nothing;
  if (x.work) {
    x.work->refusal.reset();
    x.work->replaces.clear();
  }
  changed(x);
  reconsider(x);
}

/// A definite refusal. Where it may mean that something stands at one of the
/// triples, or where an earlier try may have been executed, both are looked up
/// first.
void engine::diagnose(slot& x, const api_reply& reply) {
  auto& w = *x.work;
  auto op = std::move(*w.op);
  w.op.reset();
  if (op.call.action == api_action::delete_entry) {
    x.verified = false;
    w.not_before = now + cfg.problem_interval;
    reconsider(x);
    return;
  }
  auto asked = pack_seen(op.call.spec);
  auto stale = x.wish != wish_kind::want || x.wanted != asked;
  if (stale && !op.uncertain) {
    reconsider(x);
    return;
  }
  // What the stand-by had not seen is in the way. The list is under way and
  // shows what it is.
  if (!listed && !op.uncertain) {
    x.fresh = false;
    reconsider(x);
    return;
  }
  auto duplicate = reply.may_be_duplicate || reply.code == ec::duplicate_entry;
  auto detail = reply.message.empty() ? reply.detail
                                      : reply.detail + ": " + reply.message;
  // The code for a duplicate is not documented: any of them may mean one.
  if (reply.outcome != call_class::fatal_pod && !op.uncertain) {
    refuse(x, reply.code, std::move(detail));
    return;
  }
  w.refusal = diagnosis{.action = op.call.action,
                        .asked = asked,
                        .code = reply.code,
                        .detail = std::move(detail),
                        .duplicate = duplicate,
                        .external_id = {},
                        .internal_id = {},
                        .swept = false};
  look(x, look_reason::diagnose, now);
}

void engine::conclude(slot& x) {
  auto d = std::move(*x.work->refusal);
  x.work->refusal.reset();
  auto stale = x.wish != wish_kind::want || x.wanted != d.asked;
  auto ours = x.matches()
              || (x.known() && d.action == api_action::create_entry);
  if (stale || ours) {
    note("healed", &x);
    reconsider(x);
    return;
  }
  if (d.code == ec::token_mismatch) {
    hold_for_attempt(x);
    return;
  }
  if (blame(x, who_holds(d.external_id), true)
      || blame(x, who_holds(d.internal_id), false))
    return;
  // A range that overlaps is found by no exact filter.
  auto source = x.work->claims;
  if (blame(x, table.external_obstacle(x.wanted, x.number, source), true)
      || blame(x, table.internal_obstacle(x.wanted, x.number, source), false))
    return;
  if (d.duplicate && !d.swept) {
    x.work->refusal = std::move(d);
    overlap_waiting.push_back(x.number);
    return;
  }
  auto& w = *x.work;
  if (d.duplicate && ++w.unexplained < duplicates_in_doubt) {
    note("nothing is in the way any more", &x);
    w.not_before = now + op_pause.delay(w.unexplained, rng);
    reconsider(x);
    return;
  }
  refuse(x, d.code, std::move(d.detail));
}

mirror::obstacle engine::who_holds(const std::string& id) {
  return {table.holder(id), table.foreign(id)};
}

/// Refuses, or waits for, what stands in the slot's way; false if nothing is.
bool engine::blame(slot& x, const mirror::obstacle& who, bool external) {
  auto text = external ? external_text(x.wanted) : internal_text(x.wanted);
  if (who.other != nullptr) {
    auto id = who.other->entry.id;
    refuse(x, ec::duplicate_entry, text + " is held by foreign entry " + id,
           external ? std::string{} : id);
    return true;
  }
  // Neither the entry itself nor the one that is turned into it is in its way.
  if (who.ours == nullptr || who.ours == &x
      || (x.work && who.ours->number == x.work->claims))
    return false;
  if (gives_way(*who.ours, x)) {
    reconsider(x);
    return true;
  }
  auto id = who.ours->id;
  refuse(x, ec::duplicate_entry,
         text + " is held by our entry " + id + " (" + who.ours->name + ")",
         external ? std::string{} : id);
  return true;
}

void engine::overlap_scan_done() {
  for (auto number : std::exchange(overlap_scanned, {})) {
    auto* x = table.at(number);
    if (x == nullptr || !x->work || !x->work->refusal)
      continue;
    x->work->refusal->swept = true;
    conclude(*x);
  }
}

} // namespace natgw::core::table
