#pragma once

#include <cstdint>

#include "actors/status_writer.hpp"

// What a status_writer tells: those who asked, the log, and the metrics.

namespace natgw::actors {

/// Answers everybody who asked for this job, once.
void answer(status_writer_state& st, uint64_t job, const record_written& x);
void answer(status_writer_state& st, uint64_t job, const pod_patched& x);

/// Answers that the job has failed; an event's failure interests nobody.
void answer_problem(status_writer_state& st, const core::write_job& job,
                    const error& problem);

/// An attempt was successful.
void note_success(status_writer_state& st, const core::write_job& job);

/// An attempt has failed. A missing right is logged once for each kind of
/// write, until it is there again.
void note_failure(status_writer_state& st, const core::write_job& job,
                  const error& problem);

} // namespace natgw::actors
