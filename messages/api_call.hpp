#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messages/entry.hpp"
#include "messages/error.hpp"

namespace natgw {

/// The actions of VPC OpenAPI 2016-04-28 that the controller uses.
enum class api_action : uint8_t {
  create_entry,      ///< CreateForwardEntry
  modify_entry,      ///< ModifyForwardEntry
  delete_entry,      ///< DeleteForwardEntry
  describe_entries,  ///< DescribeForwardTableEntries
  describe_gateways, ///< DescribeNatGateways
  describe_eips      ///< DescribeEipAddresses, those of one gateway
};

inline constexpr size_t api_action_count = 6;

/// The action's name on the wire and in metric labels.
std::string_view to_string(api_action x);

constexpr bool is_write(api_action x) {
  return x <= api_action::delete_entry;
}

/// Exact-match filters of DescribeForwardTableEntries; empty or 0: not set.
struct entry_filter {
  std::string entry_id;
  std::string entry_name;
  std::string external_ip;
  std::string internal_ip;
  /// "512" or "512/527"
  std::string external_port;
  std::string internal_port;
  std::optional<protocol> proto;
};

/// One call of the OpenAPI: an attempt, not a wish. `id` is the sender's.
struct api_call {
  uint64_t id = 0;
  api_action action = api_action::describe_entries;
  /// The gateway it is for (accounting, fairness, describe_gateways,
  /// describe_eips, and describe_entries without a table).
  std::string gateway;
  std::string table_id;
  /// For modify and delete.
  std::string entry_id;
  /// For create and modify.
  entry_spec spec;
  bool port_break = false;
  /// For writes; at most 64 ASCII characters.
  std::string client_token;
  /// For describe_entries.
  entry_filter filter;
  /// 1-based.
  uint32_t page_number = 1;
  /// At most 50.
  uint32_t page_size = 50;
  urgency priority = urgency::birth;
  /// The epoch of the sender's pair (see `epoch` of openapi_caller_actor); a
  /// write of an older one is refused. 0: not part of a pair.
  uint64_t epoch = 0;
};

/// What became of a call, in the classes of docs/cloud.md.
enum class call_class : uint8_t {
  /// Done as asked.
  ok,
  /// No answer, or one that says nothing (transport, timeout, 5xx, truncated):
  /// a write may have been executed. Repeat with the same token.
  unanswered,
  /// Certainly not executed and never sent (fenced, cancelled, circuit open).
  unsent,
  /// Refused for now, certainly not executed: repeat with the same token.
  retry_soon,
  /// Refused because the EIP may have just been bound: repeat a few times.
  retry_limited,
  /// The entry does not exist: a delete has succeeded.
  gone,
  /// Refused for this pod until its wish changes.
  fatal_pod,
  /// Refused for the gateway until an operator acts.
  fatal_gateway,
};

std::string_view to_string(call_class x);

/// The answer to an api_call with the same id.
struct api_reply {
  uint64_t id = 0;
  call_class outcome = call_class::ok;
  /// Meaningful unless `outcome` is ok.
  ec code = ec::rejected;
  /// The OpenAPI's Code, or the transport's complaint; bounded, no secret.
  std::string detail;
  /// The OpenAPI's Message, for people; bounded, no secret.
  std::string message;
  /// With a refused write: the reason may be that an entry with this external
  /// or internal triple exists. Look both up.
  bool may_be_duplicate = false;
  /// The server's wish, 0 if it had none.
  std::chrono::milliseconds retry_after{0};
  /// For create.
  std::string entry_id;
  /// For describe_entries: one page, and how many entries match in all.
  std::vector<forward_entry> entries;
  uint32_t total_count = 0;
  /// For describe_gateways.
  std::vector<gateway_view> gateways;
  /// For describe_eips.
  std::vector<eip_view> eips;
};

} // namespace natgw
