#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "actors/openapi_caller.hpp"
#include "clients/aliyun/vpc_answer.hpp"

// What an openapi_caller tells: those who asked, the log, and the metrics.

namespace natgw::actors {

/// Answers whoever made the call, under the call's own id.
void reply(const open_call& to, api_reply x);

/// Answers that the call certainly has not been sent.
void reply_unsent(const open_call& to, ec code, std::string detail,
                  std::chrono::milliseconds retry_after = {});

/// Answers calls that wait and forgets them; the dispatcher has done so.
void refuse(openapi_caller_state& st, const std::vector<uint64_t>& tickets,
            ec code, std::string_view detail,
            std::chrono::milliseconds retry_after = {});

/// Tells `on_attempt` of an attempt that is over.
void observe_attempt(openapi_caller_state& st, const open_call& x,
                     const aliyun::vpc_answer& answer, bool repeated);

/// Until the circuit lets a probe through; at least 1 ms.
std::chrono::milliseconds until_probe(openapi_caller_state& st);

/// The cloud has accepted, or refused, our credentials; said aloud when the
/// circuit closes or opens by it. `why` holds no secret.
void trusted(openapi_caller_state& st);
void distrusted(openapi_caller_state& st, std::string_view why);

} // namespace natgw::actors
