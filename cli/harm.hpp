#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "cli/token_harm.hpp"
#include "emulator/kube/history.hpp"
#include "emulator/vpc/history.hpp"

namespace natgw::cli {

/// What a controller did to its users, computed from the emulators' own
/// histories and not from the controller's memory.
struct harm {
  /// Pairs of PodDNATs that named one (EIP, port, protocol) at one revision.
  uint64_t duplicate_mappings = 0;
  /// Milliseconds during which an entry pointed at an address that belonged to
  /// another live pod than the one it was made for; summed over entries.
  uint64_t stranger_ms = 0;
  /// Elements of status.entries that were shown while their forward entry was
  /// not Available, or pointed elsewhere.
  uint64_t published_unready = 0;
  /// Pairs of entries that mapped one (owner, internal port, protocol) at one
  /// time. The owner is what their names say: a pod's uid or a fixed mapping.
  uint64_t double_entries = 0;
  token_harm tokens;

  bool operator==(const harm&) const = default;
};

/// Both histories are on one time line.
harm count_harm(const emulator::kube::history& cluster,
                const emulator::history& cloud);

/// Why elements count as `published_unready`: a line for each of the first
/// `most`, with times in ms on the histories' line.
std::vector<std::string>
explain_unready(const emulator::kube::history& cluster,
                const std::deque<emulator::entry_change>& cloud, size_t most);

/// How long pods waited from having an address to having their mapping
/// published, in ms, in no order; one for each uid that got there.
std::vector<uint64_t> ready_times(const emulator::kube::history& cluster);

} // namespace natgw::cli
