#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>

#include "emulator/vpc/api_request.hpp"
#include "emulator/vpc/cloud.hpp"

namespace natgw::emulator {

/// The success of an action.
struct action_answer {
  /// The members of the body's object but RequestId, in JSON.
  std::string members;
  /// The entry that was written.
  std::string entry_id;
};

using action_result = api_expected<action_answer>;

/// One action of the API.
struct action {
  std::string_view name;
  bool is_write = false;
  /// It concerns the entries of one gateway (and not the gateways).
  bool is_about_entries = false;
  /// Checks and executes. `occupied` is how long a write keeps its gateway
  /// busy.
  action_result (*run)(cloud& at, const api_request& asked,
                       std::chrono::nanoseconds occupied)
    = nullptr;
};

/// All of them.
std::span<const action> actions();

/// Null if the API has no such action (here).
const action* find_action(std::string_view name);

/// The gateway that a request names, by id or by table; null if none.
gateway* gateway_of(cloud& at, const api_request& asked);

// -- shared by the actions ----------------------------------------------------

/// Refusals: MissingRegionId, 404 InvalidRegionId.NotFound, Missing<Param>.
api_expected<void> check_presence(const cloud& at, const api_request& asked,
                                  std::initializer_list<mandatory> names);

/// "DryRunOperation", the success of a dry run.
std::unexpected<api_error> dry_run_passed(const cloud& at);

action_result create_entry(cloud& at, const api_request& asked,
                           std::chrono::nanoseconds occupied);
action_result modify_entry(cloud& at, const api_request& asked,
                           std::chrono::nanoseconds occupied);
action_result delete_entry(cloud& at, const api_request& asked,
                           std::chrono::nanoseconds occupied);
action_result describe_entries(cloud& at, const api_request& asked,
                               std::chrono::nanoseconds occupied);
action_result describe_gateways(cloud& at, const api_request& asked,
                                std::chrono::nanoseconds occupied);
action_result describe_gateway(cloud& at, const api_request& asked,
                               std::chrono::nanoseconds occupied);
action_result describe_eips(cloud& at, const api_request& asked,
                            std::chrono::nanoseconds occupied);

} // namespace natgw::emulator
