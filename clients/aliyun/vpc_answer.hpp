#pragma once

#include "clients/http/transport.hpp"
#include "core/retry_classifier.hpp"
#include "messages/api_call.hpp"
#include "messages/error.hpp"

namespace natgw::aliyun {

/// What came back for a call.
struct vpc_answer {
  api_reply reply;
  /// Why `reply.outcome` is what it is; nullptr for ok.
  const core::error_rule* rule = nullptr;
  /// The HTTP status; 0 if nothing came back.
  int status = 0;
  /// Whether the API itself has answered, and not some box before it.
  bool from_api = false;
};

/// Reads what the transport brought. A success must say what it is about: a
/// create its entry's id, a list its total and its (perhaps empty) list.
/// Anything else that is not an error of the API becomes `unanswered`, never
/// an empty list.
vpc_answer read_answer(const api_call& call, expected<http::response> x);

} // namespace natgw::aliyun
