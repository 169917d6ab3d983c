#include "actors/status_writer.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <caf/actor_cast.hpp>

#include "actors/handover.hpp"
#include "actors/status_writer_report.hpp"
#include "core/write_retry.hpp"

namespace natgw::actors {

namespace {

using writer_ptr = status_writer_self::stateful_pointer<status_writer_state>;

/// What the last second of a lease is left for.
constexpr auto fence = std::chrono::seconds{1};

/// A refused fence is looked at again after so long.
constexpr auto fence_pause = std::chrono::milliseconds{500};

/// A server's wish to be left alone is followed up to here.
constexpr auto longest_hold = std::chrono::milliseconds{30'000};

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
  st.api->create_event(x.event, seen, st.rng(), plain_teller(self, job));
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

// -- outcomes ----------------------------------------------------------------

void retry(status_writer_state& st, core::write_job job, const error& problem) {
  auto now = st.time.now();
  if (problem.code == ec::fenced) {
    st.queue->retry(std::move(job), now + fence_pause, now);
    return;
  }
  auto wished = std::min(problem.retry_after, longest_hold);
  if (problem.code == ec::throttled)
    st.queue->hold(now + wished);
  auto delay = st.cfg.delays.first * (1U << std::min(job.failures, 10U));
  delay = core::jittered(std::min(delay, st.cfg.delays.cap),
                         st.cfg.delays.jitter, st.rng);
  ++job.failures;
  st.queue->retry(std::move(job), now + std::max(delay, wished), now);
}

void finish_record(status_writer_state& st, const core::write_job& job,
                   const record_ptr& seen) {
  const auto& write = std::get<record_write>(job.what);
  st.queue->done(job, st.time.now());
  answer(st, job.id,
         record_written{.key = write.key,
                        .op = write.op,
                        .problem = job.doubt,
                        .now = seen,
                        .absent = seen == nullptr});
}

void finish_record(status_writer_state& st, const core::write_job& job,
                   const error& problem) {
  st.queue->done(job, st.time.now());
  answer_problem(st, job, problem);
}

/// The write has failed for now.
void written(status_writer_state& st, core::write_job job,
             const error& problem) {
  note_failure(st, job, problem);
  auto now = st.time.now();
  switch (core::after_record_write(problem.code, now - *job.began)) {
    case core::after_failure::answer:
      finish_record(st, job, problem);
      break;
    case core::after_failure::look:
      job.doubt = problem;
      job.failures = 0;
      st.queue->retry(std::move(job), now, now);
      break;
    case core::after_failure::retry:
      retry(st, std::move(job), problem);
      break;
  }
}

/// The object could not be read after a write of unknown outcome.
void looked(status_writer_state& st, core::write_job job,
            const error& problem) {
  note_failure(st, job, problem);
  if (problem.code == ec::not_found) {
    finish_record(st, job, record_ptr{});
    return;
  }
  auto tried = st.time.now() - *job.began;
  if (core::after_record_look(problem.code, tried)
      == core::after_failure::retry)
    retry(st, std::move(job), problem);
  else
    finish_record(st, job, *job.doubt);
}

void handle(writer_ptr self, const record_answer& x) {
  auto& st = self->state;
  auto running = st.running.extract(x.job);
  if (!running)
    return;
  auto& job = running.mapped();
  if (x.now) {
    note_success(st, job);
    finish_record(st, job, *x.now);
  } else if (job.doubt) {
    looked(st, std::move(job), x.now.error());
  } else {
    written(st, std::move(job), x.now.error());
  }
  pump(self);
}

core::after_failure after_plain(const core::write_job& job, ec problem) {
  return std::holds_alternative<pod_patch>(job.what)
           ? core::after_pod_patch(problem, job.failures + 1)
           : core::after_event(problem, job.failures + 1);
}

void handle(writer_ptr self, const plain_answer& x) {
  auto& st = self->state;
  auto running = st.running.extract(x.job);
  if (!running)
    return;
  auto& job = running.mapped();
  if (x.outcome)
    note_success(st, job);
  else
    note_failure(st, job, x.outcome.error());
  if (!x.outcome
      && after_plain(job, x.outcome.error().code)
           == core::after_failure::retry) {
    retry(st, std::move(job), x.outcome.error());
  } else {
    st.queue->done(job, st.time.now());
    if (!x.outcome)
      answer_problem(st, job, x.outcome.error());
    else if (const auto* patch = std::get_if<pod_patch>(&job.what))
      answer(st, job.id,
             pod_patched{
               .key = patch->key, .uid = patch->uid, .problem = std::nullopt});
  }
  pump(self);
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

/// A pool restarts: what its predecessor still had in the queue is void. The
/// predecessor was dead before the supervisor could say so, so all of its
/// writes have arrived.
void refuse_older(writer_ptr self, const std::string& gateway, uint64_t epoch) {
  auto& st = self->state;
  if (auto& known = st.epochs[gateway]; epoch > known)
    known = epoch;
  else
    return;
  std::vector<core::write_job> refused;
  st.queue->drop_if(
    [&](const core::write_job& x) {
      const auto* write = std::get_if<record_write>(&x.what);
      auto theirs = write != nullptr && write->promise.gateway == gateway;
      if (theirs)
        refused.push_back(x);
      return theirs;
    },
    st.time.now());
  for (const auto& x : refused)
    answer_problem(st, x, {ec::fenced, "the pool has restarted"});
}

void forget_asker(writer_ptr self, const caf::actor_addr& address) {
  auto& st = self->state;
  st.monitored.erase(address);
  st.queue->drop_if(
    [&](const core::write_job& x) {
      auto i = st.askers.find(x.id);
      if (i == st.askers.end() || i->second.erase(address) == 0
          || !i->second.empty())
        return false;
      st.askers.erase(i);
      return true;
    },
    st.time.now());
}

void emit(writer_ptr self, const pod_event& x) {
  auto& st = self->state;
  auto now = st.time.now();
  if (auto event = st.events.admit(x, now))
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
    forget_asker(self, x.source);
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
    [self](const pod_event& x) { emit(self, x); },
    [self](const lease_term& x) {
      self->state.term = x;
      pump(self);
    },
    [self](atom::epoch, const std::string& gateway, uint64_t epoch) {
      refuse_older(self, gateway, epoch);
      pump(self);
    },
    [self](atom::stop) { stop(self); },
    [self](const record_answer& x) { handle(self, x); },
    [self](const plain_answer& x) { handle(self, x); },
    [self](atom::tick, uint64_t number) {
      if (self->state.timer.goes_off(number))
        pump(self);
    },
  };
}

} // namespace natgw::actors
