#include "core/retry_classifier.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include "emulator/vpc/refusal.hpp"

using namespace natgw;

namespace {

using enum api_action;
using enum call_class;

struct example {
  api_action action;
  int status;
  std::string_view code;
  std::string_view message;
  call_class outcome;
  ec error;
  core::remedy cure = core::remedy::report;
};

constexpr auto throttle = core::remedy::throttle;
constexpr auto credential = core::remedy::credential;
constexpr auto sign_again = core::remedy::sign_again;

/// Every code of the API's error tables, for an action that can return it.
const std::vector<example> documented{
  // CreateForwardEntry
  {create_entry, 404, "InvalidRegionId.NotFound", "", fatal_gateway,
   ec::gateway_unusable},
  {create_entry, 400, "InvalidExternalIp.Malformed", "", fatal_pod,
   ec::invalid_argument},
  {create_entry, 400, "InvalidInternalIp.Malformed", "", fatal_pod,
   ec::invalid_argument},
  {create_entry, 400, "InvalidExternalPort.Malformed", "", fatal_pod,
   ec::invalid_argument},
  {create_entry, 400, "InvalidInternalPort.Malformed", "", fatal_pod,
   ec::invalid_argument},
  {create_entry, 400, "Forbidden.DestnationIpOutOfVpcCIDR", "", fatal_pod,
   ec::invalid_argument},
  {create_entry, 400, "InvalidProtocal.ValueNotSupported", "", fatal_pod,
   ec::invalid_argument},
  {create_entry, 400, "IncorretForwardEntryStatus",
   "Some Forward entry status blocked this operation..", retry_soon, ec::busy},
  {create_entry, 404, "InvalidForwardTableId.NotFound", "", fatal_gateway,
   ec::gateway_unusable},
  {create_entry, 404, "InvalidExternalIp.NotFound", "", retry_limited,
   ec::eip_not_bound},
  {create_entry, 400, "Forbidden.ExternalIp.UsedInSnatTable", "", fatal_pod,
   ec::rejected},
  {create_entry, 400, "Forbindden", "", fatal_pod, ec::rejected},
  {create_entry, 400, "Forbidden.InternalIpOutOfVpcCIDR", "", fatal_pod,
   ec::invalid_argument},
  {create_entry, 400, "Invalid.natgwNotExist", "", fatal_gateway,
   ec::gateway_unusable},
  {create_entry, 400, "InvalidIp.NotInNatgw", "", retry_limited,
   ec::eip_not_bound},
  {create_entry, 400, "MissingParameter", "", fatal_pod, ec::invalid_argument},
  {create_entry, 500, "InternalError", "", unanswered, ec::unavailable},
  {create_entry, 400, "InvalidParameter.Name.Malformed", "", fatal_pod,
   ec::invalid_argument},
  {create_entry, 400, "InvalidParameter", "", fatal_pod, ec::invalid_argument},
  {create_entry, 400, "OperationUnsupported.ForwardEntry", "", fatal_pod,
   ec::duplicate_entry},
  {create_entry, 400, "QuotaExceeded", "", fatal_gateway, ec::quota_exceeded},
  {create_entry, 409, "OperationConflict", "", retry_soon, ec::busy},
  {create_entry, 400, "TaskConflict", "", retry_soon, ec::busy},
  {create_entry, 400, "OperationUnsupported.EipInBinding", "", retry_limited,
   ec::eip_not_bound},
  {create_entry, 400, "IncorrectStatus", "", retry_soon, ec::busy},
  {create_entry, 400, "IncorrectStatus.NATGW", "", retry_soon, ec::busy},
  {create_entry, 400, "IncorrectStatus.ForwardEntry", "", retry_soon, ec::busy},
  {create_entry, 400, "DryRunOperation", "", fatal_pod, ec::rejected},
  {create_entry, 400, "IdempotentParameterMismatch", "", fatal_pod,
   ec::token_mismatch},
  // DeleteForwardEntry
  {delete_entry, 404, "InvalidForwardEntryId.NotFound", "", gone,
   ec::entry_gone},
  {delete_entry, 404, "ResourceNotFound.ForwardEntry", "", gone,
   ec::entry_gone},
  {delete_entry, 400, "IncorretForwardEntryStatus",
   "Some Forward entry status blocked this operation..", retry_soon, ec::busy},
  {delete_entry, 400, "IncorretForwardEntryStatus",
   "The Specified forwardEntry is not stable status, can not operation",
   retry_soon, ec::busy},
  {delete_entry, 400, "IncorretForwardEntryStatus",
   "The Specified forwardEntry is not exist", gone, ec::entry_gone},
  {delete_entry, 404, "InvalidForwardTableId.NotFound", "", fatal_gateway,
   ec::gateway_unusable},
  {delete_entry, 404, "InvalidRegionId.NotFound", "", fatal_gateway,
   ec::gateway_unusable},
  {delete_entry, 400, "UnknownError", "", unanswered, ec::unavailable},
  // ModifyForwardEntry
  {modify_entry, 404, "InvalidForwardEntryId.NotFound", "", gone,
   ec::entry_gone},
  {modify_entry, 400, "Forbidden.Already.Bounded", "", fatal_pod, ec::rejected},
  {modify_entry, 400, "QuotaExceeded", "", fatal_gateway, ec::quota_exceeded},
  // Describe
  {describe_entries, 400, "IncorretForwardEntryStatus", "", retry_soon,
   ec::busy},
  {describe_entries, 404, "InvalidForwardTableId.NotFound", "", fatal_gateway,
   ec::gateway_unusable},
  {describe_gateways, 404, "InvalidNatGatewayId.NotFound", "", fatal_gateway,
   ec::gateway_unusable},
  // common
  {create_entry, 404, "InvalidApi.NotFound", "", fatal_gateway,
   ec::gateway_unusable},
  {create_entry, 404, "InvalidAction.NotFound", "", fatal_gateway,
   ec::gateway_unusable},
  {create_entry, 404, "InvalidVersion", "", fatal_gateway,
   ec::gateway_unusable},
  {create_entry, 400, "MissingForwardTableId", "", fatal_pod,
   ec::invalid_argument},
  {delete_entry, 404, "InvalidAccessKeyId.NotFound", "", unsent, ec::credential,
   credential},
  {create_entry, 400, "InvalidAccessKeyId.Inactive", "", unsent, ec::credential,
   credential},
  {create_entry, 400, "InvalidTimeStamp.Format", "", unsent, ec::credential,
   credential},
  {create_entry, 400, "InvalidTimeStamp.Expired", "", unsent, ec::credential,
   sign_again},
  {create_entry, 400, "SignatureNonceUsed", "", unanswered, ec::credential,
   sign_again},
  {create_entry, 400, "SignatureDoesNotMatch", "", unsent, ec::credential,
   credential},
  {create_entry, 400, "IncompleteSignature", "", unsent, ec::credential,
   credential},
  {create_entry, 400, "InvalidSignatureMethod", "", unsent, ec::credential,
   credential},
  {create_entry, 400, "UnsupportedHTTPMethod", "", fatal_gateway,
   ec::gateway_unusable},
  {create_entry, 400, "InvalidParameter.Format", "", fatal_gateway,
   ec::gateway_unusable},
  {create_entry, 400, "InvalidSecurityToken.Expired", "", unsent,
   ec::credential, credential},
  {create_entry, 400, "InvalidSecurityToken.Malformed", "", unsent,
   ec::credential, credential},
  {create_entry, 400, "InvalidSecurityToken.MismatchWithAccessKey", "", unsent,
   ec::credential, credential},
  {create_entry, 400, "MissingSecurityToken", "", unsent, ec::credential,
   credential},
  {create_entry, 403, "Forbidden.RAM", "", fatal_gateway, ec::gateway_unusable},
  {create_entry, 403, "NoPermission", "", fatal_gateway, ec::gateway_unusable},
  {create_entry, 403, "Forbidden.AccessKeyDisabled", "", unsent, ec::credential,
   credential},
  {create_entry, 400, "Throttling", "", retry_soon, ec::throttled, throttle},
  {create_entry, 400, "Throttling.User", "", retry_soon, ec::throttled,
   throttle},
  {create_entry, 400, "Throttling.Api", "", retry_soon, ec::throttled,
   throttle},
  {create_entry, 400, "Rejected.Throttling", "", retry_soon, ec::throttled,
   throttle},
  {create_entry, 503, "ServiceUnavailable", "", unanswered, ec::unavailable},
  {create_entry, 403, "LastTokenProcessing", "", unanswered, ec::busy},
  {create_entry, 400, "OperationFailed.LastTokenProcessing", "", unanswered,
   ec::busy},
  {create_entry, 400, "SystemBusy", "", unanswered, ec::busy},
  {create_entry, 400, "OperationDenied.FinancialLocked", "", fatal_gateway,
   ec::gateway_unusable},
};

bool is_end(const core::error_rule& x) {
  return x.code == "*" || x.code.empty();
}

} // namespace

