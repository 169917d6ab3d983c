#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

#include "messages/time.hpp"

namespace natgw::core {

/// Keeps calls back while the account's credentials are refused, so that a
/// wrong key does not burn the quota: one call at a time probes, at intervals
/// that double, until one is accepted.
class circuit {
public:
  struct options {
    std::chrono::nanoseconds first_probe = std::chrono::seconds{5};
    std::chrono::nanoseconds last_probe = std::chrono::minutes{5};
    /// Calls are held for so long after the circuit has opened; then they are
    /// sent back at once, until it closes.
    std::chrono::nanoseconds hold = std::chrono::seconds{30};
  };

  explicit circuit(options cfg) : cfg_{cfg} {
  }

  bool open() const {
    return open_;
  }

  /// Whether a call may leave now.
  bool may_call(instant now) const {
    return !open_ || (!probing_ && now >= next_);
  }

  /// A call leaves; if the circuit is open, it is the probe.
  /// @param ticket tells it from those that left before the circuit opened
  void called(uint64_t ticket) {
    probing_ = open_;
    probe_ = ticket;
  }

  /// Whether calls should be sent back rather than held.
  bool rejects(instant now) const {
    return open_ && now >= rejects_from();
  }

  /// From when on `rejects`; meaningless if closed.
  instant rejects_from() const {
    return since_ + cfg_.hold;
  }

  /// When the next probe may leave; meaningless if closed.
  instant next_probe() const {
    return next_;
  }

  /// A call was refused for its credentials.
  /// @returns whether this opened the circuit.
  bool refused(instant now) {
    if (open_ && !probing_)
      return false; // it left before the circuit opened
    auto opened = !open_;
    interval_ = opened ? cfg_.first_probe
                       : std::min(2 * interval_, cfg_.last_probe);
    if (opened)
      since_ = now;
    open_ = true;
    probing_ = false;
    next_ = now + interval_;
    return opened;
  }

  /// A call was answered by something that had accepted its credentials.
  /// @returns whether this closed the circuit.
  bool accepted() {
    probing_ = false;
    return std::exchange(open_, false);
  }

  /// The probe ended without a verdict: another one, after the same time.
  void unclear(instant now) {
    if (!open_ || !probing_)
      return;
    probing_ = false;
    next_ = now + interval_;
  }

  /// A call that was to leave did not. Only if it was the probe another one
  /// may leave in its place.
  void withdrawn(uint64_t ticket) {
    if (ticket == probe_)
      probing_ = false;
  }

  /// There are new credentials: probe at once.
  void renewed(instant now) {
    next_ = std::min(next_, now);
  }

private:
  options cfg_;
  bool open_ = false;
  bool probing_ = false;
  /// The call that left last; the probe if `probing_`.
  uint64_t probe_ = 0;
  std::chrono::nanoseconds interval_{0};
  instant since_{};
  instant next_{};
};

} // namespace natgw::core
