#include "messages/api_call.hpp"
#include "messages/entry.hpp"
#include "messages/error.hpp"
#include "messages/record.hpp"

namespace natgw {

std::string_view to_string(ec code) {
  switch (code) {
    case ec::invalid_argument:
      return "invalid_argument";
    case ec::invalid_config:
      return "invalid_config";
    case ec::transport:
      return "transport";
    case ec::timeout:
      return "timeout";
    case ec::too_large:
      return "too_large";
    case ec::malformed:
      return "malformed";
    case ec::fenced:
      return "fenced";
    case ec::cancelled:
      return "cancelled";
    case ec::not_found:
      return "not_found";
    case ec::already_exists:
      return "already_exists";
    case ec::conflict:
      return "conflict";
    case ec::expired:
      return "expired";
    case ec::unauthorized:
      return "unauthorized";
    case ec::forbidden:
      return "forbidden";
    case ec::rejected:
      return "rejected";
    case ec::throttled:
      return "throttled";
    case ec::unavailable:
      return "unavailable";
    case ec::busy:
      return "busy";
    case ec::eip_not_bound:
      return "eip_not_bound";
    case ec::duplicate_entry:
      return "duplicate_entry";
    case ec::quota_exceeded:
      return "quota_exceeded";
    case ec::entry_gone:
      return "entry_gone";
    case ec::gateway_unusable:
      return "gateway_unusable";
    case ec::token_mismatch:
      return "token_mismatch";
    case ec::credential:
      return "credential";
    case ec::no_port:
      return "no_port";
    case ec::no_gateway:
      return "no_gateway";
  }
  return "unknown";
}

std::string_view to_string(record_op op) {
  switch (op) {
    case record_op::create:
      return "create";
    case record_op::promise:
      return "promise";
    case record_op::status:
      return "status";
    case record_op::remove:
      return "remove";
    case record_op::release:
      return "release";
  }
  return "unknown";
}

std::string_view to_string(urgency x) {
  switch (x) {
    case urgency::harm:
      return "harm";
    case urgency::birth:
      return "birth";
    case urgency::cleanup:
      return "cleanup";
    case urgency::background:
      return "background";
  }
  return "unknown";
}

std::string_view to_string(entry_status x) {
  switch (x) {
    case entry_status::pending:
      return "pending";
    case entry_status::available:
      return "available";
    case entry_status::deleting:
      return "deleting";
    case entry_status::unknown:
      return "unknown";
  }
  return "unknown";
}

std::string_view to_string(entry_fact x) {
  switch (x) {
    case entry_fact::available:
      return "available";
    case entry_fact::lost:
      return "lost";
    case entry_fact::gone:
      return "gone";
    case entry_fact::refused:
      return "refused";
    case entry_fact::absent:
      return "absent";
    case entry_fact::late:
      return "late";
    case entry_fact::unclaimed:
      return "unclaimed";
  }
  return "unknown";
}

std::string_view to_string(api_action x) {
  switch (x) {
    case api_action::create_entry:
      return "CreateForwardEntry";
    case api_action::modify_entry:
      return "ModifyForwardEntry";
    case api_action::delete_entry:
      return "DeleteForwardEntry";
    case api_action::describe_entries:
      return "DescribeForwardTableEntries";
    case api_action::describe_gateways:
      return "DescribeNatGateways";
    case api_action::describe_eips:
      return "DescribeEipAddresses";
  }
  return "unknown";
}

std::string_view to_string(call_class x) {
  switch (x) {
    case call_class::ok:
      return "ok";
    case call_class::unanswered:
      return "unanswered";
    case call_class::unsent:
      return "unsent";
    case call_class::retry_soon:
      return "retry_soon";
    case call_class::retry_limited:
      return "retry_limited";
    case call_class::gone:
      return "gone";
    case call_class::fatal_pod:
      return "fatal_pod";
    case call_class::fatal_gateway:
      return "fatal_gateway";
  }
  return "unknown";
}

} // namespace natgw
