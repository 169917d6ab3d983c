#include "core/forward_table/page_scan.hpp"

#include <algorithm>

namespace natgw::core::table {

void page_scan::begin(urgency priority, instant now) {
  auto number = number_ + 1;
  *this = page_scan{};
  number_ = number;
  active_ = true;
  priority_ = priority;
  began_ = now;
}

void page_scan::hurry(urgency priority) {
  priority_ = std::min(priority_, priority);
}

std::optional<uint32_t> page_scan::next(uint32_t max_in_flight, instant now) {
  if (!active_ || in_flight_ >= max_in_flight)
    return std::nullopt;
  if (!again_.empty() && again_at_ <= now) {
    auto result = again_.back();
    again_.pop_back();
    ++in_flight_;
    return result;
  }
  // Until the first page has told their number, it is the only one.
  if (next_ > pages_)
    return std::nullopt;
  ++in_flight_;
  return next_++;
}

std::optional<instant> page_scan::wake() const {
  // While others are under way, their answers come first.
  if (!active_ || again_.empty() || in_flight_ > 0)
    return std::nullopt;
  return again_at_;
}

void page_scan::answered(uint32_t page, uint32_t entries, uint32_t total,
                         uint32_t page_size) {
  --in_flight_;
  seen_ += entries;
  moved_ = moved_ || (first_came_ && total != total_);
  first_came_ = true;
  total_ = total;
  auto pages = total / page_size + (total % page_size != 0 ? 1 : 0);
  pages_ = std::max(pages_, std::min(pages, max_pages));
  // A hostile total must not keep us asking for pages that are empty.
  if (entries == 0)
    pages_ = std::min(pages_, std::max(page, next_ - 1));
}

void page_scan::failed(uint32_t page, instant again) {
  --in_flight_;
  again_.push_back(page);
  again_at_ = std::max(again_at_, again);
}

bool page_scan::finish() {
  if (!active_ || in_flight_ > 0 || !again_.empty() || next_ <= pages_)
    return false;
  active_ = false;
  return true;
}

} // namespace natgw::core::table
