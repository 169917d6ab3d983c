#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <string>

#include "messages/error.hpp"
#include "messages/lease.hpp"
#include "messages/time.hpp"

namespace natgw::core {

/// The defaults are client-go's. The duration must exceed the deadline, and
/// that the period times (1 + jitter).
struct election_config {
  /// Who we are; never the same for two processes.
  std::string identity;
  /// A stand-by waits so long for a sign of life before it takes over.
  std::chrono::seconds lease_duration{15};
  /// A leader that could not renew for so long gives up.
  std::chrono::seconds renew_deadline{10};
  /// Between two attempts.
  std::chrono::milliseconds retry_period{2'000};
  /// Stretches the period of those who wait for the lease.
  double jitter = 1.2;
};

/// What a Lease of coordination.k8s.io says.
struct lease_record {
  /// Empty if it was released.
  std::string holder;
  std::chrono::seconds duration{0};
  wall_time acquired{};
  wall_time renewed{};
  uint64_t transitions = 0;

  bool operator==(const lease_record&) const = default;
};

/// A Lease as read or written, with the version for the next write.
struct lease_seen {
  lease_record record;
  std::string resource_version;
};

/// A write of the Lease: refused by the API server with `conflict` if its
/// version differs, or with `already_exists` if it is a create (no version).
struct lease_update {
  lease_record record;
  std::string resource_version;
};

/// What the caller shall do.
struct election_steps {
  /// Read the Lease, then call `on_read`.
  bool read = false;
  /// Write the Lease, then call `on_written`.
  std::optional<lease_update> write;
  /// Won or renewed: tell everybody who writes.
  std::optional<lease_term> term;
  /// Lost: this process must not write any more, and end.
  std::optional<lease_term> lost;
  /// Nothing more will come.
  bool finished = false;
  /// Call `tick` at this time.
  std::optional<instant> wake;
};

/// Leader election with the semantics of client-go's. The clocks of two
/// machines are never compared: a stand-by takes the lease when it has watched
/// it unchanged for its whole duration by its own clock, and the holder counts
/// its term from the moment its last successful renewal was *sent*, which is
/// before anybody could have seen it. Writes are guarded by the Lease's
/// resourceVersion. `leaseTransitions` grows with every new holder, so that it
/// can serve as epoch; it goes on growing where the Lease object was deleted.
class leader_election {
public:
  leader_election(election_config cfg, uint64_t seed);

  /// Begins to acquire.
  election_steps start(instant now, wall_time wall);

  /// Time has passed.
  election_steps tick(instant now, wall_time wall);

  /// The answer to `read`.
  election_steps on_read(const expected<lease_seen>& answer, instant now,
                         wall_time wall);

  /// The answer to `write`: the Lease as the API server stored it.
  election_steps on_written(const expected<lease_seen>& answer, instant now,
                            wall_time wall);

  /// Hands the lease over as soon as the call under way is answered; who only
  /// waits for the lease has finished at once.
  election_steps stop(instant now, wall_time wall);

  bool leading() const {
    return leading_;
  }

  /// Who held the lease when it was last seen; empty: nobody.
  const std::string& holder() const {
    return observed_.holder;
  }

private:
  enum class phase : uint8_t {
    idle,
    waiting,
    reading,
    writing,
    releasing,
    finished,
  };

  election_steps attempt(instant now, wall_time wall);
  election_steps read();
  election_steps acquire(instant now, wall_time wall);
  election_steps renew(instant now, wall_time wall);
  election_steps write(lease_record x, instant now);
  election_steps wait(instant now);
  election_steps lose();
  election_steps release(wall_time wall);
  election_steps finish();
  election_steps pause(instant now, wall_time wall);
  void observe(const lease_seen& x, instant now);
  bool overdue(instant now) const;

  election_config cfg_;
  std::mt19937_64 rng_;
  phase phase_ = phase::idle;
  bool leading_ = false;
  bool stopping_ = false;
  /// The lease as last seen, and when it last changed by our clock.
  lease_record observed_;
  instant observed_at_{};
  bool observed_any_ = false;
  /// For the next write; empty: read first.
  std::string version_;
  /// When the write under way left.
  instant sent_{};
  /// When the last successful renewal left.
  instant renewed_{};
  instant wake_{};
};

} // namespace natgw::core
