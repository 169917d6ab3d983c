#pragma once

#include "actors/private_messages.hpp"
#include "actors/status_writer.hpp"

// What becomes of a job once the API server has answered: over, repeated, or
// looked at because its outcome is in doubt.

namespace natgw::actors {

/// Takes the job out of those that run, and either answers who asked for it or
/// gives it back to the queue. What nobody alive has asked for is not repeated.
void settle(status_writer_state& st, const record_answer& x);
void settle(status_writer_state& st, const plain_answer& x);

} // namespace natgw::actors
