#include "core/forward_table/engine.hpp"

#include <algorithm>

#include "core/client_token.hpp"

namespace natgw::core::table {

namespace {

using namespace std::chrono_literals;

/// So many writes without an answer in a row, and the whole table pauses.
constexpr uint32_t patience = 3;

uint32_t digest(std::string_view token) {
  return static_cast<uint32_t>(std::hash<std::string_view>{}(token)) | 1U;
}

} // namespace

void engine::enqueue(slot& x) {
  auto level = x.priority;
  // What may have been executed blocks everything else of its entry.
  if (x.work && x.work->op)
    level = std::min(level, urgency::birth);
  if (x.work)
    if (auto* source = table.at(x.work->claims);
        source != nullptr && source->wish == wish_kind::drop)
      level = std::min(level, source->priority);
  queue.push(x.number, x.place, level, now);
}

bool engine::pump() {
  pump_at.reset();
  auto any = false;
  while (!queue.empty()) {
    auto at = window.opens(writes_in_flight, unconfirmed, now);
    if (!at)
      break;
    at = std::max(*at, hold_until);
    if (*at > now) {
      pump_at = at;
      break;
    }
    write(*table.at(*queue.pop(now)));
    any = true;
  }
  return any;
}

void engine::write(slot& x) {
  if (x.work && x.work->op) {
    send(x);
    return;
  }
  if (under_way(x) || (x.work && x.work->claimed_by != 0))
    return;
  adopt_nameless(x);
  auto s = next_step(x);
  auto writes = s.kind == step::create || s.kind == step::modify
                || s.kind == step::remove;
  // Between queueing and now things may have changed.
  if (!writes) {
    reconsider(x);
    return;
  }
  cancel_look(x);
  if (begin_write(x, s))
    send(x);
}

bool engine::begin_write(slot& x, const step& s) {
  if (s.kind == step::create && quota > 0 && now < quota_until
      && table.size() >= quota) {
    refuse(x, ec::quota_exceeded,
           "the table is full with " + std::to_string(table.size())
             + " entries");
    return false;
  }
  write_op op;
  auto& call = op.call;
  call.action = s.kind == step::create   ? api_action::create_entry
                : s.kind == step::modify ? api_action::modify_entry
                                         : api_action::delete_entry;
  call.table_id = gateway.table_id();
  if (s.kind == step::modify && s.other != nullptr) {
    claim(x, *s.other);
    op.source = s.other->number;
    call.entry_id = s.other->id;
  } else if (s.kind != step::create) {
    call.entry_id = x.id;
  }
  if (s.kind != step::remove) {
    call.spec = unpack(x.name, x.wanted);
    call.port_break = x.wanted.external_port + x.wanted.count - 1 > 1024
                      && gateway.shared_with_snat(call.spec.external_ip);
  }
  call.client_token = token(x, call);
  if (spent(x, call.client_token)) {
    hold_for_attempt(x);
    return false;
  }
  x.known_absent = false;
  x.busy().op = std::move(op);
  return true;
}

void engine::send(slot& x) {
  auto& op = *x.work->op;
  op.in_flight = true;
  auto call = op.call;
  call.priority = x.place.level;
  auto left = window.leave(writes_in_flight, unconfirmed, now);
  ++writes_in_flight;
  note(to_string(call.action), &x, call.entry_id);
  send_call(std::move(call), {.kind = call_kind::write,
                              .slot = x.number,
                              .part = 0,
                              .sent = now,
                              .left = left,
                              .id = {}});
}

std::string engine::token(const slot& x, const api_call& call) const {
  // A delete needs no record: an entry's id never comes again. What was
  // accepted in vain is counted.
  auto deletes = call.action == api_action::delete_entry;
  return client_token({.record_uid = deletes ? x.name : x.work->record_uid,
                       .action = call.action,
                       .table_id = call.table_id,
                       .entry_id = call.entry_id,
                       .spec = call.spec,
                       .port_break = call.port_break,
                       .attempt = deletes ? x.deletes : x.attempt});
}

bool engine::spent(const slot& x, const std::string& token) const {
  return std::find(x.spent.begin(), x.spent.end(), digest(token))
         != x.spent.end();
}

void engine::spend(slot& x, const std::string& token) {
  x.spent[x.spent_next] = digest(token);
  x.spent_next = static_cast<uint8_t>((x.spent_next + 1U) % x.spent.size());
}

void engine::hold_table(std::chrono::nanoseconds delay) {
  hold_until = std::max(hold_until, now + delay);
}

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
  wake_at(x, now + op_pause.delay(std::min(op.tries, 16U), rng));
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
    quota = static_cast<uint32_t>(table.size());
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
    wrote(x);
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
  wrote(x);
}

void engine::wrote(slot& x) {
  if (!x.unconfirmed) {
    x.unconfirmed = true;
    ++unconfirmed;
  }
  x.wrote_at = now;
  x.work->looks = 0;
  x.work->early = now;
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
