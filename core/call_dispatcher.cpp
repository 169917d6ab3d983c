#include "core/call_dispatcher.hpp"

#include <algorithm>
#include <utility>

namespace natgw::core {

namespace {

template <class F, size_t... Is>
auto make_lanes(F f, std::index_sequence<Is...>) {
  return std::array{f(Is)...};
}

} // namespace

call_dispatcher::lane call_dispatcher::make_lane(const options& cfg,
                                                 size_t index, instant now) {
  const auto& x = cfg.limits[index];
  return {token_bucket{x.quota, x.burst, now}, adaptive_rate{cfg.adaptation},
          call_queue{cfg.queue}};
}

call_dispatcher::call_dispatcher(const options& cfg, instant now)
  : cfg_{cfg},
    lanes_{make_lanes([&](size_t i) { return make_lane(cfg, i, now); },
                      std::make_index_sequence<api_action_count>{})},
    trust_{cfg.trust} {
}

bool call_dispatcher::push(const queued_call& x) {
  return lane_of(x.action).queue.push(x.ticket, x.gateway, x.priority, x.since);
}

bool call_dispatcher::adapt(lane& x, instant now) {
  if (auto share = x.share.permille(now); share != x.bucket.permille())
    x.bucket.throttle(share, now);
  return now >= x.paused_until;
}

std::optional<uint64_t> call_dispatcher::next(instant now) {
  if (in_flight_ >= cfg_.max_in_flight || !trust_.may_call(now))
    return std::nullopt;
  lane* best = nullptr;
  std::optional<urgency> best_head;
  for (size_t i = 0; i < lanes_.size(); ++i) {
    auto& x = lanes_[(first_ + i) % lanes_.size()];
    if (!adapt(x, now) || x.bucket.next(now) > now)
      continue;
    auto head = x.queue.head(now);
    if (head && (!best_head || *head < *best_head)) {
      best = &x;
      best_head = head;
    }
  }
  if (best == nullptr || !best->bucket.take(now))
    return std::nullopt;
  first_ = static_cast<size_t>(best - lanes_.data()) + 1;
  ++in_flight_;
  auto result = best->queue.pop(now);
  if (result)
    trust_.called(*result);
  return result;
}

void call_dispatcher::finished(const queued_call& x, bool failed) {
  --in_flight_;
  lane_of(x.action).queue.finished(x.gateway, failed);
}

void call_dispatcher::passed(api_action x, instant sent, instant now) {
  lane_of(x).share.answered(sent, false, now);
}

void call_dispatcher::throttled(const queued_call& x, instant sent,
                                std::chrono::nanoseconds pause, instant now) {
  auto& own = lane_of(x.action);
  own.share.answered(sent, true, now);
  own.bucket.throttle(own.share.permille(now), now);
  own.bucket.drain(now);
  own.paused_until = std::max(own.paused_until,
                              now + std::min(pause, cfg_.max_pause));
  repeat(x);
}

void call_dispatcher::repeat(const queued_call& x) {
  --in_flight_;
  auto& queue = lane_of(x.action).queue;
  queue.withdrawn(x.gateway);
  queue.push_back(x.ticket, x.gateway, x.priority, x.since);
}

void call_dispatcher::withdrawn(const queued_call& x) {
  --in_flight_;
  trust_.withdrawn(x.ticket);
  auto& own = lane_of(x.action);
  own.bucket.put_back();
  own.queue.withdrawn(x.gateway);
}

std::optional<instant> call_dispatcher::wake(instant now) {
  std::optional<instant> result;
  if (in_flight_ >= cfg_.max_in_flight)
    return result;
  for (auto& x : lanes_) {
    adapt(x, now);
    if (!x.queue.head(now))
      continue;
    auto at = std::max(x.bucket.next(now), x.paused_until);
    if (trust_.open())
      at = std::max(at, trust_.next_probe());
    result = result ? std::min(*result, at) : at;
  }
  if (trust_.open() && !trust_.may_call(std::max(now, trust_.next_probe())))
    return std::nullopt; // a probe is under way; its answer wakes
  return result;
}

std::vector<uint64_t> call_dispatcher::drop_writes(std::string_view gateway) {
  std::vector<uint64_t> result;
  for (size_t i = 0; i < lanes_.size(); ++i) {
    if (!is_write(static_cast<api_action>(i)))
      continue;
    auto some = lanes_[i].queue.drop(gateway);
    result.insert(result.end(), some.begin(), some.end());
  }
  return result;
}

std::vector<uint64_t> call_dispatcher::drop_all() {
  std::vector<uint64_t> result;
  for (auto& x : lanes_) {
    auto some = x.queue.drop_all();
    result.insert(result.end(), some.begin(), some.end());
  }
  return result;
}

call_dispatcher::gauge call_dispatcher::look(api_action x, instant now) {
  auto& own = lane_of(x);
  return {own.queue.size(), own.share.permille(now)};
}

} // namespace natgw::core
