#include "actors/status_writer.hpp"

#include <iterator>
#include <utility>
#include <variant>
#include <vector>

#include <caf/actor_cast.hpp>

#include "actors/handover.hpp"
#include "actors/status_writer_outcome.hpp"
#include "actors/status_writer_report.hpp"

namespace natgw::actors {

namespace {

using writer_ptr = status_writer_self::stateful_pointer<status_writer_state>;

/// What the last second of a lease is left for.
constexpr auto fence = std::chrono::seconds{1};

void pump(writer_ptr self);

// -- sending -----------------------------------------------------------------

std::optional<instant> not_after(const status_writer_state& st) {
  if (!st.cfg.lease_required)
    return std::nullopt;
  return st.term->ends - fence;
}

auto record_teller(writer_ptr self, uint64_t job) {
  return hand_over<status_writer_self>(self, [job](expected<record_ptr> x) {
    return record_answer{.job = job, .now = std::move(x)};
  });
}

auto plain_teller(writer_ptr self, uint64_t job) {
  return hand_over<status_writer_self>(self, [job](expected<void> x) {
    return plain_answer{.job = job, .outcome = std::move(x)};
  });
}

void send_event(writer_ptr self, uint64_t job, const core::filtered_event& x) {
  auto& st = self->state;
  auto wall = st.time.wall();
  auto ago = st.time.now() - x.first;
  kube::event_times seen{
    .count = x.count,
    .first = wall - std::chrono::floor<std::chrono::milliseconds>(ago),
    .last = wall};
  st.api->create_event(x.event, seen, st.rng(), not_after(st),
                       plain_teller(self, job));
}

void send_job(writer_ptr self, core::write_job job) {
  auto& st = self->state;
  if (!job.began)
    job.began = st.time.now();
  auto id = job.id;
  const auto& running = st.running[id] = std::move(job);
  if (const auto* write = std::get_if<record_write>(&running.what)) {
    if (running.doubt)
      st.api->get_record(write->key, record_teller(self, id));
    else
      st.api->write(*write, not_after(st), record_teller(self, id));
  } else if (const auto* patch = std::get_if<pod_patch>(&running.what)) {
    st.api->patch_pod(*patch, st.time.wall(), not_after(st),
                      plain_teller(self, id));
  } else {
    send_event(self, id, std::get<core::filtered_event>(running.what));
  }
}

bool may_write(const status_writer_state& st, instant now) {
  return !st.cfg.lease_required || (st.term && now < st.term->ends - fence);
}

// -- the end -----------------------------------------------------------------

void give_up(status_writer_state& st, instant now) {
  auto problem = error{ec::cancelled, "the controller is shutting down"};
  std::vector<core::write_job> left;
  st.queue->drop_if(
    [&](const core::write_job& x) {
      left.push_back(x);
      return true;
    },
    now);
  for (const auto& x : left)
    answer_problem(st, x, problem);
}

/// Quits once nothing is left that somebody waits for, or time is up.
void drain(writer_ptr self, instant now) {
  auto& st = self->state;
  auto late = now >= *st.drain_until;
  if (late)
    give_up(st, now);
  if (late || (st.queue->waiting() == 0 && st.running.empty()))
    self->quit();
  else
    st.timer.arm(self, now, *st.drain_until);
}

void pump(writer_ptr self) {
  auto& st = self->state;
  auto now = st.time.now();
  if (may_write(st, now)) {
    while (auto job = st.queue->next(now))
      send_job(self, std::move(*job));
    if (auto at = st.queue->wake(now))
      st.timer.arm(self, now, *at);
  }
  if (st.drain_until)
    drain(self, now);
}

// -- wishes ------------------------------------------------------------------

void remember_asker(writer_ptr self, uint64_t job) {
  auto& st = self->state;
  auto& askers = st.askers[job];
  const auto& sender = self->current_sender();
  if (!sender)
    return;
  auto address = caf::actor_cast<caf::actor_addr>(sender);
  if (st.monitored.insert(address).second)
    self->monitor(address);
  askers.insert(std::move(address));
}

/// An attempt that is under way is finished, but not repeated any more.
void forget_asker(status_writer_state& st, const caf::actor_addr& address) {
  st.monitored.erase(address);
  for (auto i = st.askers.begin(); i != st.askers.end();) {
    auto& [job, askers] = *i;
    auto last = askers.erase(address) > 0 && askers.empty();
    i = last ? st.askers.erase(i) : std::next(i);
  }
  st.queue->drop_if(
    [&](const core::write_job& x) { return !st.askers.contains(x.id); },
    st.time.now());
}

void emit(writer_ptr self, object_event& x) {
  auto& st = self->state;
  auto now = st.time.now();
  if (x.about == event_subject::controller)
    x.key = st.cfg.controller;
  if (auto event = st.events.admit(std::move(x), now))
    st.queue->push(std::move(*event), now);
  pump(self);
}

void stop(writer_ptr self) {
  auto& st = self->state;
  if (!st.drain_until)
    st.drain_until = st.time.now() + st.cfg.drain_limit;
  pump(self);
}

} // namespace

status_writer_self::behavior_type
status_writer(writer_ptr self, std::shared_ptr<kube::client> api, clock time,
              status_writer_config cfg) {
  auto& state = self->state;
  state.queue.emplace(cfg.queue, time.now());
  state.events = core::event_filter{cfg.events};
  state.rng.seed(cfg.seed);
  state.cfg = std::move(cfg);
  state.api = std::move(api);
  state.time = std::move(time);
  self->set_down_handler([self](const caf::down_msg& x) {
    forget_asker(self->state, x.source);
    pump(self);
  });
  return {
    [self](const record_write& x) {
      auto& st = self->state;
      remember_asker(self, st.queue->push(x, st.time.now()));
      pump(self);
    },
    [self](const pod_patch& x) {
      auto& st = self->state;
      remember_asker(self, st.queue->push(x, st.time.now()));
      pump(self);
    },
    [self](object_event& x) { emit(self, x); },
    [self](const lease_term& x) {
      self->state.term = x;
      pump(self);
    },
    [self](atom::stop) { stop(self); },
    [self](const record_answer& x) {
      settle(self->state, x);
      pump(self);
    },
    [self](const plain_answer& x) {
      settle(self->state, x);
      pump(self);
    },
    [self](atom::tick, uint64_t number) {
      if (self->state.timer.goes_off(number))
        pump(self);
    },
  };
}

} // namespace natgw::actors
