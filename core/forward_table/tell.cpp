#include "core/forward_table/engine.hpp"

namespace natgw::core::table {

foreign_entry engine::as_foreign(const forward_entry& x) {
  return {x.id,  x.spec.external_ip, x.spec.external_port, x.spec.count,
          x.any, x.spec.proto};
}

void engine::tell(slot& x, entry_fact fact, ec reason, std::string detail,
                  std::string id) {
  note(to_string(fact), &x, detail);
  if (x.twin)
    return;
  // The pool must know a reservation before the refusal it explains.
  flush_foreign();
  auto seen = x.known() && fact != entry_fact::refused
              && fact != entry_fact::absent;
  out.emplace_back(entry_news{fact, unpack(x.name, seen ? x.seen : x.wanted),
                              seen ? x.id : std::move(id), reason,
                              std::move(detail)});
}

void engine::flush_foreign() {
  if (!strangers.added.empty() || !strangers.removed.empty())
    out.emplace_back(std::exchange(strangers, {}));
}

uint32_t engine::queue_depth() const {
  return static_cast<uint32_t>(queue.size() + blocked.size()) + writes_in_flight
         + repeating;
}

bool engine::report_changed() const {
  auto& r = last_report;
  return report_urgent()
         || (gateway_known
             && (r.queue_depth != queue_depth() || r.entries != table.size()
                 || r.quota != quota || r.window != window.size()));
}

/// What the pool waits for, or must not act upon any more.
bool engine::report_urgent() const {
  auto& r = last_report;
  return gateway_known
         && (r.listed != is_read() || r.usable != usable()
             || (r.quota != quota && !quota_in_doubt())
             || r.quota_in_doubt != quota_in_doubt() || r.problem != problem()
             || r.zone != gateway.zone() || r.eips != gateway.eips());
}

bool engine::quota_in_doubt() const {
  return quota > 0 && now >= quota_until;
}

/// In the table of a gateway that is gone there is nothing left to read.
bool engine::is_read() const {
  return listed || told_gone;
}

bool engine::usable() const {
  return gateway.usable() && trouble.empty();
}

const std::string& engine::problem() const {
  return gateway.usable() ? trouble : gateway.problem();
}

void engine::report() {
  if (!report_urgent() && (now < next_report || !report_changed()))
    return;
  next_report = now + cfg.report_interval;
  last_report = {.usable = usable(),
                 .problem = problem(),
                 .eips = gateway.eips(),
                 .zone = gateway.zone(),
                 .listed = is_read(),
                 .mirrored = mirrored,
                 .entries = static_cast<uint32_t>(table.size()),
                 .quota = quota,
                 .quota_in_doubt = quota_in_doubt(),
                 .queue_depth = queue_depth(),
                 .window = window.size()};
  out.emplace_back(last_report);
}

void engine::note(std::string_view what, const slot* x,
                  std::string_view detail) const {
  if (!sink)
    return;
  std::string line{cfg.gateway};
  line += ' ';
  line += what;
  if (x != nullptr) {
    line += ' ';
    line += x->name;
    line += x->twin ? " (twin)" : "";
  }
  if (!detail.empty()) {
    line += ' ';
    line += detail;
  }
  sink(line);
}

} // namespace natgw::core::table
