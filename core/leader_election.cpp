#include "core/leader_election.hpp"

#include <algorithm>
#include <utility>

#include "core/backoff.hpp"

namespace natgw::core {

leader_election::leader_election(election_config cfg, uint64_t seed)
  : cfg_(std::move(cfg)),
    rng_(seed) {
  // nop
}

election_steps leader_election::start(instant now, wall_time wall) {
  if (phase_ != phase::idle)
    return {};
  return attempt(now, wall);
}

election_steps leader_election::tick(instant now, wall_time wall) {
  if (phase_ == phase::idle || phase_ == phase::finished)
    return {};
  if (overdue(now))
    return lose();
  if (phase_ == phase::waiting && now >= wake_)
    return attempt(now, wall);
  election_steps result;
  if (phase_ == phase::waiting)
    result.wake = wake_;
  else if (leading_)
    result.wake = renewed_ + cfg_.renew_deadline;
  return result;
}

election_steps leader_election::on_read(const expected<lease_seen>& answer,
                                        instant now, wall_time wall) {
  if (phase_ != phase::reading)
    return {};
  if (overdue(now))
    return lose();
  if (answer)
    observe(*answer, now);
  else
    version_.clear();
  if (stopping_)
    return pause(now, wall);
  if (!answer && answer.error().code != ec::not_found)
    return wait(now);
  if (answer && observed_.holder == cfg_.identity)
    return renew(now, wall);
  if (answer && leading_)
    return lose();
  auto duration = observed_.duration.count() > 0 ? observed_.duration
                                                 : cfg_.lease_duration;
  auto held = answer && !observed_.holder.empty()
              && now < observed_at_ + duration;
  return held ? wait(now) : acquire(now, wall);
}

election_steps leader_election::on_written(const expected<lease_seen>& answer,
                                           instant now, wall_time wall) {
  if (phase_ == phase::releasing)
    return finish();
  if (phase_ != phase::writing)
    return {};
  if (!answer) {
    // It may have been written; only a look can tell.
    version_.clear();
    if (overdue(now))
      return lose();
    return stopping_ ? pause(now, wall) : wait(now);
  }
  observe(*answer, now);
  auto term = lease_term{.epoch = observed_.transitions,
                         .ends = sent_ + cfg_.lease_duration};
  // Frozen between the write and its answer, we may be somebody's past.
  if (now >= sent_ + cfg_.renew_deadline)
    return leading_ ? lose() : wait(now);
  leading_ = true;
  renewed_ = sent_;
  if (stopping_)
    return pause(now, wall);
  auto result = wait(now);
  result.term = term;
  return result;
}

election_steps leader_election::stop(instant now, wall_time wall) {
  if (phase_ == phase::finished || stopping_)
    return {};
  stopping_ = true;
  // A stand-by that has nothing to release need not know what it reads.
  auto in_doubt = sent_ != instant{} && version_.empty();
  if (phase_ == phase::writing
      || (phase_ == phase::reading && (leading_ || in_doubt)))
    return {};
  return pause(now, wall);
}

election_steps leader_election::attempt(instant now, wall_time wall) {
  // A leader writes without reading first: the version guards it.
  if (leading_ && !version_.empty())
    return renew(now, wall);
  return read();
}

election_steps leader_election::read() {
  phase_ = phase::reading;
  election_steps result;
  result.read = true;
  if (leading_)
    result.wake = renewed_ + cfg_.renew_deadline;
  return result;
}

election_steps leader_election::acquire(instant now, wall_time wall) {
  auto epoch = observed_.transitions;
  if (observed_any_ && !leading_)
    ++epoch;
  return write({.holder = cfg_.identity,
                .duration = cfg_.lease_duration,
                .acquired = wall,
                .renewed = wall,
                .transitions = epoch},
               now);
}

election_steps leader_election::renew(instant now, wall_time wall) {
  auto next = observed_;
  next.duration = cfg_.lease_duration;
  next.renewed = wall;
  return write(std::move(next), now);
}

election_steps leader_election::write(lease_record x, instant now) {
  phase_ = phase::writing;
  sent_ = now;
  election_steps result;
  result.write = lease_update{.record = std::move(x),
                              .resource_version = version_};
  if (leading_)
    result.wake = renewed_ + cfg_.renew_deadline;
  return result;
}

election_steps leader_election::wait(instant now) {
  phase_ = phase::waiting;
  auto delay = leading_ ? cfg_.retry_period
                        : jittered(cfg_.retry_period, cfg_.jitter, rng_);
  wake_ = now + delay;
  if (leading_)
    wake_ = std::min(wake_, renewed_ + cfg_.renew_deadline);
  election_steps result;
  result.wake = wake_;
  return result;
}

election_steps leader_election::lose() {
  leading_ = false;
  auto result = finish();
  result.lost = lease_term{.epoch = observed_.transitions,
                           .ends = renewed_ + cfg_.lease_duration};
  return result;
}

election_steps leader_election::pause(instant now, wall_time wall) {
  auto ours = observed_.holder == cfg_.identity;
  if (overdue(now) || (!leading_ && !ours))
    return finish();
  if (!version_.empty())
    return ours ? release(wall) : finish();
  // The last write is in doubt: look once, and leave it if that fails too.
  return phase_ == phase::reading ? finish() : read();
}

election_steps leader_election::release(wall_time wall) {
  phase_ = phase::releasing;
  leading_ = false;
  election_steps result;
  result.write = lease_update{.record = {.holder = {},
                                         .duration = std::chrono::seconds{1},
                                         .acquired = wall,
                                         .renewed = wall,
                                         .transitions = observed_.transitions},
                              .resource_version = version_};
  return result;
}

election_steps leader_election::finish() {
  phase_ = phase::finished;
  election_steps result;
  result.finished = true;
  return result;
}

void leader_election::observe(const lease_seen& x, instant now) {
  version_ = x.resource_version;
  if (observed_any_ && observed_ == x.record)
    return;
  observed_any_ = true;
  observed_ = x.record;
  observed_at_ = now;
}

bool leader_election::overdue(instant now) const {
  return leading_ && now >= renewed_ + cfg_.renew_deadline;
}

} // namespace natgw::core
