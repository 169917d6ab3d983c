#include "core/forward_table/write_window.hpp"

#include <algorithm>

namespace natgw::core::table {

namespace {

using namespace std::chrono_literals;

using std::chrono::nanoseconds;

/// Pauses between lone writes that are refused for no reason of ours.
constexpr nanoseconds min_pause = 20ms;
constexpr nanoseconds max_pause = 2s;

/// What is refused longer than this is not for want of a gap.
constexpr nanoseconds max_gap = 1s;
constexpr nanoseconds min_gap = 5ms;

/// Behind a barrier, an entry that stays in transition for so long is not
/// waited for any more: the next write asks the table itself.
constexpr nanoseconds barrier_patience = 30s;

} // namespace

write_window::write_window(uint32_t maximum)
  : maximum_{std::clamp(maximum, 1U, 256U)} {
}

std::optional<instant> write_window::opens(uint32_t in_flight, uint32_t pending,
                                           instant now) const {
  if (in_flight >= size_)
    return std::nullopt;
  auto at = std::max(now, closed_until_);
  auto probing = successes_ >= patience_;
  if (barrier_ && pending > 0 && !probing)
    at = std::max(at, last_left_ + barrier_patience);
  return at;
}

departure write_window::leave(uint32_t in_flight, uint32_t pending,
                              bool doubtful, instant now) {
  last_left_ = now;
  if (gap_ > 0ns)
    closed_until_ = std::max(closed_until_, now + gap_);
  if (barrier_ && pending > 0)
    successes_ = 0;
  return {in_flight, pending, doubtful, period_, now};
}

void write_window::accepted(const departure& x, instant now) {
  if (barrier_ && x.pending > 0 && x.period == period_) {
    barrier_ = false;
    successes_ = 0;
    patience_ = first_patience;
  }
  gap_ = gap_ > min_gap ? gap_ * 15 / 16 : 0ns;
  if (auto span = x.at - last_accepted_; unexplained_ > 0 && span <= max_gap)
    gap_ = std::max(gap_, span);
  refused_ = unexplained_ = 0;
  last_accepted_ = std::max(last_accepted_, x.at);
  closed_until_ = std::min(closed_until_, now + gap_);
  ++successes_;
  if (size_ == maximum_ || barrier_ || x.period != period_)
    return;
  // A success counts only if it shows that the present size is bearable.
  if (careful_ && successes_ < (size_ == 1 ? patience_ : 4 * size_))
    return;
  ++size_;
  if (careful_)
    successes_ = 0;
}

void write_window::busy(const departure& x, instant now) {
  if (x.period != period_)
    return;
  if (x.others == 0 && x.pending == 0) {
    auto pause = std::min(min_pause * (1 << std::min(refused_, 7U)), max_pause);
    ++refused_;
    unexplained_ += x.doubtful ? 0 : 1;
    closed_until_ = std::max(closed_until_, now + pause);
    shrink();
    return;
  }
  // Of a lone write among entries in transition the barrier is the reason;
  // of one among other writes too, if the next lone one is refused as well.
  if (x.others == 0)
    barrier_ = true;
  shrink();
}

void write_window::shrink() {
  if (careful_)
    patience_ = std::min(patience_ * 2, last_patience);
  careful_ = true;
  size_ = 1;
  successes_ = 0;
  ++period_;
}

} // namespace natgw::core::table
