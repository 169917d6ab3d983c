#pragma once

#include <cstdint>

#include "emulator/vpc/history.hpp"

namespace natgw::cli {

/// Writes whose ClientToken could have made or found the wrong thing, computed
/// from the cloud's log. An answer counts as given only if no fault met its
/// call; a token belongs to the process that sent it first (by its user agent),
/// since who comes after a crash cannot know what had been answered.
struct token_harm {
  /// Tokens sent again by the same process after they had brought success: as
  /// long as the cloud remembers them, they answer for what is there no more.
  uint64_t reused = 0;
  /// Tokens sent with other parameters than before.
  uint64_t mixed = 0;
  /// Intents (equal parameters) sent with another token although the one
  /// before had not been definitely refused, and nothing had shown its entry
  /// absent or different.
  uint64_t doubled = 0;

  bool operator==(const token_harm&) const = default;
};

/// O(n log n) in the log.
token_harm count_token_harm(const emulator::history& cloud);

} // namespace natgw::cli
