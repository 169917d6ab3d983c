#pragma once

#include <chrono>
#include <cstdint>

#include "messages/time.hpp"

namespace natgw::core {

/// So many per so long, as quotas are written ("300/60(s)").
struct rate {
  /// 1 .. 1,000,000
  uint32_t count = 1;
  /// 1 ns .. 10 min
  std::chrono::nanoseconds per = std::chrono::seconds{1};

  bool operator==(const rate&) const = default;
};

/// A token bucket in exact integers: over any span of time it gives at most
/// `burst` + `limit` x span tokens, and no part of a token is ever lost. The
/// rate may be throttled to a fraction of the limit, never raised above it.
class token_bucket {
public:
  /// Parts of the full rate.
  static constexpr uint32_t full = 1'000;

  /// Starts full. Values out of range are clamped; `burst` is 1 .. 10,000.
  token_bucket(rate limit, uint32_t burst, instant now);

  /// Takes a token if there is one. Time that runs backwards adds nothing.
  bool take(instant now);

  /// Gives back a token that was taken and not used.
  void put_back();

  /// Empties it: a server that throttles has counted more than we have.
  void drain(instant now);

  /// When the next token is there; `now` if there is one already.
  instant next(instant now);

  /// Goes on at `permille` (1 .. 1,000) of the limit.
  void throttle(uint32_t permille, instant now);

  uint32_t permille() const {
    return permille_;
  }

private:
  void refill(instant now);

  // A token costs `price_`; a nanosecond earns `count_ * permille_`.
  uint64_t count_;
  uint64_t price_;
  uint64_t capacity_;
  uint64_t credit_;
  uint32_t permille_ = full;
  instant last_;
};

/// What share of a limit may be used, in permille: additive increase,
/// multiplicative decrease. A server that throttles shares its quota with
/// others. Answers are judged together, a second of them and no fewer than 16:
/// up to one in eight may be refused, as a busy server does at any rate. Where
/// it is more the share shrinks by the part that was refused, at most by half.
/// Four refusals that are half of the answers are judged at once.
class adaptive_rate {
public:
  struct options {
    /// Never below.
    uint32_t floor = 50;
    /// Permille gained in a second.
    uint32_t gain_per_second = 50;
  };

  explicit adaptive_rate(options cfg) : cfg_{cfg} {
  }

  /// A call that was sent at `sent` has been answered; what left before the
  /// last judgement teaches nothing new.
  void answered(instant sent, bool throttled, instant now);

  /// The share at this time.
  uint32_t permille(instant now);

private:
  void judge(instant now);

  options cfg_;
  uint32_t permille_ = token_bucket::full;
  /// Up to here gains have been added.
  instant grown_{};
  /// The last judgement, and the answers since.
  instant judged_{};
  uint32_t answers_ = 0;
  uint32_t refusals_ = 0;
};

} // namespace natgw::core
