#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>

#include "messages/time.hpp"

/// What the emulator saw and did, for those who compute harm after the fact:
/// from the cloud's own truth, not from the memory of the one under test.
namespace natgw::emulator {

enum class signature_verdict : uint8_t {
  correct,
  /// No signature at all.
  absent,
  /// Key, token, clock, nonce or signature was refused.
  refused,
};

std::string_view to_string(signature_verdict x);

/// One call of the OpenAPI.
struct call_record {
  /// Counts calls and changes in their common order, from 1.
  uint64_t number = 0;
  instant at;
  wall_time wall;
  std::string action;
  /// The gateway that it is about; empty if none or unknown.
  std::string gateway;
  /// The HTTP status that was decided on, also where a fault hid the answer.
  int status = 0;
  /// The error's Code; empty for a success.
  std::string code;
  signature_verdict signature = signature_verdict::correct;
  std::string client_token;
  /// Who called, as it says of itself.
  std::string user_agent;
  /// Of the action and all its parameters but the token: equal for two calls
  /// with the same intent.
  uint64_t parameters_hash = 0;
  /// The entry that it named, created, or was answered with.
  std::string entry_id;
  std::string request_id;
  /// True if it changed the table: false for refusals, reads, dry runs and
  /// for answers out of the ClientToken's memory.
  bool committed = false;
  /// True if the answer came out of the ClientToken's memory.
  bool replayed = false;
  /// The fault that met it; empty: none.
  std::string fault;
};

enum class entry_state : uint8_t { pending, available, deleting, gone };

/// As the API spells it; "Gone" for gone.
std::string_view to_string(entry_state x);

/// "tcp", "udp", or "any" for an IP mapping.
enum class entry_protocol : uint8_t { tcp, udp, any };

std::string_view to_string(entry_protocol x);

/// One change of an entry: what it is since then.
struct entry_change {
  uint64_t number = 0;
  instant at;
  wall_time wall;
  std::string gateway;
  std::string id;
  std::string name;
  std::string external_ip;
  std::string internal_ip;
  /// 1 .. 65535 for an IP mapping.
  uint16_t external_port = 0;
  uint16_t internal_port = 0;
  uint16_t count = 1;
  entry_protocol protocol = entry_protocol::tcp;
  entry_state state = entry_state::pending;
  /// True if a hand other than the API's caller did it.
  bool foreign = false;
};

/// Sums over the whole life, also of what has been forgotten.
struct call_counters {
  /// action -> code ("ok" for a success) -> calls
  std::map<std::string, std::map<std::string, uint64_t>> by_action;
  uint64_t calls = 0;
  uint64_t unsigned_or_badly_signed = 0;
  /// Refused with a Throttling code.
  uint64_t throttled = 0;
  /// Refused with OperationConflict.
  uint64_t conflicts = 0;
  /// Refused with IncorretForwardEntryStatus (existing entries).
  uint64_t barriers = 0;
  /// Calls met by a fault.
  uint64_t faults = 0;
};

/// Append-only and bounded.
class history {
public:
  history(size_t max_calls, size_t max_changes)
    : max_calls_{max_calls},
      max_changes_{max_changes} {
    // nop
  }

  /// `number` is filled in.
  void add(call_record x);
  void add(entry_change x);

  const std::deque<call_record>& calls() const {
    return calls_;
  }
  const std::deque<entry_change>& changes() const {
    return changes_;
  }
  const call_counters& counters() const {
    return counters_;
  }
  /// The number of the latest record.
  uint64_t last_number() const {
    return number_;
  }
  /// Records that were forgotten for want of room.
  uint64_t forgotten() const {
    return forgotten_;
  }

private:
  void count(const call_record& x);

  size_t max_calls_;
  size_t max_changes_;
  uint64_t number_ = 0;
  uint64_t forgotten_ = 0;
  std::deque<call_record> calls_;
  std::deque<entry_change> changes_;
  call_counters counters_;
};

} // namespace natgw::emulator
