#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "messages/time.hpp"

namespace natgw::core {

/// Decides when credentials are fetched anew: ahead of their end, when the
/// cloud refuses them, when a file may have changed, and with growing pauses
/// while that fails. It never gives up what still holds.
///
/// Ends are calendar times, pauses are not. Every `dice` is a random number in
/// [0, 1) that keeps replicas apart.
class credential_refresher {
public:
  using duration = std::chrono::nanoseconds;

  struct options {
    /// Fetched anew when this share of their time is left, stretched by up to
    /// a quarter of it, but no sooner than `ahead_max` (and that quarter)
    /// before their end.
    double ahead = 0.25;
    duration ahead_max = std::chrono::minutes{30};
    /// The pause after a failure; it doubles with each more up to the cap, and
    /// is stretched by up to `jitter`.
    duration first_pause = std::chrono::seconds{1};
    duration last_pause = std::chrono::seconds{60};
    double jitter = 0.5;
    /// Between a success and the next fetch, whatever asks for it.
    duration least_gap = std::chrono::milliseconds{500};
    /// Looks again so often at a calendar that may have been set.
    duration recheck = std::chrono::minutes{5};
  };

  /// What a fetch has brought.
  struct gain {
    /// Empty: they hold until they are revoked.
    std::optional<wall_time> expires;
    /// Not those that were held before.
    bool changed = true;
    /// They may change without notice: look again after so long.
    std::optional<duration> poll;
    /// Their source will never have others: a refusal changes nothing.
    bool fixed = false;
  };

  credential_refresher() : credential_refresher(options{}) {
  }

  explicit credential_refresher(const options& cfg) : cfg_{cfg} {
  }

  /// Whether there is something to sign with.
  bool usable(wall_time wall) const {
    return held_ && (!expires_ || wall < *expires_);
  }

  /// Whether a fetch should begin now.
  bool due(instant now, wall_time wall) const;

  /// When to look again; empty: not by time alone.
  std::optional<instant> wake(instant now, wall_time wall) const;

  /// A fetch begins; `obtained` or `failed` ends it.
  void began() {
    fetching_ = true;
  }

  /// @returns false if they have ended already, which counts as a failure and
  /// leaves what was held.
  bool obtained(const gain& x, instant now, wall_time wall, double dice);

  void failed(instant now, double dice);

  /// The cloud refuses what is held.
  void refused();

  /// Fetches since the last that has brought what was wanted.
  uint32_t failures() const {
    return failures_;
  }

private:
  bool wanted(instant now, wall_time wall) const;
  void pause(instant now, double dice);
  void hold(const gain& x, instant now, wall_time wall, double dice);

  options cfg_;
  bool held_ = false;
  bool fixed_ = false;
  bool refused_ = false;
  bool fetching_ = false;
  std::optional<wall_time> expires_;
  /// When `expires_` is near enough; set together with it.
  std::optional<wall_time> renew_at_;
  std::optional<duration> poll_;
  std::optional<instant> poll_at_;
  /// No fetch begins before.
  instant not_before_ = instant::min();
  uint32_t failures_ = 0;
};

} // namespace natgw::core
