#include "core/token_bucket.hpp"

#include <algorithm>

namespace natgw::core {

namespace {

constexpr uint32_t max_count = 1'000'000;
constexpr uint32_t max_burst = 10'000;
constexpr std::chrono::nanoseconds max_per = std::chrono::minutes{10};

uint64_t price_of(const rate& x) {
  auto per = std::clamp(x.per, std::chrono::nanoseconds{1}, max_per);
  return static_cast<uint64_t>(per.count()) * token_bucket::full;
}

} // namespace

// The largest number is capacity_: 10,000 x 6e11 ns x 1,000 = 6e18 < 2^63.
token_bucket::token_bucket(rate limit, uint32_t burst, instant now)
  : count_{std::clamp(limit.count, 1U, max_count)},
    price_{price_of(limit)},
    capacity_{price_ * std::clamp(burst, 1U, max_burst)},
    credit_{capacity_},
    last_{now} {
}

void token_bucket::refill(instant now) {
  if (now <= last_)
    return;
  auto elapsed = static_cast<uint64_t>((now - last_).count());
  last_ = now;
  auto earning = count_ * permille_;
  auto missing = capacity_ - credit_;
  // Dividing first keeps the product below from overflowing.
  if (elapsed > missing / earning)
    credit_ = capacity_;
  else
    credit_ += elapsed * earning;
}

bool token_bucket::take(instant now) {
  refill(now);
  if (credit_ < price_)
    return false;
  credit_ -= price_;
  return true;
}

void token_bucket::put_back() {
  credit_ = std::min(capacity_, credit_ + price_);
}

void token_bucket::drain(instant now) {
  refill(now);
  credit_ = 0;
}

instant token_bucket::next(instant now) {
  refill(now);
  if (credit_ >= price_)
    return now;
  auto earning = count_ * permille_;
  auto left = (price_ - credit_ + earning - 1) / earning;
  return std::max(now, last_ + std::chrono::nanoseconds{left});
}

void token_bucket::throttle(uint32_t permille, instant now) {
  refill(now);
  permille_ = std::clamp(permille, 1U, full);
}

void adaptive_rate::answered(instant sent, bool throttled, instant now) {
  if (sent < judged_)
    return;
  ++answers_;
  refusals_ += throttled ? 1 : 0;
  auto alarming = refusals_ >= 4 && refusals_ * 2 >= answers_;
  auto complete = answers_ >= 16 && now - judged_ >= std::chrono::seconds{1};
  if (alarming || complete)
    judge(now);
}

void adaptive_rate::judge(instant now) {
  if (refusals_ * 8 > answers_) {
    constexpr auto full = token_bucket::full;
    auto kept = std::max(full / 2, full - full * refusals_ / answers_);
    permille_ = std::max({cfg_.floor, permille(now) * kept / full, 1U});
    grown_ = now;
  }
  judged_ = now;
  answers_ = refusals_ = 0;
}

uint32_t adaptive_rate::permille(instant now) {
  if (permille_ >= token_bucket::full || now <= grown_)
    return permille_;
  auto gain = std::max(cfg_.gain_per_second, 1U);
  auto step = std::chrono::nanoseconds{std::chrono::seconds{1}} / gain;
  auto steps = (now - grown_) / step;
  auto room = token_bucket::full - permille_;
  if (steps >= static_cast<int64_t>(room)) {
    permille_ = token_bucket::full;
    grown_ = now;
  } else {
    permille_ += static_cast<uint32_t>(steps);
    grown_ += steps * step;
  }
  return permille_;
}

} // namespace natgw::core
