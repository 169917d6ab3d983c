#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace natgw {

/// The one error enum of the program. Zero is reserved for "no error".
enum class ec : uint8_t {
  // -- input ---------------------------------------------------------------
  /// A text from a user breaks a rule; `detail` names what, where and which.
  invalid_argument = 1,
  /// The configuration file is unusable; `detail` names file, line, column.
  invalid_config,

  // -- transport -----------------------------------------------------------
  /// The connection failed, broke, or was reset before an answer arrived.
  transport,
  /// No complete answer arrived before the deadline.
  timeout,
  /// The answer was larger than the bound for its kind.
  too_large,
  /// The answer is not what the protocol allows (bad JSON, wrong types, ...).
  malformed,
  /// The lease ends too soon for this write to leave; it was not sent.
  fenced,
  /// The caller withdrew the request; it may or may not have been sent.
  cancelled,

  // -- Kubernetes API ------------------------------------------------------
  /// 404: the object does not exist.
  not_found,
  /// 409 AlreadyExists on a create.
  already_exists,
  /// 409 Conflict: somebody else wrote the object, or the uid differs.
  conflict,
  /// 410: the resource version or continue token has expired.
  expired,
  /// 401: the credentials were not accepted.
  unauthorized,
  /// 403: the role lacks a verb.
  forbidden,
  /// 422 or another refusal that repeating cannot change.
  rejected,
  /// 429, or the OpenAPI's Throttling codes: wait and try again.
  throttled,
  /// A 5xx answer.
  unavailable,

  // -- VPC OpenAPI ---------------------------------------------------------
  /// The table or entry is in transition; the same request may pass later.
  busy,
  /// The EIP is not (yet) bound to the gateway.
  eip_not_bound,
  /// An entry with this external or internal triple exists already.
  duplicate_entry,
  /// The gateway's table holds as many entries as its quota allows.
  quota_exceeded,
  /// The forward entry does not exist (any more).
  entry_gone,
  /// The gateway, its table or our right to use it is missing.
  gateway_unusable,
  /// The ClientToken was used before with other parameters.
  token_mismatch,
  /// The access key, security token, clock or signature was not accepted.
  credential,

  // -- placement and pools -------------------------------------------------
  /// No gateway in question has the ports that were asked for.
  no_port,
  /// No configured gateway may serve this pod.
  no_gateway,
};

/// The name of the enumerator, as it appears in logs and metric labels.
std::string_view to_string(ec code);

/// An error as a value: the code is for programs, the detail for people. The
/// detail never holds a secret.
struct error {
  ec code;
  std::string detail;
  /// The server's wish when it may be asked again; 0: it named none.
  std::chrono::milliseconds retry_after{0};

  bool operator==(const error&) const = default;
};

template <class T>
using expected = std::expected<T, error>;

/// Shorthand for the failing side of `expected`.
inline std::unexpected<error> fail(ec code, std::string detail = {}) {
  return std::unexpected<error>{error{code, std::move(detail)}};
}

} // namespace natgw
