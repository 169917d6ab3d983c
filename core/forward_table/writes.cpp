#include "core/forward_table/engine.hpp"

#include <algorithm>

#include "core/client_token.hpp"
#include "core/short_hash.hpp"

namespace natgw::core::table {

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
  if (s.kind == step::create && quota > 0 && !quota_in_doubt()
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
  if (!op.uncertain)
    op.began = now;
  auto call = op.call;
  call.priority = x.place.level;
  auto left = window.leave(writes_in_flight, unconfirmed, repeating > 0, now);
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
  return std::find(x.spent.begin(), x.spent.end(), short_hash(token))
         != x.spent.end();
}

void engine::spend(slot& x, const std::string& token) {
  x.spent[x.spent_next] = short_hash(token);
  x.spent_next = static_cast<uint8_t>((x.spent_next + 1U) % x.spent.size());
}

void engine::hold_table(std::chrono::nanoseconds delay) {
  hold_until = std::max(hold_until, now + delay);
}

} // namespace natgw::core::table
