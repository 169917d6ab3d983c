#include "actors/supervisor.hpp"

#include <algorithm>
#include <utility>

#include <caf/actor_cast.hpp>
#include <caf/exit_reason.hpp>

#include "observe/log.hpp"

namespace natgw::actors {

namespace {

using supervisor_ptr = supervisor_actor::stateful_pointer<supervisor_state>;
using phase = supervisor_state::phase;

/// Restarts of pairs in one lease that keep their epochs apart.
constexpr uint64_t restarts_per_lease = 1U << 16U;

template <class Handle>
void watch(supervisor_ptr self, const Handle& handle, std::string title) {
  self->monitor(handle);
  self->state.crew.emplace(handle.address(), std::move(title));
}

void kill(const caf::actor_addr& address) {
  if (auto member = caf::actor_cast<caf::actor>(address))
    caf::anon_send_exit(member, caf::exit_reason::kill);
}

void kill_crew(supervisor_state& st) {
  for (const auto& [address, title] : std::exchange(st.crew, {}))
    kill(address);
}

uint64_t epoch_of(const supervisor_state& st, const gateway_pair& pair) {
  return st.term.epoch * restarts_per_lease + pair.restarts;
}

pair_surroundings surroundings_of(const supervisor_state& st,
                                  const std::string& gateway,
                                  const gateway_pair& pair) {
  return {.gateway = gateway,
          .epoch = epoch_of(st, pair),
          .drain = pair.drain,
          .placement = st.placement,
          .records = st.records,
          .reader = st.reader,
          .caller = st.caller,
          .writers = st.writers};
}

void spawn_table(supervisor_ptr self, const std::string& gateway) {
  auto& st = self->state;
  auto& pair = st.pairs[gateway];
  pair.table = st.make.table(surroundings_of(st, gateway, pair));
  watch(self, pair.table, "forward_table of " + gateway);
}

/// A table that has stood by goes on as this pair's; its pool tells it so.
void start_pair(supervisor_ptr self, const std::string& gateway, bool drain) {
  auto& st = self->state;
  auto& pair = st.pairs[gateway];
  pair.drain = drain;
  pair.starts_at = instant::max();
  auto around = surroundings_of(st, gateway, pair);
  // What the former pair left behind is refused from now on. (The writers have
  // dropped it when they saw the pool die.)
  self->send(st.caller, atom::epoch_v, gateway, around.epoch);
  if (!pair.table)
    spawn_table(self, gateway);
  pair.pool = st.make.pool(around, pair.table);
  watch(self, pair.pool, "port_pool of " + gateway);
  self->send(st.placement, atom::start_v, gateway, pair.pool);
}

/// Spawns everybody who only looks. Without a term the writers and the caller
/// let no write leave, and without a pool nobody asks for one.
void stand_by(supervisor_ptr self) {
  auto& st = self->state;
  st.writers = st.make.writers();
  for (auto& writer : st.writers)
    watch(self, writer, "status_writer");
  st.credentials = st.make.credentials(st.writers.front());
  watch(self, st.credentials, "credential_keeper");
  st.caller = st.make.caller(st.credentials, st.writers.front());
  watch(self, st.caller, "openapi_caller");
  self->send(st.credentials, atom::start_v, st.caller);
  st.reader = st.make.reader();
  watch(self, st.reader, "object_reader");
  st.placement = st.make.placement(supervisor_actor{self}, st.writers);
  watch(self, st.placement, "placement");
  st.records = st.make.records(st.placement);
  watch(self, st.records, "record_watcher");
  st.pods = st.make.pods(st.placement);
  watch(self, st.pods, "pod_watcher");
  for (auto& gateway : st.cfg.gateways) {
    spawn_table(self, gateway);
    self->send(st.pairs[gateway].table, atom::start_v);
  }
  self->send(st.records, atom::start_v);
  self->send(st.pods, atom::start_v);
}

void tell_term(supervisor_ptr self) {
  auto& st = self->state;
  for (auto& writer : st.writers)
    self->send(writer, st.term);
  self->send(st.caller, st.term);
}

/// The pools come after this moment, and each asks for a list of the records:
/// so it shows what every former leader had written.
void lead(supervisor_ptr self) {
  auto& st = self->state;
  st.now = phase::leading;
  st.metrics->set_lease_held(true);
  tell_term(self);
  self->send(st.placement, atom::start_v);
  for (auto& gateway : st.cfg.gateways)
    start_pair(self, gateway, false);
  for (auto& gateway : std::exchange(st.asked, {}))
    if (!st.pairs.contains(gateway))
      start_pair(self, gateway, true);
  observe::log(observe::level::info, "leading",
               {{"epoch", std::to_string(st.term.epoch)}});
  st.listeners.on_readiness(true);
}

void renewed(supervisor_ptr self, const lease_term& term) {
  auto& st = self->state;
  st.term = term;
  st.listeners.on_lease(term.ends);
  if (st.now == phase::waiting)
    lead(self);
  else if (st.now != phase::handing_over)
    tell_term(self);
}

void drain_asked(supervisor_ptr self, const std::string& gateway) {
  auto& st = self->state;
  if (st.now == phase::waiting)
    st.asked.insert(gateway);
  else if (st.now == phase::leading && !st.pairs.contains(gateway))
    start_pair(self, gateway, true);
}

/// Ends everything at once: whoever restarts the process starts clean.
void give_up(supervisor_ptr self, const std::string& why) {
  auto& st = self->state;
  observe::log(observe::level::error, "giving_up", {{"why", why}});
  st.listeners.on_readiness(false);
  st.metrics->set_lease_held(false);
  self->set_down_handler([](caf::down_msg&) {});
  kill_crew(st);
  self->quit(caf::exit_reason::unhandled_exception);
}

// -- pairs that break ---------------------------------------------------------

std::string render(supervisor_ptr self, const caf::down_msg& dm) {
  return self->system().render(dm.reason);
}

template <class Handle>
void end_part(supervisor_state& st, Handle& part) {
  if (!part)
    return;
  auto address = part.address();
  st.crew.erase(address);
  kill(address);
  part = nullptr;
}

void end_pair(supervisor_state& st, gateway_pair& pair) {
  end_part(st, pair.table);
  end_part(st, pair.pool);
}

/// A pool or table has died: its partner goes too, and both start again.
void pair_broke(supervisor_ptr self, const std::string& gateway,
                gateway_pair& pair, const std::string& why) {
  auto& st = self->state;
  end_pair(st, pair);
  auto shift = std::min(pair.restarts, 6U);
  auto delay = std::min(st.cfg.first_backoff * (1U << shift),
                        st.cfg.last_backoff);
  ++pair.restarts;
  pair.starts_at = st.time.now() + delay;
  st.metrics->count_restart(observe::actor_kind::port_pool);
  observe::log(observe::level::error, "pair_restarts",
               {{"gateway", gateway},
                {"why", why},
                {"delay_ms", std::to_string(delay.count())}});
  self->delayed_send(self, delay, atom::tick_v);
}

/// A table that only stands by is part of no pair: like anybody else's, its
/// death ends the process.
bool is_part_of(const gateway_pair& pair, const caf::actor_addr& address) {
  return pair.pool
         && (pair.table.address() == address || pair.pool.address() == address);
}

// -- shutdown -----------------------------------------------------------------

/// Nobody waits for a member that has ended already.
template <class Handle>
void ask_to_stop(supervisor_ptr self, const Handle& handle) {
  if (!handle || !self->state.crew.contains(handle.address()))
    return;
  self->state.leaving.insert(handle.address());
  self->send(handle, atom::stop_v);
}

void begin_step(supervisor_ptr self, phase next) {
  auto& st = self->state;
  st.now = next;
  st.step_ends = st.time.now() + st.cfg.drain_limit;
  self->delayed_send(self, st.cfg.drain_limit, atom::tick_v);
}

void end_now(supervisor_ptr self) {
  kill_crew(self->state);
  self->quit();
}

/// The writes are out; the lease can go to the next one. Who has not ended in
/// time must not write under it any more.
void hand_over(supervisor_ptr self) {
  auto& st = self->state;
  for (const auto& address : std::exchange(st.leaving, {}))
    kill(address);
  begin_step(self, phase::handing_over);
  st.metrics->set_lease_held(false);
  ask_to_stop(self, st.lease_keeper);
  if (st.leaving.empty())
    end_now(self);
}

void shut_down(supervisor_ptr self) {
  auto& st = self->state;
  if (st.now == phase::draining || st.now == phase::handing_over)
    return;
  observe::log(observe::level::info, "shutting_down");
  if (st.now == phase::waiting) {
    hand_over(self);
    return;
  }
  begin_step(self, phase::draining);
  for (auto& [gateway, pair] : st.pairs)
    end_pair(st, pair);
  ask_to_stop(self, st.pods);
  ask_to_stop(self, st.records);
  ask_to_stop(self, st.reader);
  ask_to_stop(self, st.caller);
  for (auto& writer : st.writers)
    ask_to_stop(self, writer);
}

void went_down(supervisor_ptr self, const caf::down_msg& dm) {
  auto& st = self->state;
  auto found = st.crew.find(dm.source);
  if (found == st.crew.end())
    return;
  auto title = found->second;
  st.crew.erase(found);
  if (st.leaving.erase(dm.source) > 0) {
    if (st.leaving.empty() && st.now == phase::draining)
      hand_over(self);
    else if (st.leaving.empty() && st.now == phase::handing_over)
      end_now(self);
    return;
  }
  if (st.now == phase::draining || st.now == phase::handing_over)
    return;
  auto why = title + " ended: " + render(self, dm);
  for (auto& [gateway, pair] : st.pairs)
    if (is_part_of(pair, dm.source)) {
      pair_broke(self, gateway, pair, why);
      return;
    }
  give_up(self, why);
}

void tick(supervisor_ptr self) {
  auto& st = self->state;
  auto now = st.time.now();
  if (st.now == phase::leading)
    for (auto& [gateway, pair] : st.pairs)
      if (pair.starts_at <= now)
        start_pair(self, gateway, pair.drain);
  if (now < st.step_ends)
    return;
  if (st.now == phase::draining)
    hand_over(self);
  else if (st.now == phase::handing_over)
    end_now(self);
}

} // namespace

supervisor_actor::behavior_type
supervisor(supervisor_ptr self, supervisor_config cfg, spawners make,
           clock time, std::shared_ptr<observe::metrics> metrics,
           supervisor_listeners listeners) {
  auto& st = self->state;
  st.cfg = std::move(cfg);
  st.make = std::move(make);
  st.time = std::move(time);
  st.metrics = std::move(metrics);
  st.listeners = std::move(listeners);
  self->set_down_handler([self](caf::down_msg& dm) { went_down(self, dm); });
  stand_by(self);
  if (st.make.lease_keeper) {
    st.lease_keeper = st.make.lease_keeper(supervisor_actor{self});
    watch(self, st.lease_keeper, "lease_keeper");
    self->send(st.lease_keeper, atom::start_v);
  } else {
    self->send(self, lease_term{.epoch = 0, .ends = instant::max()});
  }
  return {
    [self](const lease_term& term) { renewed(self, term); },
    [self](atom::gone, const lease_term&) {
      self->state.metrics->set_lease_held(false);
      if (self->state.now == phase::leading)
        give_up(self, "the lease was lost");
    },
    [self](atom::start, const std::string& gateway) {
      drain_asked(self, gateway);
    },
    [self](atom::stop) { shut_down(self); },
    [self](atom::tick) { tick(self); },
  };
}

} // namespace natgw::actors
