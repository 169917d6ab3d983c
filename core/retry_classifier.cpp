#include "core/retry_classifier.hpp"

#include <algorithm>
#include <array>

namespace natgw::core {

namespace {

using enum api_action;
using enum call_class;

constexpr action_set creates = only(create_entry);
constexpr action_set modifies = only(modify_entry);
constexpr action_set deletes = only(delete_entry);
constexpr action_set reads = only(describe_entries) | only(describe_gateways)
                             | only(describe_eips);
constexpr action_set writes = creates | modifies | deletes;
constexpr action_set changes = modifies | deletes;

/// Starts as a refusal that is reported; the rest is set by name.
struct line {
  std::string_view code;
  std::string_view message{};
  uint16_t from = 400;
  uint16_t to = 499;
  action_set actions = all_actions;
};

constexpr error_rule
rule(line x, call_class outcome, ec error, std::string_view meaning,
     remedy cure = remedy::report, bool may_be_duplicate = false) {
  return {x.code, x.message, x.from,           x.to,   x.actions, outcome,
          error,  cure,      may_be_duplicate, meaning};
}

constexpr auto lowest = uint16_t{0};
constexpr auto highest = uint16_t{65'535};

constexpr std::string_view bad_value
  = "a value of this call breaks a rule of the cloud; it will not be repeated";
constexpr std::string_view no_access
  = "the account's key, token, signature or clock was not accepted; calls are "
    "held, and one probes at growing intervals";
constexpr std::string_view in_transition
  = "an entry, the table or the gateway is in transition; repeated soon with "
    "the same token";
constexpr std::string_view gone_already
  = "the entry does not exist; a delete has reached its end";
constexpr std::string_view not_bound
  = "the EIP is not bound to the gateway, or not yet; repeated a few times";
constexpr std::string_view gateway_missing
  = "the gateway or its table is missing; it is read again";
constexpr std::string_view wrong_setup
  = "region, endpoint or API version is wrong; check the configuration";

constexpr auto table = std::to_array<error_rule>({
  // -- rate limits, whatever the status ---------------------------------------
  rule({"*Throttling*", "", 400, 599}, retry_soon, ec::throttled,
       "over the rate limit: this action slows down, the call is repeated",
       remedy::throttle),
  rule({"", "", 429, 429}, retry_soon, ec::throttled,
       "over a rate limit of something before the API; as Throttling",
       remedy::throttle),

  // -- no definite answer -----------------------------------------------------
  rule({"ServiceUnavailable", "", lowest, highest}, unanswered, ec::unavailable,
       "a temporary failure of the service; repeated with the same token"),
  rule({"InternalError", "", lowest, highest}, unanswered, ec::unavailable,
       "an unknown failure of the service; repeated with the same token"),
  rule({"*", "", 500, 599}, unanswered, ec::unavailable,
       "a failure of the server; a write may have been executed"),
  rule({"UnknownError"}, unanswered, ec::unavailable,
       "says nothing; a write may have been executed"),
  rule({"SystemBusy"}, unanswered, ec::busy,
       "the service is overloaded; a write may have been executed"),
  rule({"*LastTokenProcessing"}, unanswered, ec::busy,
       "an earlier call with this token is still being executed"),

  // -- credentials ------------------------------------------------------------
  rule({"SignatureNonceUsed"}, unanswered, ec::credential,
       "the nonce was seen before, perhaps in a call that was executed; "
       "signed anew and repeated",
       remedy::sign_again),
  rule({"InvalidTimeStamp.Expired"}, unsent, ec::credential,
       "the signature's time is more than 15 minutes off; signed anew once, "
       "then check the clock",
       remedy::sign_again),
  rule({"InvalidTimeStamp.Format"}, unsent, ec::credential, no_access,
       remedy::credential),
  rule({"InvalidAccessKeyId*"}, unsent, ec::credential, no_access,
       remedy::credential),
  rule({"InvalidSecurityToken*"}, unsent, ec::credential, no_access,
       remedy::credential),
  rule({"MissingSecurityToken"}, unsent, ec::credential, no_access,
       remedy::credential),
  rule({"SignatureDoesNotMatch"}, unsent, ec::credential, no_access,
       remedy::credential),
  rule({"IncompleteSignature"}, unsent, ec::credential, no_access,
       remedy::credential),
  rule({"InvalidSignatureMethod"}, unsent, ec::credential, no_access,
       remedy::credential),
  rule({"Forbidden.AccessKeyDisabled"}, unsent, ec::credential, no_access,
       remedy::credential),

  // -- rights, account, set-up ------------------------------------------------
  rule({"Forbidden.RAM"}, fatal_gateway, ec::gateway_unusable,
       "the RAM policy does not allow this action on this gateway"),
  rule({"*NoPermission*"}, fatal_gateway, ec::gateway_unusable,
       "the RAM policy does not allow this action on this gateway"),
  rule({"*FinancialLocked*"}, fatal_gateway, ec::gateway_unusable,
       "the gateway is locked because of overdue payments"),
  rule({"InvalidRegionId.NotFound"}, fatal_gateway, ec::gateway_unusable,
       wrong_setup),
  rule({"InvalidApi.NotFound"}, fatal_gateway, ec::gateway_unusable,
       wrong_setup),
  rule({"InvalidAction.NotFound"}, fatal_gateway, ec::gateway_unusable,
       wrong_setup),
  rule({"InvalidVersion"}, fatal_gateway, ec::gateway_unusable, wrong_setup),
  rule({"UnsupportedHTTPMethod"}, fatal_gateway, ec::gateway_unusable,
       wrong_setup),
  rule({"InvalidParameter.Format"}, fatal_gateway, ec::gateway_unusable,
       wrong_setup),

  // -- gone -------------------------------------------------------------------
  rule({"IncorretForwardEntryStatus", "is not exist", 400, 499, changes}, gone,
       ec::entry_gone, gone_already),
  rule({"InvalidForwardEntryId.NotFound", "", 400, 499, changes | reads}, gone,
       ec::entry_gone, gone_already),
  rule({"ResourceNotFound.ForwardEntry", "", 400, 499, changes | reads}, gone,
       ec::entry_gone, gone_already),

  // -- the gateway ------------------------------------------------------------
  rule({"InvalidForwardTableId.NotFound"}, fatal_gateway, ec::gateway_unusable,
       gateway_missing),
  rule({"Invalid.natgwNotExist"}, fatal_gateway, ec::gateway_unusable,
       gateway_missing),
  rule({"InvalidNatGatewayId.NotFound"}, fatal_gateway, ec::gateway_unusable,
       gateway_missing),
  rule({"QuotaExceeded*"}, fatal_gateway, ec::quota_exceeded,
       "the table is full; nothing more is created there until entries go or "
       "the quota natgw_quota_dnat_entry_num is raised"),

  // -- in transition ----------------------------------------------------------
  rule({"OperationConflict"}, retry_soon, ec::busy,
       "another write to this gateway is under way; the window closes to one"),
  rule({"TaskConflict"}, retry_soon, ec::busy,
       "another write to this gateway is under way; the window closes to one"),
  rule({"IncorretForwardEntryStatus"}, retry_soon, ec::busy, in_transition),
  rule({"IncorrectStatus*"}, retry_soon, ec::busy, in_transition),
  rule({"OperationUnsupported.EipInBinding"}, retry_limited, ec::eip_not_bound,
       not_bound),
  rule({"InvalidIp.NotInNatgw"}, retry_limited, ec::eip_not_bound, not_bound),
  rule({"InvalidExternalIp.NotFound"}, retry_limited, ec::eip_not_bound,
       not_bound),

  // -- the wish ---------------------------------------------------------------
  rule({"OperationUnsupported.ForwardEntry", "", 400, 499, writes}, fatal_pod,
       ec::duplicate_entry,
       "an entry with this internal (or external) triple exists; both are "
       "looked up, our own is healed, a foreign one never touched",
       remedy::report, true),
  rule({"IdempotentParameterMismatch"}, fatal_pod, ec::token_mismatch,
       "the token was used with other parameters; the next attempt has a new "
       "one"),
  rule({"*.Malformed"}, fatal_pod, ec::invalid_argument, bad_value),
  rule({"Forbidden.DestnationIpOutOfVpcCIDR"}, fatal_pod, ec::invalid_argument,
       "the pod's address is outside the gateway's VPC"),
  rule({"Forbidden.InternalIpOutOfVpcCIDR"}, fatal_pod, ec::invalid_argument,
       "the pod's address is outside the gateway's VPC"),
  rule({"InvalidProtocal*"}, fatal_pod, ec::invalid_argument, bad_value),
  rule({"Forbindden"}, fatal_pod, ec::rejected,
       "the pod's instance has an EIP of its own"),
  rule({"Forbidden.Already.Bounded"}, fatal_pod, ec::rejected,
       "the pod's instance has an EIP of its own", remedy::report, true),
  rule({"Forbidden.ExternalIp.UsedInSnatTable"}, fatal_pod, ec::rejected,
       "the EIP is used for SNAT on a gateway that cannot share it"),
  rule({"Missing*"}, fatal_pod, ec::invalid_argument, bad_value),
  rule({"InvalidParameter*", "", 400, 499, writes}, fatal_pod,
       ec::invalid_argument, bad_value, remedy::report, true),
  rule({"DryRunOperation"}, fatal_pod, ec::rejected,
       "only a dry run is answered so, and the controller makes none"),

  // -- everything else --------------------------------------------------------
  rule({"", "", lowest, highest}, unanswered, ec::malformed,
       "not an answer of the OpenAPI; a write may have been executed"),
  rule({"*", "", 400, 499, creates | modifies}, fatal_pod, ec::rejected,
       "a refusal of unknown code, which may mean a duplicate; both triples "
       "are looked up",
       remedy::report, true),
  rule({"*", "", 400, 499, deletes}, fatal_pod, ec::rejected,
       "a refusal of unknown code; tried again late"),
  rule({"*", "", lowest, highest}, unanswered, ec::rejected,
       "a refusal of unknown code or status; nothing is concluded from it"),
});

constexpr error_rule cut_off
  = rule({"(no answer)", "", 0, 0}, unanswered, ec::transport,
         "the connection failed; a write may have been executed");
constexpr error_rule timed_out
  = rule({"(no answer)", "", 0, 0}, unanswered, ec::timeout,
         "no answer in time; a write may have been executed");
constexpr error_rule unreadable
  = rule({"(unreadable)", "", 0, 0}, unanswered, ec::malformed,
         "the answer is not what the API allows; a write may have been "
         "executed");
constexpr error_rule oversized
  = rule({"(unreadable)", "", 0, 0}, unanswered, ec::too_large,
         "the answer is too large; a write may have been executed");
constexpr error_rule fenced_off = rule({"(not sent)", "", 0, 0}, unsent,
                                       ec::fenced,
                                       "the lease ends too soon for a write");
constexpr error_rule withdrawn
  = rule({"(withdrawn)", "", 0, 0, writes}, unanswered, ec::cancelled,
         "given up under way; a write may have been executed");
constexpr error_rule read_withdrawn = rule({"(withdrawn)", "", 0, 0, reads},
                                           unsent, ec::cancelled,
                                           "given up under way");

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same(char a, char b) {
  return lower(a) == lower(b);
}

bool contains(std::string_view text, std::string_view part) {
  return !std::ranges::search(text, part, same).empty() || part.empty();
}

/// `*` only at the ends of a pattern.
bool matches(std::string_view pattern, std::string_view text) {
  if (pattern == "*")
    return true;
  auto open_start = pattern.starts_with('*');
  auto open_end = pattern.ends_with('*');
  auto core = pattern.substr(open_start ? 1 : 0);
  core.remove_suffix(open_end ? 1 : 0);
  if (text.size() < core.size())
    return false;
  if (open_start && open_end)
    return contains(text, core);
  if (open_start)
    text.remove_prefix(text.size() - core.size());
  if (open_end)
    text = text.substr(0, core.size());
  return std::ranges::equal(core, text, same);
}

} // namespace

std::string_view to_string(remedy x) {
  switch (x) {
    case remedy::report:
      return "report";
    case remedy::throttle:
      return "throttle";
    case remedy::sign_again:
      return "sign_again";
    case remedy::credential:
      return "credential";
  }
  return "unknown";
}

std::span<const error_rule> error_rules() {
  return table;
}

const error_rule& classify(api_action action, int status, std::string_view code,
                           std::string_view message) {
  auto hit = std::ranges::find_if(table, [&](const error_rule& x) {
    return (x.actions & only(action)) != 0 && status >= x.status_from
           && status <= x.status_to && matches(x.code, code)
           && contains(message, x.message);
  });
  // The last line matches every action and status.
  return hit != table.end() ? *hit : table.back();
}

const error_rule& classify_failure(api_action action, ec error) {
  switch (error) {
    case ec::timeout:
      return timed_out;
    case ec::malformed:
      return unreadable;
    case ec::too_large:
      return oversized;
    case ec::fenced:
      return fenced_off;
    case ec::cancelled:
      return is_write(action) ? withdrawn : read_withdrawn;
    default:
      return cut_off;
  }
}

} // namespace natgw::core
