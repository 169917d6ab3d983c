#include "core/forward_table/engine.hpp"

#include <algorithm>
#include <utility>

namespace natgw::core::table {

void engine::look_answered(const api_reply& reply, const call_record& record) {
  auto ok = reply.outcome == call_class::ok;
  if (ok)
    for (auto& entry : reply.entries)
      observe(entry, {.sent = record.sent, .exact = true});
  // What was read may have ended the slot.
  auto* found = table.at(record.slot);
  if (found == nullptr)
    return;
  auto& x = *found;
  auto& w = *x.work;
  if (!ok)
    w.look_failed = true;
  else if (w.refusal && !reply.entries.empty())
    (record.part == 0 ? w.refusal->external_id : w.refusal->internal_id)
      = reply.entries.front().id;
  if (--w.answers_due > 0)
    return;
  w.place = look_place::nowhere;
  auto reason = std::exchange(w.look, look_reason::none);
  changed(x);
  if (w.look_failed) {
    auto delay = op_pause.delay(std::min(w.failed_looks, 16U), rng);
    ++w.failed_looks;
    w.blurred = true;
    look(x, reason,
         now + std::max<std::chrono::nanoseconds>(delay, reply.retry_after));
    return;
  }
  w.failed_looks = 0;
  switch (reason) {
    case look_reason::diagnose:
      conclude(x);
      break;
    case look_reason::triple:
      x.known_absent = !x.known();
      reconsider(x);
      break;
    default: {
      auto same = [&record](const forward_entry& e) {
        return e.id == record.id;
      };
      by_id_answered(x, record,
                     std::any_of(reply.entries.begin(), reply.entries.end(),
                                 same));
    }
  }
}

void engine::by_id_answered(slot& x, const call_record& record, bool found) {
  if (x.id != record.id || uncertain(x)) {
    // The entry left this slot, or is being written, since it was looked at.
    reconsider(x);
    return;
  }
  if (!found) {
    absent_by_id(x);
    return;
  }
  if (x.status != entry_status::available || x.unconfirmed)
    look_again(x);
  else
    x.work->looks = 0;
  reconsider(x);
}

void engine::absent_by_id(slot& x) {
  auto deleted = x.status == entry_status::deleting;
  if (x.unconfirmed && !deleted && now - x.wrote_at < cfg.visibility) {
    look_again(x);
    return;
  }
  if (x.unconfirmed && deleted) {
    auto& w = *x.work;
    if (!w.blurred || !delete_time.known())
      delete_time.learn(w.early - x.wrote_at, w.due - x.wrote_at);
  }
  note("gone by id", &x, x.id);
  table.bury(x.id, now + cfg.visibility);
  x.known_absent = true;
  lose(x);
}

void engine::stranger_answered(const std::string& id, const api_reply& reply,
                               instant sent) {
  if (reply.outcome != call_class::ok)
    return;
  auto same = [&id](const forward_entry& e) { return e.id == id; };
  if (std::none_of(reply.entries.begin(), reply.entries.end(), same))
    remove_stranger(id);
  for (auto& entry : reply.entries)
    observe(entry, {.sent = sent, .exact = true});
}

} // namespace natgw::core::table