BOOST_AUTO_TEST_SUITE(retry_classifier)

BOOST_AUTO_TEST_CASE(every_documented_code_has_its_class) {
  for (const auto& x : documented) {
    BOOST_TEST_CONTEXT(to_string(x.action)
                       << " " << x.code << " " << x.message) {
      const auto& got = core::classify(x.action, x.status, x.code, x.message);
      BOOST_TEST(to_string(got.outcome) == to_string(x.outcome));
      BOOST_TEST(to_string(got.error) == to_string(x.error));
      BOOST_TEST(to_string(got.cure) == to_string(x.cure));
    }
  }
}

BOOST_AUTO_TEST_CASE(every_rule_is_reached_by_a_documented_code) {
  for (const auto& rule : core::error_rules()) {
    if (is_end(rule))
      continue;
    auto used = std::ranges::any_of(documented, [&](const example& x) {
      return &core::classify(x.action, x.status, x.code, x.message) == &rule;
    });
    BOOST_TEST(used, rule.code);
  }
}

BOOST_AUTO_TEST_CASE(a_404_alone_is_never_gone) {
  for (auto code : {"InvalidRegionId.NotFound", "InvalidApi.NotFound",
                    "InvalidAccessKeyId.NotFound", "Some.New.NotFound", ""})
    for (auto action : {create_entry, modify_entry, delete_entry,
                        describe_entries, describe_gateways})
      BOOST_TEST((core::classify(action, 404, code, "").outcome != gone), code);
}

