#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/forward_table/flow.hpp"
#include "core/forward_table/slot.hpp"
#include "core/forward_table/triple_index.hpp"
#include "messages/entry.hpp"
#include "messages/time.hpp"

namespace natgw::core::table {

/// An entry that is not ours.
struct stranger {
  uint32_t number = 0;
  forward_entry entry;
  /// The scan that saw it last.
  uint64_t scan = 0;
  /// True if only the stand-by has seen it, so that it may be gone.
  bool recalled = false;
};

/// The forward table as it was last seen: our entries in slots, the others
/// beside them, indexed by name, id and both triples.
class mirror {
public:
  // -- slots -----------------------------------------------------------------

  /// The slot of a name; made if there is none.
  slot& obtain(const std::string& name);

  /// Makes a slot for a second entry of one name.
  slot& obtain_twin(const slot& of);

  slot* find(std::string_view name);

  slot* at(uint32_t number);

  /// The slot that holds the entry with this id.
  slot* holder(std::string_view id);

  /// Forgets a slot; it must hold no entry.
  void forget(slot& x);

  std::map<uint32_t, slot>& slots() {
    return slots_;
  }

  /// The twins of a slot.
  std::vector<uint32_t> twins(const slot& of) const;

  // -- entries ---------------------------------------------------------------

  /// The slot holds this entry now.
  void put(slot& x, const std::string& id, const flow& seen);

  /// The slot holds no entry any more.
  void clear(slot& x);

  /// Each holds the other one's entry, if there is one, and what is known of
  /// it.
  void exchange(slot& a, slot& b);

  /// The id is known gone: what was read before shall not revive it.
  void bury(std::string id, instant now);

  /// Whether a reading that left at `sent` is too old to show this id.
  bool buried(const std::string& id, instant sent) const;

  // -- strangers -------------------------------------------------------------

  stranger* foreign(const std::string& id);

  stranger& add_foreign(const forward_entry& x);

  void remove_foreign(const std::string& id);

  const std::unordered_map<std::string, stranger>& foreigners() const {
    return foreign_;
  }

  /// The nameless entry with exactly these five fields.
  stranger* nameless(const flow& x);

  // -- questions -------------------------------------------------------------

  /// The holder of a port: one of these, or neither.
  struct obstacle {
    slot* ours = nullptr;
    stranger* other = nullptr;
  };

  /// Who, but for these two slots, holds the flow's external or internal side.
  obstacle external_obstacle(const flow& x, uint32_t except,
                             uint32_t and_except);
  obstacle internal_obstacle(const flow& x, uint32_t except,
                             uint32_t and_except);

  /// Entries in the table.
  size_t size() const {
    return by_id_.size() + foreign_.size();
  }

private:
  void index(const flow& x, bool any, uint32_t number);
  void unindex(const flow& x, bool any, uint32_t number);
  obstacle resolve(uint32_t number);

  uint32_t numbers_ = 0;
  /// By number; addresses are stable.
  std::map<uint32_t, slot> slots_;
  /// Keys are views of the slots' own strings.
  std::unordered_map<std::string_view, slot*> by_name_;
  std::unordered_map<std::string_view, slot*> by_id_;
  /// Twins by the number of the slot whose name they bear.
  std::multimap<uint32_t, uint32_t> twins_;
  /// By id.
  std::unordered_map<std::string, stranger> foreign_;
  std::unordered_map<uint32_t, stranger*> foreign_numbers_;
  triple_index external_;
  triple_index internal_;
  /// Ids that are known gone, and since when; the oldest first.
  std::unordered_map<std::string, instant> graves_;
  std::deque<std::pair<instant, std::string>> grave_order_;
};

} // namespace natgw::core::table
