#include "cli/token_harm.hpp"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <vector>

namespace natgw::cli {

namespace {

using emulator::call_record;
using emulator::entry_change;
using emulator::entry_state;

/// What one call means for those that come after it.
enum class outcome : uint8_t {
  /// Done, and its caller knows.
  success,
  /// Certainly not done, and its caller knows.
  refused,
  /// Its caller cannot know, or has to repeat it.
  open,
};

bool is_definite(const call_record& x) {
  return x.fault.empty() || x.fault == "refuse";
}

/// Refusals that a caller answers by repeating the call as it was.
bool asks_for_repetition(const call_record& x) {
  return x.status >= 500 || x.code.starts_with("Throttling")
         || x.code == "OperationConflict" || x.code == "TaskConflict"
         || x.code.starts_with("Incorre") || x.code.starts_with("Signature")
         || x.code.starts_with("InvalidSecurityToken")
         || x.code.starts_with("InvalidAccessKeyId")
         || x.code.starts_with("InvalidTimeStamp")
         || x.code.starts_with("OperationUnsupported.EipInBinding");
}

outcome outcome_of(const call_record& x) {
  if (!is_definite(x))
    return outcome::open;
  if (x.status == 200)
    return outcome::success;
  return asks_for_repetition(x) ? outcome::open : outcome::refused;
}

/// What is known of one token.
struct token_course {
  uint64_t intent = 0;
  std::string sender;
  /// Empty as long as its calls met no gateway.
  std::string gateway;
  bool succeeded = false;
  outcome last = outcome::open;
  /// Numbers in the log: of its latest call, and of the change it made (0: it
  /// made none).
  uint64_t sent = 0;
  uint64_t changed = 0;
  std::string entry;
};

/// The course of each entry, as numbers in the log.
class entry_courses {
public:
  explicit entry_courses(const emulator::history& cloud) {
    for (const auto& x : cloud.changes())
      by_id_[x.id].push_back(&x);
  }

  /// Whether the entry is still what it was at number `made`, at number `at`.
  bool is_unchanged(const std::string& id, uint64_t made, uint64_t at) const {
    auto found = by_id_.find(id);
    if (found == by_id_.end())
      return false;
    const auto* then = last_before(found->second, made);
    const auto* now = last_before(found->second, at);
    return then != nullptr && now != nullptr && is_there(*then)
           && is_there(*now) && same_contents(*then, *now);
  }

private:
  static bool is_there(const entry_change& x) {
    return x.state == entry_state::pending || x.state == entry_state::available;
  }

  static bool same_contents(const entry_change& a, const entry_change& b) {
    return a.name == b.name && a.external_ip == b.external_ip
           && a.internal_ip == b.internal_ip
           && a.external_port == b.external_port
           && a.internal_port == b.internal_port && a.count == b.count
           && a.protocol == b.protocol;
  }

  static const entry_change*
  last_before(const std::vector<const entry_change*>& all, uint64_t number) {
    auto next = std::ranges::upper_bound(all, number, {},
                                         &entry_change::number);
    return next == all.begin() ? nullptr : *std::prev(next);
  }

  std::unordered_map<std::string, std::vector<const entry_change*>> by_id_;
};

/// Goes through the log in its order.
class token_audit {
public:
  explicit token_audit(const emulator::history& cloud) : entries_{cloud} {
    for (const auto& x : cloud.calls())
      take(x);
  }

  const token_harm& result() const {
    return result_;
  }

private:
  void take(const call_record& x) {
    if (x.action == "DescribeForwardTableEntries" && x.status == 200
        && is_definite(x))
      last_look_[x.gateway] = x.number;
    if (x.client_token.empty())
      return;
    auto [found, is_new] = tokens_.try_emplace(x.client_token);
    auto& token = found->second;
    if (is_new) {
      token.intent = x.parameters_hash;
      token.sender = x.user_agent;
      judge_new(x);
      latest_[x.parameters_hash] = x.client_token;
    } else if (token.intent != x.parameters_hash) {
      ++result_.mixed;
    } else if (token.succeeded && token.sender == x.user_agent) {
      ++result_.reused;
    }
    follow(token, x);
  }

  void judge_new(const call_record& x) {
    auto former = latest_.find(x.parameters_hash);
    if (former == latest_.end())
      return;
    const auto& token = tokens_.at(former->second);
    if (token.last == outcome::refused)
      return;
    // The change that this call made itself comes right before it.
    auto before_it = x.number - (x.committed ? 2 : 1);
    auto stands = token.changed != 0
                  && entries_.is_unchanged(token.entry, token.changed,
                                           before_it);
    // This call may have been refused for its gateway being unknown.
    auto looked = last_look_[token.gateway] > token.sent;
    if (stands || !looked)
      ++result_.doubled;
  }

  static void follow(token_course& token, const call_record& x) {
    token.last = outcome_of(x);
    if (!x.gateway.empty())
      token.gateway = x.gateway;
    token.succeeded = token.succeeded || token.last == outcome::success;
    token.sent = x.number;
    if (x.committed) {
      token.changed = x.number;
      token.entry = x.entry_id;
    }
  }

  entry_courses entries_;
  token_harm result_;
  std::unordered_map<std::string, token_course> tokens_;
  /// The latest token of each intent.
  std::unordered_map<uint64_t, std::string> latest_;
  /// The number of the latest look at each gateway's table.
  std::unordered_map<std::string, uint64_t> last_look_;
};

} // namespace

token_harm count_token_harm(const emulator::history& cloud) {
  return token_audit{cloud}.result();
}

} // namespace natgw::cli