BOOST_AUTO_TEST_CASE(create_is_never_gone) {
  for (const auto& x : documented)
    BOOST_TEST(
      (core::classify(create_entry, x.status, x.code, x.message).outcome
       != gone),
      x.code);
}

BOOST_AUTO_TEST_CASE(unknown_refusal_of_a_create_may_be_a_duplicate) {
  const auto& got = core::classify(create_entry, 400, "Some.New.Code", "");
  BOOST_TEST((got.outcome == fatal_pod));
  BOOST_TEST((got.error == ec::rejected));
  BOOST_TEST(got.may_be_duplicate);
  const auto& known = core::classify(create_entry, 400,
                                     "OperationUnsupported.ForwardEntry", "");
  BOOST_TEST((known.error == ec::duplicate_entry));
  BOOST_TEST(known.may_be_duplicate);
}

BOOST_AUTO_TEST_CASE(server_failure_never_decides_about_a_write) {
  for (const auto& x : documented)
    for (auto status : {500, 502, 503, 504, 599})
      for (auto action : {create_entry, modify_entry, delete_entry}) {
        const auto& got = core::classify(action, status, x.code, x.message);
        BOOST_TEST((got.outcome == unanswered
                    || got.cure == core::remedy::throttle),
                   x.code);
      }
}

BOOST_AUTO_TEST_CASE(answer_that_is_not_of_the_api_decides_nothing) {
  for (auto status : {200, 204, 301, 400, 403, 404, 413, 500, 0, 999})
    BOOST_TEST((core::classify(create_entry, status, "", "").outcome
                == unanswered),
               status);
  BOOST_TEST(
    (core::classify(create_entry, 429, "", "").cure == core::remedy::throttle));
}

BOOST_AUTO_TEST_CASE(letter_case_does_not_matter) {
  BOOST_TEST((core::classify(delete_entry, 400, "incorretforwardentrystatus",
                             "THE SPECIFIED FORWARDENTRY IS NOT EXIST")
                .outcome
              == gone));
}

BOOST_AUTO_TEST_CASE(missing_answers_have_their_class) {
  using core::classify_failure;
  for (auto code : {ec::transport, ec::timeout, ec::too_large, ec::malformed})
    for (auto action : {create_entry, describe_entries}) {
      BOOST_TEST((classify_failure(action, code).outcome == unanswered));
      BOOST_TEST((classify_failure(action, code).error == code));
    }
  BOOST_TEST((classify_failure(create_entry, ec::fenced).outcome == unsent));
  BOOST_TEST(
    (classify_failure(create_entry, ec::cancelled).outcome == unanswered));
  BOOST_TEST(
    (classify_failure(describe_entries, ec::cancelled).outcome == unsent));
}

BOOST_AUTO_TEST_CASE(every_rule_tells_the_operator_something) {
  for (const auto& x : core::error_rules()) {
    BOOST_TEST(!x.meaning.empty());
    BOOST_TEST((x.outcome != call_class::ok));
    BOOST_TEST(x.actions != 0);
  }
}

BOOST_AUTO_TEST_CASE(every_refusal_of_the_emulator_is_known_by_its_code) {
  for (auto code : emulator::refusal_codes)
    BOOST_TEST((core::classify(create_entry, 400, code, "").code != "*"
                || core::classify(delete_entry, 400, code, "").code != "*"),
               code);
}

BOOST_AUTO_TEST_CASE(any_answer_has_a_rule) {
  auto ok = rc::check(
    [](const std::string& code, const std::string& message, int status) {
      auto action
        = static_cast<api_action>(*rc::gen::inRange<int>(0, api_action_count));
      const auto& got = core::classify(action, status, code, message);
      RC_ASSERT(got.outcome != call_class::ok);
      RC_ASSERT((got.actions & core::only(action)) != 0);
    });
  BOOST_TEST(ok);
}

BOOST_AUTO_TEST_SUITE_END()
