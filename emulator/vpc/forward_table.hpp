#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <ext/pb_ds/assoc_container.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "emulator/vpc/address.hpp"
#include "emulator/vpc/history.hpp"

namespace natgw::emulator {

/// Ports at one address: `first .. first + count - 1` of a protocol, or, for
/// `any`, all ports of both.
struct port_span {
  ipv4 address = 0;
  uint16_t first = 0;
  uint16_t count = 1;
  entry_protocol protocol = entry_protocol::tcp;

  uint16_t last() const {
    return static_cast<uint16_t>(first + count - 1);
  }
  bool operator==(const port_span&) const = default;
};

/// One forward entry.
struct entry {
  std::string id = {};
  /// Empty: without a name.
  std::string name = {};
  port_span external = {};
  /// Of the same count and protocol.
  port_span internal = {};
  bool port_break = false;
  entry_state state = entry_state::pending;
  /// Grows with creation; what pages are sorted by.
  uint64_t order = 0;
  /// Of the latest change; a timer with an older one is void.
  uint64_t revision = 0;
};

/// "512", "512/527" or "any": as the API spells the ports of one side.
std::string port_text(const port_span& x);

/// Exact-match filters of DescribeForwardTableEntries.
struct entry_query {
  std::optional<std::string> id = {};
  std::optional<std::string> name = {};
  std::optional<std::string> external_ip = {};
  std::optional<std::string> external_port = {};
  std::optional<std::string> internal_ip = {};
  std::optional<std::string> internal_port = {};
  std::optional<std::string> protocol = {};

  bool matches(const entry& x) const;
};

/// Which ports at which addresses are taken, for one side of a table.
class span_index {
public:
  explicit span_index(port_span entry::* side) : side_{side} {
    // nop
  }

  /// An entry other than `except` that overlaps; null if there is none.
  const entry* clash(const port_span& x, const entry* except) const;

  /// `x` must not overlap with anything.
  void insert(const entry* x);
  void erase(const entry* x);

  /// Appends the entries at the address that begin with the port (0: any
  /// port).
  void collect(ipv4 address, uint16_t first,
               std::vector<const entry*>& out) const;

private:
  struct host {
    /// First port -> entry, disjoint; tcp and udp.
    std::array<std::map<uint16_t, const entry*>, 2> taken;
    const entry* any = nullptr;
  };

  port_span entry::* side_;
  std::unordered_map<ipv4, host> hosts_;
};

/// The forward table of one gateway: the entries and their uniqueness. Nothing
/// but an unfiltered, or oddly filtered, Describe is linear in its size.
class forward_table {
public:
  const entry* find(const std::string& id) const;

  size_t size() const {
    return entries_.size();
  }
  /// Entries that are Pending.
  size_t pending() const {
    return pending_;
  }

  /// An entry other than the one called `except` whose external (internal)
  /// side overlaps with that of `x`; null if there is none.
  const entry* external_clash(const entry& x,
                              const std::string& except = {}) const;
  const entry* internal_clash(const entry& x,
                              const std::string& except = {}) const;

  /// Adds an entry without a clash, whose id is new. Fills in its order.
  const entry& insert(entry x);
  /// Exchanges the entry of the same id; the new sides must not clash.
  const entry& replace(entry x);
  void erase(const std::string& id);

  struct page {
    std::vector<const entry*> entries;
    size_t total = 0;
  };

  /// One page (1-based) of what matches, oldest first.
  page select(const entry_query& query, size_t number, size_t size) const;

  /// Calls `fn` with every entry, oldest first.
  template <class F>
  void for_each(F fn) const {
    for (const auto& x : by_order_)
      fn(*x.second);
  }

private:
  using order_tree
    = __gnu_pbds::tree<uint64_t, const entry*, std::less<>,
                       __gnu_pbds::rb_tree_tag,
                       __gnu_pbds::tree_order_statistics_node_update>;

  std::optional<std::vector<const entry*>>
  candidates(const entry_query& query) const;
  void enter(const entry& x);
  void leave(const entry& x);

  std::unordered_map<std::string, entry> entries_;
  order_tree by_order_;
  /// Named entries only.
  std::unordered_multimap<std::string, const entry*> by_name_;
  span_index external_{&entry::external};
  span_index internal_{&entry::internal};
  size_t pending_ = 0;
  uint64_t next_order_ = 1;
};

} // namespace natgw::emulator
