#pragma once

#include "actors/openapi_caller.hpp"
#include "clients/aliyun/vpc_answer.hpp"

// What becomes of a call that was answered: over, or repeated by the caller.

namespace natgw::actors {

/// Whether a write is of a pair that another one has followed.
bool is_stale(const openapi_caller_state& st, const api_call& x);

/// Draws the consequences for trust, rates and gateway. True if the call is
/// back in the queue; else it has left the dispatcher and is to be answered.
bool judge(openapi_caller_state& st, open_call& x,
           const aliyun::vpc_answer& answer);

} // namespace natgw::actors
