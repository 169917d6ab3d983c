#include "actors/status_writer_outcome.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

#include "actors/status_writer_report.hpp"
#include "core/backoff.hpp"
#include "core/write_retry.hpp"

namespace natgw::actors {

namespace {

/// A refused fence is looked at again after so long.
constexpr auto fence_pause = std::chrono::milliseconds{500};

/// A server's wish to be left alone is followed up to here.
constexpr auto longest_hold = std::chrono::milliseconds{30'000};

/// Whether everybody who asked for it has died.
bool abandoned(const status_writer_state& st, const core::write_job& job) {
  return !std::holds_alternative<core::filtered_event>(job.what)
         && !st.askers.contains(job.id);
}

void retry(status_writer_state& st, core::write_job job, const error& problem) {
  auto now = st.time.now();
  auto wished = std::min(problem.retry_after, longest_hold);
  if (problem.code == ec::throttled)
    st.queue->hold(now + wished);
  if (abandoned(st, job)) {
    // Whoever comes after the dead asker has read the records by now or is
    // about to: a promise of its predecessor must not appear behind its back.
    st.queue->done(job, now);
    return;
  }
  if (problem.code == ec::fenced) {
    st.queue->retry(std::move(job), now + fence_pause, now);
    return;
  }
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

core::after_failure after_plain(const core::write_job& job, ec problem) {
  return std::holds_alternative<pod_patch>(job.what)
           ? core::after_pod_patch(problem, job.failures + 1)
           : core::after_event(problem, job.failures + 1);
}

} // namespace

void settle(status_writer_state& st, const record_answer& x) {
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
}

void settle(status_writer_state& st, const plain_answer& x) {
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
}

} // namespace natgw::actors
