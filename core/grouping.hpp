#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/port_allocator.hpp"
#include "messages/port.hpp"

namespace natgw::core {

/// The internal runs that items make, sorted by protocol and port, neighbours
/// joined into one. Items must not overlap (core/annotations.hpp sees to it).
std::vector<port_item> group(std::span<const port_item> items);

/// What the allocator is asked for, one shape for each internal run.
std::vector<run_shape> shapes(std::span<const port_item> groups);

/// Hands out entry numbers that nothing of the binding carries.
class entry_numbers {
public:
  /// `busy`: runs whose entry may exist, those that are leaving included.
  explicit entry_numbers(std::span<const port_run> busy);

  /// The lowest number that is free; takes it.
  uint16_t next();

private:
  /// Sorted.
  std::vector<uint16_t> busy_;
  uint16_t low_ = 0;
};

/// Joins internal runs with the ports allocated for their shapes.
std::vector<port_run> assemble(std::span<const port_item> groups,
                               const allocation& ports, entry_numbers& numbers);

/// True if the runs map every port of the items exactly once, nothing else,
/// and use no external port or number twice: what a promise must fulfil.
bool covers(std::span<const port_run> runs, std::span<const port_item> items);

/// How one item is published in `status.entries`.
struct item_view {
  /// "512", "512-527" or, in pieces, "512-519,700-707".
  std::string external;
  /// "80" or "7000-7015".
  std::string internal;
  /// The numbers of the entries that carry it, in the order of the pieces.
  std::vector<uint16_t> entries;

  bool operator==(const item_view&) const = default;
};

/// The items, one by one, as the runs publish them. Ports without a run are
/// left out.
std::vector<item_view> views(std::span<const port_item> items,
                             std::span<const port_run> runs);

/// A run that keeps its name and loses ports: a Modify of its entry.
struct run_trim {
  port_run before;
  port_run after;

  bool operator==(const run_trim&) const = default;
};

/// What a change of a port list does to the runs of a binding. Make before
/// break: first `added` is allocated and created, then `trimmed` modified,
/// then `split_off` created, then `removed` dropped, then `freed` freed.
struct port_change {
  /// Runs that stay as they are.
  std::vector<port_run> kept;
  std::vector<run_trim> trimmed;
  /// Ports that stay but fall out of a trimmed run: entries with new numbers,
  /// whose external ports the binding holds and the cloud gives free only
  /// once the trim has been done.
  std::vector<port_run> split_off;
  /// Internal ports that are new and need external ones.
  std::vector<port_item> added;
  /// Runs that go as a whole.
  std::vector<port_run> removed;
  /// External ports of trimmed runs that nothing uses afterwards.
  std::vector<port_run> freed;

  bool operator==(const port_change&) const = default;
};

/// Compares the runs of a binding with a new list. `numbers` knows every
/// number that is carried and gives those of `split_off`.
port_change plan_change(std::span<const port_run> runs,
                        std::span<const port_item> items,
                        entry_numbers& numbers);

} // namespace natgw::core
