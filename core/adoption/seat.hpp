#pragma once

#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

#include "core/adoption_plan.hpp"
#include "core/forward_table/mirror.hpp"
#include "core/port_allocator.hpp"

namespace natgw::core {

/// One gateway while a plan is made: its table and its ports, as they will be
/// after what has been planned so far.
class adoption_seat {
public:
  adoption_seat(const adoption_gateway& x, const adoption_snapshot& all);

  const adoption_gateway& gateway() const {
    return *gateway_;
  }

  bool is_usable() const {
    return gateway_->access == gateway_access::usable;
  }

  bool has_eip(const std::string& address) const;

  // -- ports -----------------------------------------------------------------

  port_allocator& ports() {
    return ports_;
  }

  /// Whether a run could have other ports of the same EIP; takes them.
  bool replace(holder_id holder, const entry_spec& x);

  // -- entries ---------------------------------------------------------------

  /// Whether an entry of this name stands.
  bool stands(const std::string& name);

  /// Wishes an entry. `old_name` is what it may have been called so far, and
  /// `former_ip` where it may point without a name.
  adoption_entry want(const entry_spec& x, const std::string& old_name,
                      const std::string& former_ip);

  /// Wishes that no entry of this name stands, nor a nameless one with exactly
  /// these five fields. Adds what is to be removed.
  void drop(const entry_spec& x, std::vector<adoption_entry>& out);

  // -- the rest, once everything has been wished -----------------------------

  /// Ours that nobody has wished, by id.
  std::vector<adoption_step> leftovers(const adoption_snapshot& all);

  gateway_outlook outlook() const;

private:
  table::slot* find_known(const std::string& name);
  table::slot* adopt_nameless(const entry_spec& x, table::flow wanted,
                              const std::string& former_ip);
  adoption_entry take_over(table::slot& x, const table::flow& wanted,
                           const entry_spec& spec);

  const adoption_gateway* gateway_;
  table::mirror table_;
  port_allocator ports_;
  /// Slots whose fate is decided.
  std::unordered_set<uint32_t> settled_;
  uint32_t taken_over_ = 0;
  uint32_t orphans_ = 0;
  bool orphans_stopped_ = false;
};

} // namespace natgw::core
