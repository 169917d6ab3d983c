#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "emulator/vpc/dice.hpp"
#include "emulator/vpc/forward_table.hpp"
#include "emulator/vpc/history.hpp"
#include "emulator/vpc/options.hpp"
#include "messages/error.hpp"
#include "messages/time.hpp"

namespace natgw::emulator {

struct eip {
  std::string address;
  std::string allocation_id;
  /// Empty: bound to nothing.
  std::string gateway;
  bool snat = false;
  /// Locked for want of payment.
  bool locked = false;
  /// Writes with it are refused until then.
  instant ready{};
};

struct gateway {
  std::string id;
  std::string zone;
  std::string table_id;
  /// Available, Modifying, ...
  std::string status = "Available";
  bool financial_locked = false;
  /// Every call about its entries gets 409, 500 or 503.
  bool only_errors = false;
  /// A write runs, or its gap, until then.
  instant busy_until{};
  /// Addresses bound to it, in the order of binding.
  std::vector<std::string> eips;
  forward_table table;
};

/// The account's resources and their course in time: no requests, no rights,
/// no faults. Its clock only moves by `advance`.
class cloud {
public:
  explicit cloud(const vpc_options& options);

  /// Whether the options make sense. Errors: invalid_argument.
  static expected<void> validate(const vpc_options& options);

  /// Lets everything happen that is due up to `now`. Going back is ignored.
  void advance(instant now, wall_time wall);

  instant now() const {
    return now_;
  }

  gateway* find_gateway(const std::string& id);
  gateway* find_table(const std::string& table_id);
  eip* find_eip(const std::string& address);
  const std::map<std::string, gateway>& gateways() const {
    return gateways_;
  }
  const std::map<std::string, eip>& eips() const {
    return eips_;
  }
  bool in_vpc(ipv4 x) const;

  // -- writes of the API: all checks have been made ---------------------------

  /// Adds an entry as Pending; returns its new id.
  std::string create(gateway& where, entry x);
  /// Makes the entry of this id Pending with new contents.
  void modify(gateway& where, entry x);
  /// Makes the entry Deleting.
  void remove(gateway& where, const std::string& id);

  // -- another hand -----------------------------------------------------------

  /// Entries that appear, change (by id) and disappear at once, Available.
  /// Errors: not_found (gateway, entry), already_exists (a clash).
  expected<std::string> foreign_create(const std::string& gateway_id, entry x);
  expected<void> foreign_modify(entry x);
  expected<void> foreign_delete(const std::string& id);

  /// The gateway vanishes with its table; its EIPs become free. Errors:
  /// not_found.
  expected<void> remove_gateway(const std::string& id);
  /// Takes an EIP from its gateway; entries with it stay. Errors: not_found.
  expected<void> unbind_eip(const std::string& address);
  /// Binds a free, or a new, EIP. Errors: not_found (gateway), conflict
  /// (bound elsewhere), invalid_argument (address).
  expected<void> bind_eip(const std::string& gateway_id,
                          const std::string& address, bool snat = false);
  /// Instances with an EIP of their own: no entry may point there.
  void set_instance_eip(ipv4 address, bool bound);
  bool has_instance_eip(ipv4 address) const {
    return instance_eips_.contains(address);
  }

  vpc_behaviour behaviour;
  history log;
  /// For answers of which several are possible.
  dice whims;
  const std::string region;
  const std::string vpc_id;
  /// When everything was made, as Describe tells it.
  const wall_time created{std::chrono::hours{24} * 19'000};

private:
  struct timer {
    instant due;
    uint64_t revision = 0;
    std::string gateway;
    std::string entry;

    bool operator>(const timer& x) const {
      return due != x.due ? due > x.due : revision > x.revision;
    }
  };

  void fire(const timer& x);
  void note(const gateway& where, const entry& x, instant at, bool foreign);
  void arm(const gateway& where, const entry& x, const time_range& range);
  gateway* holder_of(const std::string& entry_id);
  void add_eip(const eip_options& x, const std::string& gateway_id);

  instant now_;
  wall_time wall_;
  std::vector<cidr> cidrs_;
  std::map<std::string, gateway> gateways_;
  std::unordered_map<std::string, std::string> table_gateway_;
  /// By address.
  std::map<std::string, eip> eips_;
  std::unordered_set<ipv4> instance_eips_;
  std::priority_queue<timer, std::vector<timer>, std::greater<>> timers_;
  uint64_t revision_ = 0;
  dice durations_;
  dice names_;
};

} // namespace natgw::emulator
