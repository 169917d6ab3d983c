#include "emulator/vpc/history.hpp"

#include <utility>

namespace natgw::emulator {

std::string_view to_string(signature_verdict x) {
  switch (x) {
    case signature_verdict::correct:
      return "correct";
    case signature_verdict::absent:
      return "absent";
    case signature_verdict::refused:
      return "refused";
  }
  return "unknown";
}

std::string_view to_string(entry_state x) {
  switch (x) {
    case entry_state::pending:
      return "Pending";
    case entry_state::available:
      return "Available";
    case entry_state::deleting:
      return "Deleting";
    case entry_state::gone:
      return "Gone";
  }
  return "unknown";
}

std::string_view to_string(entry_protocol x) {
  switch (x) {
    case entry_protocol::tcp:
      return "tcp";
    case entry_protocol::udp:
      return "udp";
    case entry_protocol::any:
      return "any";
  }
  return "unknown";
}

void history::count(const call_record& x) {
  ++counters_.calls;
  ++counters_.by_action[x.action][x.code.empty() ? "ok" : x.code];
  if (x.signature != signature_verdict::correct)
    ++counters_.unsigned_or_badly_signed;
  if (x.code.starts_with("Throttling"))
    ++counters_.throttled;
  if (x.code == "OperationConflict")
    ++counters_.conflicts;
  if (x.code == "IncorretForwardEntryStatus")
    ++counters_.barriers;
  if (!x.fault.empty())
    ++counters_.faults;
}

void history::add(call_record x) {
  count(x);
  x.number = ++number_;
  calls_.push_back(std::move(x));
  if (calls_.size() > max_calls_) {
    calls_.pop_front();
    ++forgotten_;
  }
}

void history::add(entry_change x) {
  x.number = ++number_;
  changes_.push_back(std::move(x));
  if (changes_.size() > max_changes_) {
    changes_.pop_front();
    ++forgotten_;
  }
}

} // namespace natgw::emulator
