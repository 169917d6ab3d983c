#include "actors/status_writer_report.hpp"

#include <string>
#include <utility>
#include <variant>

#include <caf/actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include "observe/log.hpp"

namespace natgw::actors {

namespace {

template <class Answer>
void answer_all(status_writer_state& st, uint64_t job, const Answer& x) {
  auto askers = st.askers.extract(job);
  if (!askers)
    return;
  for (const auto& address : askers.mapped())
    if (auto asker = caf::actor_cast<caf::strong_actor_ptr>(address))
      caf::anon_send(caf::actor_cast<caf::actor>(asker), x);
}

observe::kube_write kind_of(const core::write_job& job) {
  if (const auto* write = std::get_if<record_write>(&job.what))
    return observe::kind_of(write->op);
  return std::holds_alternative<pod_patch>(job.what)
           ? observe::kube_write::pod_patch
           : observe::kube_write::event;
}

std::string describe(const core::write_job& job) {
  if (const auto* write = std::get_if<record_write>(&job.what))
    return (job.doubt ? "read" : std::string{to_string(write->op)})
           + " PodDNAT";
  return std::holds_alternative<pod_patch>(job.what) ? "patch pod"
                                                     : "create event";
}

/// Key of the object, and uid of the pod as far as it is known.
std::pair<object_key, std::string> subject(const core::write_job& job) {
  if (const auto* write = std::get_if<record_write>(&job.what))
    return {write->key, write->promise.pod_uid};
  if (const auto* patch = std::get_if<pod_patch>(&job.what))
    return {patch->key, patch->uid};
  const auto& event = std::get<core::filtered_event>(job.what).event;
  return {event.key, event.uid};
}

observe::level severity_of(ec problem) {
  switch (problem) {
    case ec::conflict:
    case ec::already_exists:
    case ec::not_found:
    case ec::fenced:
      // Races that everybody who writes to Kubernetes has.
      return observe::level::debug;
    case ec::forbidden:
      return observe::level::error;
    default:
      return observe::level::warn;
  }
}

void count(status_writer_state& st, const core::write_job& job,
           std::optional<ec> failure) {
  // A look is no write.
  if (st.cfg.metrics && !job.doubt)
    st.cfg.metrics->count_kube_write(kind_of(job), failure);
}

} // namespace

void answer(status_writer_state& st, uint64_t job, const record_written& x) {
  answer_all(st, job, x);
}

void answer(status_writer_state& st, uint64_t job, const pod_patched& x) {
  answer_all(st, job, x);
}

void answer_problem(status_writer_state& st, const core::write_job& job,
                    const error& problem) {
  if (const auto* write = std::get_if<record_write>(&job.what))
    answer_all(st, job.id,
               record_written{.key = write->key,
                              .op = write->op,
                              .problem = problem,
                              .now = nullptr,
                              .absent = problem.code == ec::not_found});
  else if (const auto* patch = std::get_if<pod_patch>(&job.what))
    answer_all(
      st, job.id,
      pod_patched{.key = patch->key, .uid = patch->uid, .problem = problem});
}

void note_success(status_writer_state& st, const core::write_job& job) {
  count(st, job, std::nullopt);
  if (!st.forbidden.empty() && st.forbidden.erase(describe(job)) > 0)
    observe::log(observe::level::info, "kube_write_allowed_again",
                 {{"write", describe(job)}});
}

void note_failure(status_writer_state& st, const core::write_job& job,
                  const error& problem) {
  count(st, job, problem.code);
  auto kind = describe(job);
  if (problem.code == ec::forbidden && !st.forbidden.insert(kind).second)
    return;
  auto [key, uid] = subject(job);
  observe::log(severity_of(problem.code), "kube_write_failed",
               {{"write", std::move(kind)},
                {"pod", key.str()},
                {"uid", std::move(uid)},
                {"problem", std::string{to_string(problem.code)}},
                {"detail", problem.detail}});
}

} // namespace natgw::actors
