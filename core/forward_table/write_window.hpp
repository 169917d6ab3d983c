#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "messages/time.hpp"

namespace natgw::core::table {

/// How a write found the table when it left.
struct departure {
  /// Writes that were already in flight.
  uint32_t others = 0;
  /// Entries that were in transition.
  uint32_t pending = 0;
  /// True if an unanswered write, repeated later, may have left an entry in
  /// transition that nobody knows of.
  bool doubtful = false;
  /// Grows whenever the window shrinks: answers to writes that left before
  /// teach nothing new.
  uint32_t period = 0;
  instant at{};
};

/// Learns how many writes a table takes at once. It opens by one with every
/// success until the table first says "busy"; then it is strictly serial, and
/// opens by one after many successes. A table that refuses even a lone write
/// while an entry is in transition has a *barrier*: the next write waits for
/// the entry. A table that refuses a lone write for no reason of ours wants
/// *gaps* between writes; an unanswered write is a reason.
class write_window {
public:
  /// @param maximum 1 .. 256
  explicit write_window(uint32_t maximum);

  /// When the next write may leave; nothing if an answer or a confirmation
  /// has to come first.
  std::optional<instant> opens(uint32_t in_flight, uint32_t pending,
                               instant now) const;

  departure leave(uint32_t in_flight, uint32_t pending, bool doubtful,
                  instant now);

  /// The table took the write.
  void accepted(const departure& x, instant now);

  /// The table was busy.
  void busy(const departure& x, instant now);

  /// Writes that may be in flight at once.
  uint32_t size() const {
    return size_;
  }

  bool barrier() const {
    return barrier_;
  }

private:
  void shrink();

  static constexpr uint32_t first_patience = 64;
  static constexpr uint32_t last_patience = 1024;

  uint32_t maximum_;
  uint32_t size_ = 1;
  /// True once the table was busy: no more opening with every success.
  bool careful_ = false;
  bool barrier_ = false;
  /// Grows with every shrinking.
  uint32_t period_ = 0;
  /// Successes since the last change of size or barrier.
  uint32_t successes_ = 0;
  /// Successes that a probe costs; doubled by each one that failed.
  uint32_t patience_ = first_patience;
  /// Between two lone writes.
  std::chrono::nanoseconds gap_{0};
  /// Lone writes refused since the last success, and those among them that
  /// were for no reason of ours.
  uint32_t refused_ = 0;
  uint32_t unexplained_ = 0;
  /// No write before this.
  instant closed_until_{};
  /// When the last write, and the last that was accepted, left.
  instant last_left_{};
  instant last_accepted_{};
};

} // namespace natgw::core::table
