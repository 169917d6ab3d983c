#include "core/forward_table/engine.hpp"

#include <algorithm>
#include <utility>

namespace natgw::core::table {

namespace {

/// So many writes without an answer in a row, and the whole table pauses.
constexpr uint32_t patience = 3;

} // namespace

void engine::write_answered(slot& x, const api_reply& reply,
                            const departure& left) {
  auto& op = *x.work->op;
  op.in_flight = false;
  note(to_string(reply.outcome), &x, reply.detail);
  auto said_something = reply.outcome != call_class::unanswered
                        && reply.outcome != call_class::unsent;
  if (said_something) {
    unanswered_in_a_row = 0;
    table_pause.reset();
  }
  switch (reply.outcome) {
    case call_class::ok:
      window.accepted(left, now);
      trouble.clear();
      if (op.call.action == api_action::create_entry && reply.entry_id.empty())
        unanswered(x);
      else
        succeeded(x, reply);
      break;
    case call_class::unanswered:
      unanswered(x);
      break;
    case call_class::unsent:
    case call_class::retry_soon:
      refused_for_now(x, reply, left);
      break;
    case call_class::retry_limited:
      refused_limited(x, reply);
      break;
    case call_class::gone:
      answered_gone(x, reply);
      break;
    case call_class::fatal_pod:
      diagnose(x, reply);
      break;
    case call_class::fatal_gateway:
      gateway_refuses(x, reply);
      break;
  }
}

void engine::unanswered(slot& x) {
  auto& op = *x.work->op;
  op.uncertain = true;
  x.verified = false;
  auto pause = op_pause.delay(std::min(op.tries, 16U), rng);
  wake_at(x, now + pause);
  // If it was executed, the barrier would refuse any other write; its first
  // repetition soon tells. No more than that: it may never be answered.
  if (window.barrier() && op.tries == 0)
    hold_table(pause);
  ++op.tries;
  ++repeating;
  if (++unanswered_in_a_row >= patience)
    hold_table(table_pause.next(rng));
}

void engine::refused_for_now(slot& x, const api_reply& reply,
                             const departure& left) {
  auto& op = *x.work->op;
  if (reply.outcome == call_class::retry_soon && reply.code == ec::busy) {
    window.busy(left, now);
    // Nothing of ours explains it: perhaps the entry itself is being changed.
    if (left.others == 0 && left.pending == 0
        && op.call.action != api_action::create_entry) {
      x.verified = false;
      if (auto* source = table.at(op.source))
        source->verified = false;
    }
  } else {
    hold_table(std::max<std::chrono::nanoseconds>(table_pause.next(rng),
                                                  reply.retry_after));
  }
  if (op.uncertain) {
    enqueue(x);
    return;
  }
  x.work->op.reset();
  changed(x);
  reconsider(x);
}

void engine::refused_limited(slot& x, const api_reply& reply) {
  auto& w = *x.work;
  if (!w.limited_since)
    w.limited_since = now;
  auto again = std::max<std::chrono::nanoseconds>(cfg.eip_patience / 16,
                                                  reply.retry_after);
  if (now + again - *w.limited_since > cfg.eip_patience) {
    diagnose(x, reply);
    return;
  }
  if (w.op->uncertain) {
    ++repeating;
    wake_at(x, now + again);
    return;
  }
  w.op.reset();
  w.not_before = now + again;
  reconsider(x);
}

void engine::answered_gone(slot& x, const api_reply& reply) {
  auto op = std::move(*x.work->op);
  auto table_is_missing = reply.code != ec::entry_gone
                          || op.call.action == api_action::create_entry;
  if (table_is_missing) {
    x.work->op = std::move(op);
    gateway_refuses(x, reply);
    return;
  }
  x.work->op.reset();
  auto* holder = table.holder(op.call.entry_id);
  if (holder == nullptr) {
    reconsider(x);
    return;
  }
  if (op.call.action == api_action::delete_entry) {
    table.bury(holder->id, now + cfg.visibility);
    holder->known_absent = true;
    lose(*holder);
    return;
  }
  // A Modify that finds nothing: an exact look settles it.
  holder->verified = false;
  look(*holder, look_reason::exact, now);
  if (holder != &x)
    reconsider(x);
}

void engine::gateway_refuses(slot& x, const api_reply& reply) {
  auto& op = *x.work->op;
  if (reply.code == ec::quota_exceeded) {
    // Never 0, which would mean that no quota is known.
    quota = std::max(1U, static_cast<uint32_t>(table.size()));
    quota_until = now + cfg.quota_memory;
    diagnose(x, reply);
    return;
  }
  trouble = reply.detail;
  hold_table(std::max<std::chrono::nanoseconds>(cfg.problem_interval,
                                                reply.retry_after));
  if (op.uncertain) {
    enqueue(x);
    return;
  }
  x.work->op.reset();
  reconsider(x);
}

/// A write was answered with success: what it wrote is now expected.
void engine::succeeded(slot& x, const api_reply& reply) {
  auto op = std::move(*x.work->op);
  x.work->op.reset();
  spend(x, op.call.client_token);
  if (op.call.action == api_action::delete_entry) {
    x.status = entry_status::deleting;
    ++x.deletes;
    wrote(x, op);
    return;
  }
  auto creates = op.call.action == api_action::create_entry;
  auto id = creates ? reply.entry_id : op.call.entry_id;
  auto* holder = table.holder(id);
  auto* source = table.at(op.source);
  if (holder != nullptr && holder != &x && holder != source) {
    // The token was answered for an entry that is somebody else's by now.
    hold_for_attempt(x);
    return;
  }
  if (holder != nullptr && holder == source)
    table.clear(*source);
  auto written = pack_seen(op.call.spec);
  table.put(x, id, written);
  x.status = entry_status::pending;
  x.nameless = false;
  x.verified = true;
  x.told = told_kind::nothing;
  x.work->written = written;
  x.work->limited_since.reset();
  burst.add(now);
  wrote(x, op);
}

void engine::wrote(slot& x, const write_op& op) {
  if (!x.unconfirmed) {
    x.unconfirmed = true;
    ++unconfirmed;
  }
  x.wrote_at = now;
  auto& w = *x.work;
  // Any of its tries may have been the one that was executed.
  w.settles_from = op.uncertain ? op.began : now;
  w.blurred = op.uncertain;
  w.looks = 0;
  w.failed_looks = 0;
  w.early = now;
  queue.retire(x.place);
  watch(x);
}

void engine::no_longer_unconfirmed(slot& x) {
  if (!x.unconfirmed)
    return;
  x.unconfirmed = false;
  --unconfirmed;
}

/// A Describe that left at `seen` shows what our write wrote, done.
void engine::confirmed(slot& x, instant seen) {
  no_longer_unconfirmed(x);
  auto& w = *x.work;
  if (!w.blurred || !settle_time.known())
    settle_time.learn(w.early - x.wrote_at, seen - x.wrote_at);
  w.looks = 0;
  if (auto* source = table.at(w.claims);
      source != nullptr && !source->known()) {
    w.claims = 0;
    source->work->claimed_by = 0;
    known_gone(*source);
  }
}

} // namespace natgw::core::table
