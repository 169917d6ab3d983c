#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "messages/api_call.hpp"
#include "messages/error.hpp"

namespace natgw::core {

/// What the caller itself does about an answer before it reports it.
enum class remedy : uint8_t {
  /// Nothing: report it.
  report,
  /// Slow this action down, repeat the call later.
  throttle,
  /// Sign anew (nonce, time) and repeat once; then as `credential`, or
  /// reported if the refused call is unanswered.
  sign_again,
  /// The account's key, token or clock is not accepted: open the circuit.
  credential,
};

std::string_view to_string(remedy x);

/// A set of actions, one bit for each.
using action_set = uint8_t;

constexpr action_set only(api_action x) {
  return static_cast<action_set>(1U << static_cast<unsigned>(x));
}

inline constexpr action_set all_actions = (1U << api_action_count) - 1U;

/// One line of the table that says what an answer means. The first line that
/// matches counts.
struct error_rule {
  /// The OpenAPI's Code, compared without regard to case; `*` stands for any
  /// text, also none.
  std::string_view code;
  /// A part of the Message, compared likewise; empty: any.
  std::string_view message;
  /// The HTTP status lies within these, both included.
  uint16_t status_from;
  uint16_t status_to;
  action_set actions;
  call_class outcome;
  ec error;
  remedy cure;
  /// The entry may exist already; look both triples up.
  bool may_be_duplicate;
  /// One sentence for the operator (docs/cloud.md).
  std::string_view meaning;
};

/// The whole table, in order. Its last lines match everything, so that every
/// answer has a rule.
std::span<const error_rule> error_rules();

/// The rule for an answer that is not a success.
/// @param status the HTTP status
/// @param code the OpenAPI's Code; empty if the body was none of its own
const error_rule& classify(api_action action, int status, std::string_view code,
                           std::string_view message);

/// The rule for a call without a usable answer.
/// @param error transport, timeout, too_large, malformed, fenced or cancelled
const error_rule& classify_failure(api_action action, ec error);

} // namespace natgw::core
