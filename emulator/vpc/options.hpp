#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/secret_mark.hpp"
#include "messages/time.hpp"

namespace natgw::emulator {

/// A time drawn from the seed, uniformly, for each occasion.
struct time_range {
  std::chrono::milliseconds min{0};
  std::chrono::milliseconds max{0};

  bool operator==(const time_range&) const = default;
};

/// A token bucket: `N/60(s)` of the documentation is {N / 60.0, N}.
struct call_rate {
  double per_second = 5;
  double burst = 300;

  bool operator==(const call_rate&) const = default;
};

/// What may go wrong with an answer. `before` means that the request was not
/// executed, `after` that it was.
enum class fault_kind : uint8_t {
  /// Executed; the answer comes late.
  delay,
  /// 500 InternalError or 503 ServiceUnavailable.
  error_before,
  error_after,
  /// The connection is reset (or closed, as the seed wills) without an answer.
  reset_before,
  reset_after,
  /// Executed; half of the body, then the end of the connection.
  truncated,
  /// Executed; a few bytes at a time.
  drip,
  /// Executed; an HTML page with status 200.
  wrong_type,
  /// Executed; a body of 10 GB.
  endless,
  /// 400 Throttling.User, whatever the buckets say.
  throttle,
  /// Not executed; answered with the code of the script.
  refuse,
};

inline constexpr size_t fault_kind_count = 11;

/// The enumerator's name, as /control reads it.
std::string_view to_string(fault_kind x);
std::optional<fault_kind> fault_kind_of(std::string_view name);

/// A fault that is due: the next `count` calls that match get it.
struct scripted_fault {
  fault_kind kind = fault_kind::error_before;
  /// Only calls of this action; empty: any.
  std::string action = {};
  /// Only calls about this gateway; empty: any.
  std::string gateway = {};
  /// So many matching calls pass before the first is hit.
  uint32_t skip = 0;
  uint32_t count = 1;
  /// For delay (how long) and drip (between two bytes).
  std::chrono::milliseconds time{1000};
  /// For refuse.
  int status = 400;
  std::string code = {};
  std::string message = {};
};

/// How the deletion of an entry that does not exist is refused: all three are
/// documented.
enum class gone_spelling : uint8_t {
  /// 404 InvalidForwardEntryId.NotFound
  not_found,
  /// 400 IncorretForwardEntryStatus "... is not exist"
  status_not_exist,
  /// 404 ResourceNotFound.ForwardEntry
  resource_not_found,
  /// Any of them, as the seed wills.
  mixed,
};

/// Everything that may be changed while the emulator runs. The defaults are
/// the documented behaviour, or what was seen in practice.
struct vpc_behaviour {
  /// Pending after a create or a modify, and Deleting after a delete.
  time_range pending{std::chrono::seconds{1}, std::chrono::seconds{5}};
  time_range deleting{std::chrono::seconds{1}, std::chrono::seconds{3}};
  /// A call takes so long: its answer is that late, and it occupies its
  /// gateway (`conflict`) and its ClientToken (LastTokenProcessing).
  time_range write_time{std::chrono::milliseconds{50},
                        std::chrono::milliseconds{150}};
  time_range read_time{std::chrono::milliseconds{10},
                       std::chrono::milliseconds{30}};
  /// Writes are refused with 400 IncorretForwardEntryStatus while any entry of
  /// the table is Pending.
  bool strict_pending = false;
  /// A write that meets another one on its gateway gets 409 OperationConflict.
  bool conflict = true;
  /// A gateway also refuses writes for so long after one has been answered.
  std::chrono::milliseconds conflict_gap{0};
  /// For each account, region and action.
  call_rate rate;
  /// By the action's name, instead of `rate`.
  std::map<std::string, call_rate> rates;
  /// Send x-acs-retry-after with Throttling.User.
  bool retry_after = false;
  /// Entries in a table, whatever their status.
  uint32_t quota = 100;
  /// How long an answer is remembered by its ClientToken.
  std::chrono::milliseconds token_retention{std::chrono::hours{24}};
  /// After an EIP was bound, writes with it are refused for so long with
  /// OperationUnsupported.EipInBinding or InvalidIp.NotInNatgw.
  time_range eip_binding{std::chrono::seconds{1}, std::chrono::seconds{5}};
  /// Clamp PageNumber and PageSize instead of refusing what is out of bounds.
  bool clamp_pages = false;
  gone_spelling gone = gone_spelling::not_found;
  /// The code for a second entry with one external triple is not documented.
  std::string duplicate_external_code = "Forbidden.Already.Bounded";
  std::string duplicate_external_message
    = "The specified instance already bounded.";
  /// The HTTP status of DryRunOperation is not documented.
  int dry_run_status = 400;
  /// Probability of each fault, for each call that is well signed.
  std::array<double, fault_kind_count> fault_rates{};
  /// For random delays.
  time_range fault_delay{std::chrono::milliseconds{500},
                         std::chrono::seconds{3}};

  double& rate_of(fault_kind x) {
    return fault_rates[static_cast<size_t>(x)];
  }
};

/// An access key that the emulator knows.
struct access_key {
  enum class condition : uint8_t {
    active,
    /// 400 InvalidAccessKeyId.Inactive
    inactive,
    /// 403 Forbidden.AccessKeyDisabled
    disabled,
  };

  std::string id = "emulator-key-id";
  std::string secret = std::string{secret_mark} + "OfTheKey";
  /// Not empty: temporary credentials, requests must carry it.
  std::string security_token = {};
  /// Of temporary credentials; refused with InvalidSecurityToken.Expired from
  /// then on.
  std::optional<wall_time> expires = {};
  condition state = condition::active;
  /// Actions that are refused with Forbidden.RAM; "*" means all.
  std::vector<std::string> denied_actions = {};
  /// Keys of one account share its buckets and tokens.
  std::string account = "1000000000000001";
};

struct eip_options {
  std::string address;
  /// Empty: made from the address.
  std::string allocation_id = {};
  /// SNAT uses it too: ports above 1024 need PortBreak.
  bool snat = false;
};

struct gateway_options {
  std::string id;
  std::string zone;
  /// Empty: the id with another prefix.
  std::string table_id = {};
  std::vector<eip_options> eips = {};
};

/// The emulated account at its start.
struct vpc_options {
  uint64_t seed = 1;
  std::string region = "cn-hangzhou";
  std::string vpc_id = "vpc-emu00000000000000001";
  /// Where internal addresses may lie.
  std::vector<std::string> vpc_cidrs{"172.16.0.0/12"};
  std::vector<gateway_options> gateways;
  /// EIPs of the account that are bound to nothing.
  std::vector<eip_options> free_eips;
  std::vector<access_key> keys{access_key{}};
  vpc_behaviour behaviour;
  std::vector<scripted_fault> faults;
  /// The history forgets what is older than so many calls, or changes.
  size_t max_calls = 500'000;
  size_t max_changes = 2'000'000;
};

/// `count` gateways spread over `zones` zones with `eips` EIPs each, under
/// well-known names: gateway 0 is ngw-emu00000000000000000, in the zone
/// `<region>-h`; addresses come from 198.18.0.0/15.
std::vector<gateway_options>
make_gateways(size_t count, size_t zones, size_t eips,
              std::string_view region = "cn-hangzhou");

/// A behaviour without waiting, limits and refusals: for tests that look at
/// something else.
vpc_behaviour prompt_behaviour();

} // namespace natgw::emulator
