#include "core/forward_table/engine.hpp"

namespace natgw::core::table {

bool engine::reads_table(call_kind x) {
  return x != call_kind::write && x != call_kind::gateway
         && x != call_kind::eips;
}

uint64_t engine::send_call(api_call call, call_record record) {
  call.id = ++call_ids;
  call.gateway = cfg.gateway;
  call.epoch = cfg.epoch;
  if (reads_table(record.kind))
    ++describes_in_flight;
  calls.emplace(call.id, std::move(record));
  out.emplace_back(std::move(call));
  return call_ids;
}

void engine::drive_gateway() {
  auto due = gateway.due();
  if (!due || *due > now)
    return;
  gateway.ask();
  api_call call;
  call.action = api_action::describe_gateways;
  call.priority = listed || standing_by ? urgency::background : urgency::birth;
  send_call(std::move(call), {});
}

/// Which of the gateway's EIPs are locked: once for each sweep, and nothing
/// waits for it.
void engine::ask_about_eips() {
  if (standing_by || !gateway.usable())
    return;
  api_call call;
  call.action = api_action::describe_eips;
  call.priority = urgency::background;
  send_call(std::move(call), {.kind = call_kind::eips});
}

void engine::gateway_answered(const api_reply& reply) {
  auto was_usable = gateway.usable();
  gateway.answered(reply, now, rng);
  gateway_known = true;
  if (gateway.gone()) {
    if (!told_gone)
      gateway_gone();
    return;
  }
  told_gone = false;
  if (gateway.missing())
    probe_table();
  if (gateway.usable() && !was_usable) {
    note("gateway is usable");
    unblock();
  }
}

/// Whether the table is really missing only a call for it can tell: an empty
/// list of gateways may be a narrowed RAM policy.
void engine::probe_table() {
  auto call = describe_call(urgency::background);
  call.page_size = 1;
  send_call(std::move(call), {.kind = call_kind::probe,
                              .slot = 0,
                              .part = 0,
                              .sent = now,
                              .left = {},
                              .id = {}});
}

void engine::gateway_gone() {
  note("gateway is gone");
  told_gone = true;
  std::vector<uint32_t> numbers;
  for (auto& [number, x] : table.slots())
    numbers.push_back(number);
  for (auto number : numbers) {
    auto* x = table.at(number);
    if (x == nullptr)
      continue;
    if (x->wish == wish_kind::drop)
      known_gone(*x);
    else if (x->wish == wish_kind::want)
      refuse(*x, ec::gateway_unusable, "the gateway is gone");
  }
}

void engine::drive_scan() {
  if (gateway.table_id().empty())
    return;
  if (!scan.active()) {
    if (!listed || !overlap_waiting.empty()) {
      overlap_scanned = std::exchange(overlap_waiting, {});
      begin_sweep(standing_by ? urgency::background : urgency::birth);
    } else if (now >= next_sweep) {
      begin_sweep(urgency::background);
    }
  }
  // The leader needs what the account's limits allow.
  auto pages = standing_by ? 1 : cfg.max_pages;
  while (describes_in_flight < cfg.max_describes) {
    auto page = scan.next(pages, now);
    if (!page)
      return;
    auto call = describe_call(scan.priority());
    call.page_number = *page;
    send_call(std::move(call), {.kind = call_kind::page,
                                .slot = 0,
                                .part = *page,
                                .sent = now,
                                .left = {},
                                .id = {}});
  }
}

void engine::begin_sweep(urgency priority) {
  sweeping = true;
  swept.clear();
  scan.begin(priority, now);
}

/// For the self-check, which compares what stands with what was promised. An
/// entry that slipped between two pages would look like one that is gone.
void engine::tell_sweep() {
  auto entries = std::exchange(swept, {});
  if (standing_by || !scan.consistent())
    return;
  auto told = std::make_shared<table_sweep>();
  told->gateway = cfg.gateway;
  told->entries = std::move(entries);
  out.emplace_back(sweep_ptr{std::move(told)});
}

void engine::page_answered(const api_reply& reply, uint32_t page,
                           instant sent) {
  if (reply.outcome != call_class::ok) {
    auto pause = std::max<std::chrono::nanoseconds>(scan_pause.next(rng),
                                                    reply.retry_after);
    scan.failed(page, now + pause);
    return;
  }
  scan_pause.reset();
  if (sweeping && !standing_by)
    swept.insert(swept.end(), reply.entries.begin(), reply.entries.end());
  for (auto& entry : reply.entries)
    observe(
      entry,
      {.sent = sent, .exact = false, .scan = scan.number(), .sweep = sweeping});
  scan.answered(page, static_cast<uint32_t>(reply.entries.size()),
                reply.total_count, cfg.page_size);
  if (scan.finish())
    scan_done();
}

void engine::scan_done() {
  // Whose own look was due before the scan began, and was not seen, gets it.
  while (looks.shared() > 0 && looks.oldest_shared() <= scan.began()) {
    auto& x = *table.at(*looks.next_shared());
    cancel_look(x);
    look(x, look_reason::exact, now);
  }
  if (!sweeping)
    return;
  // Entries slipped between the pages: begin anew rather than start blind.
  if (!listed && !scan.consistent() && ++inconsistent_scans < max_rescans)
    return;
  inconsistent_scans = 0;
  next_sweep = now + cfg.sweep_interval;
  ask_about_eips();
  suspect_unseen();
  tell_sweep();
  if (!listed) {
    note("listed");
    listed = true;
    unblock();
  }
  overlap_scan_done();
}

/// What the sweep has not shown is looked at exactly before anything is told.
void engine::suspect_unseen() {
  if (standing_by) {
    forget_unseen();
    return;
  }
  for (auto& [number, x] : table.slots()) {
    if (!x.known() || x.scan == scan.number() || uncertain(x)
        || x.wrote_at >= scan.began()
        || (x.work && x.work->place != look_place::nowhere))
      continue;
    look(x, look_reason::exact, now);
  }
  strangers_to_look_at.clear();
  for (auto& [id, x] : table.foreigners())
    if (x.scan != scan.number())
      strangers_to_look_at.push_back(id);
}

} // namespace natgw::core::table
