#include "core/port_lane.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

namespace natgw::core {

namespace {

port_span span_at(uint32_t first, uint32_t count) {
  return {static_cast<uint16_t>(first), static_cast<uint16_t>(count)};
}

/// The ports at positions `begin .. end - 1`, counted from `start` around the
/// range, as one or two stretches in that order.
std::array<port_tree::stretch, 2> unwind(const port_limits& limits,
                                         uint32_t start, uint32_t begin,
                                         uint32_t end) {
  const uint32_t size = uint32_t{limits.last} - limits.first + 1;
  const uint32_t base = limits.first;
  const auto from = start + begin;
  const auto to = start + end;
  if (from >= size)
    return {{{base + from - size, base + to - size}, {0, 0}}};
  if (to <= size)
    return {{{base + from, base + to}, {0, 0}}};
  return {{{base + from, base + size}, {base, base + to - size}}};
}

} // namespace

port_lane::port_lane(std::shared_ptr<const port_limits> limits, uint32_t start)
  : limits_(std::move(limits)),
    high_(range_size()) {
  // Aligned, so that runs of a power of two fill the range without a rest at
  // the start.
  const auto step = std::bit_floor(std::clamp(high_ / 8, 1U, 64U));
  start_ = start % high_ / step * step;
  refresh(span_at(1, 65535));
}

uint32_t port_lane::range_size() const {
  return uint32_t{limits_->last} - limits_->first + 1;
}

void port_lane::refresh(port_span ports) {
  free_.assign(ports, [this](uint32_t i) {
    return limits_->eligible.word(i)
           & ~(holders_.bits().word(i) | cooling_.word(i) | foreign_.word(i));
  });
}

// -- taking ------------------------------------------------------------------

std::optional<port_span> port_lane::take(uint32_t count, holder_id holder) {
  if (count == 0 || count > free_.longest())
    return std::nullopt;
  auto found = take_fresh(count);
  if (!found)
    found = take_rested(count);
  if (!found)
    found = take_any(count);
  if (found)
    hold(*found, holder);
  return found;
}

std::optional<port_span> port_lane::take_fresh(uint32_t count) {
  if (high_ - low_ < count)
    return std::nullopt;
  const auto position = [this](uint32_t port) {
    const auto size = range_size();
    return (port - limits_->first + size - start_) % size;
  };
  const auto parts = unwind(*limits_, start_, low_, high_);
  if (count == 1) {
    for (auto part : parts) {
      if (auto port = free_.find_up(part, 1)) {
        low_ = position(*port) + 1;
        return span_at(*port, 1);
      }
    }
    low_ = high_;
    return std::nullopt;
  }
  for (auto part : {parts[1], parts[0]}) {
    if (auto port = free_.find_down(part, count)) {
      high_ = position(*port);
      return span_at(*port, count);
    }
  }
  return std::nullopt;
}

std::optional<port_span> port_lane::take_rested(uint32_t count) {
  const auto queue = rested_.find(static_cast<uint16_t>(count));
  if (queue == rested_.end())
    return std::nullopt;
  std::optional<port_span> result;
  while (!result && !queue->second.empty()) {
    const auto candidate = span_at(queue->second.front(), count);
    queue->second.pop_front();
    rested_ports_ -= count;
    if (free_.contains(candidate))
      result = candidate;
  }
  if (queue->second.empty())
    rested_.erase(queue);
  return result;
}

std::optional<port_span> port_lane::take_any(uint32_t count) {
  const auto parts = unwind(*limits_, start_, 0, range_size());
  if (count == 1) {
    for (auto part : parts)
      if (auto port = free_.find_up(part, 1))
        return span_at(*port, 1);
    return std::nullopt;
  }
  for (auto part : {parts[1], parts[0]})
    if (auto port = free_.find_down(part, count))
      return span_at(*port, count);
  // The one place left is where the range closes around the start.
  const auto port = free_.find_up({0, 65536}, count);
  return port ? std::optional{span_at(*port, count)} : std::nullopt;
}

// -- uses --------------------------------------------------------------------

port_use port_lane::use(uint32_t port) const {
  if (holders_.held(port))
    return port_use::held;
  if (foreign_.test(port))
    return port_use::foreign;
  if (cooling_.test(port))
    return port_use::cooling;
  return limits_->eligible.test(port) ? port_use::free : port_use::blocked;
}

void port_lane::hold(port_span ports, holder_id holder) {
  cooling_count_ -= cooling_.count(ports);
  cooling_.reset(ports);
  holders_.put(ports, holder);
  held_count_ += ports.count;
  refresh(ports);
}

void port_lane::release(port_span ports, bool cool) {
  holders_.erase(ports);
  held_count_ -= ports.count;
  cooling_.set(ports);
  cooling_count_ += ports.count;
  if (cool)
    refresh(ports);
  else
    rest(ports);
}

void port_lane::rest(port_span ports) {
  cooling_.reset(ports);
  cooling_count_ -= ports.count;
  refresh(ports);
  rested_[ports.count].push_back(ports.first);
  rested_ports_ += ports.count;
  if (rested_ports_
      > 2 * uint64_t{port_bits::word_bits} * port_bits::word_count)
    prune();
}

// Runs that were taken by another way than through the queue stay in it; now
// and then they are swept out.
void port_lane::prune() {
  port_bits seen;
  rested_ports_ = 0;
  for (auto& [count, queue] : rested_) {
    std::deque<uint16_t> kept;
    for (auto first : queue) {
      const port_span run{first, count};
      if (!free_.contains(run) || seen.count(run) != 0)
        continue;
      seen.set(run);
      kept.push_back(first);
      rested_ports_ += count;
    }
    queue = std::move(kept);
  }
}

void port_lane::set_foreign(port_span ports, bool value) {
  if (value)
    foreign_.set(ports);
  else
    foreign_.reset(ports);
  refresh(ports);
}

} // namespace natgw::core
