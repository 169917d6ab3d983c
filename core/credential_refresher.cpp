#include "core/credential_refresher.hpp"

#include <algorithm>

namespace natgw::core {

namespace {

using duration = credential_refresher::duration;

duration stretched(duration x, double factor) {
  return std::chrono::duration_cast<duration>(
    std::chrono::duration<double, std::nano>{x} * factor);
}

/// From now to a time of the calendar; what is far is cut to what fits.
duration until(wall_time then, wall_time wall) {
  constexpr wall_time::duration far = std::chrono::years{10};
  return std::min(then - wall, far);
}

} // namespace

bool credential_refresher::wanted(instant now, wall_time wall) const {
  return !held_ || refused_ || (renew_at_ && wall >= *renew_at_)
         || (poll_at_ && now >= *poll_at_);
}

bool credential_refresher::due(instant now, wall_time wall) const {
  return !fetching_ && now >= not_before_ && wanted(now, wall);
}

std::optional<instant> credential_refresher::wake(instant now,
                                                  wall_time wall) const {
  if (fetching_)
    return std::nullopt;
  if (wanted(now, wall))
    return std::max(now, not_before_);
  std::optional<instant> result = poll_at_;
  if (renew_at_) {
    auto left = std::min(until(*renew_at_, wall), cfg_.recheck);
    result = std::min(result.value_or(instant::max()), now + left);
  }
  return result ? std::optional{std::max(*result, not_before_)} : result;
}

void credential_refresher::pause(instant now, double dice) {
  auto delay = cfg_.first_pause;
  for (auto i = uint32_t{0}; i < failures_ && delay < cfg_.last_pause; ++i)
    delay *= 2;
  ++failures_;
  delay = std::min(delay, cfg_.last_pause);
  if (poll_)
    delay = std::min(delay, *poll_);
  not_before_ = now + stretched(delay, 1.0 + cfg_.jitter * dice);
}

void credential_refresher::hold(const gain& x, instant now, wall_time wall,
                                double dice) {
  held_ = true;
  refused_ = false;
  fixed_ = x.fixed;
  failures_ = 0;
  expires_ = x.expires;
  renew_at_.reset();
  not_before_ = now + cfg_.least_gap;
  if (!expires_)
    return;
  auto ahead = std::min(stretched(until(*expires_, wall), cfg_.ahead),
                        cfg_.ahead_max);
  renew_at_ = *expires_
              - std::chrono::ceil<wall_time::duration>(
                stretched(ahead, 1.0 + dice / 4));
}

bool credential_refresher::obtained(const gain& x, instant now, wall_time wall,
                                    double dice) {
  if (x.expires && *x.expires <= wall) {
    failed(now, dice);
    return false;
  }
  fetching_ = false;
  poll_ = x.poll;
  poll_at_ = poll_ ? std::optional{now + *poll_} : std::nullopt;
  if (x.changed || !held_)
    hold(x, now, wall, dice);
  else if (wanted(now, wall))
    pause(now, dice); // their successors are not there yet
  else
    failures_ = 0;
  return true;
}

void credential_refresher::failed(instant now, double dice) {
  fetching_ = false;
  pause(now, dice);
}

void credential_refresher::refused() {
  if (held_ && !fixed_)
    refused_ = true;
}

} // namespace natgw::core
