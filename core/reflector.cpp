#include "core/reflector.hpp"

#include <algorithm>
#include <utility>

namespace natgw::core {

namespace {

/// A server's wish to be left alone is followed up to here.
constexpr auto longest_retry_after = std::chrono::milliseconds{300'000};

} // namespace

reflector::reflector(reflector_config cfg, uint64_t seed)
  : cfg_(cfg),
    rng_(seed),
    backoff_(cfg.delays) {
  // nop
}

reflector_steps reflector::start(instant now) {
  if (phase_ != phase::idle)
    return {};
  return begin_list(now);
}

reflector_steps reflector::refresh(instant now, uint64_t& number) {
  number = phase_ == phase::listing ? lists_ + 2 : lists_ + 1;
  wanted_ = std::max(wanted_, number);
  if (phase_ == phase::waiting)
    relist_ = true;
  if (phase_ != phase::watching)
    return {};
  auto watch = call_;
  auto result = begin_list(now);
  result.cancel = watch;
  return result;
}

bool reflector::current(uint64_t id) const {
  return id == call_ && (phase_ == phase::listing || phase_ == phase::watching);
}

reflector_steps
reflector::page_read(uint64_t id, std::string_view resource_version,
                     std::string_view continue_token, instant now) {
  if (!current(id))
    return {};
  if (list_version_.empty())
    list_version_ = resource_version;
  if (list_version_.empty())
    return page_failed(id, {ec::malformed, "a list without resourceVersion"},
                       now);
  if (continue_token.empty())
    return list_done(now);
  reflector_steps result;
  result.list = list_call{.id = ++call_,
                          .resource_version = {},
                          .continue_token = std::string{continue_token},
                          .limit = cfg_.page_size};
  return result;
}

reflector_steps reflector::page_failed(uint64_t id, const error& problem,
                                       instant now) {
  if (!current(id))
    return {};
  if (problem.code == ec::expired && !list_version_.empty()) {
    if (++expiries_ == 1)
      return begin_list(now);
  } else if (problem.code != ec::expired) {
    // All at once did not work either, or has nothing to do with it.
    expiries_ = 0;
  }
  return wait(now, problem.retry_after);
}

void reflector::seen(uint64_t id, std::string_view resource_version) {
  if (current(id) && phase_ == phase::watching && !resource_version.empty())
    version_ = resource_version;
}

reflector_steps reflector::watch_ended(uint64_t id,
                                       const expected<void>& outcome,
                                       instant now) {
  if (!current(id))
    return {};
  auto expired = !outcome && outcome.error().code == ec::expired;
  auto lived = now - watch_began_;
  if (lived >= cfg_.watch_healthy)
    outdated_ = false;
  if (expired) {
    relist_ = true;
    // A server that says so is back: what kept it away is over. One that finds
    // each of its lists outdated is not asked for them in a hurry.
    if (!std::exchange(outdated_, true))
      backoff_.reset();
  }
  auto healthy = outcome.has_value() ? lived >= std::chrono::seconds{1}
                                     : lived >= cfg_.watch_healthy;
  if (healthy && !expired)
    return begin_watch(now);
  return wait(now, outcome ? std::chrono::milliseconds{0}
                           : outcome.error().retry_after);
}

reflector_steps reflector::tick(instant now) {
  if (phase_ != phase::waiting)
    return {};
  if (now >= wake_)
    return proceed(now);
  reflector_steps result;
  result.wake = wake_;
  return result;
}

reflector_steps reflector::stop() {
  reflector_steps result;
  if (phase_ == phase::watching)
    result.cancel = call_;
  phase_ = phase::idle;
  ++call_;
  return result;
}

reflector_steps reflector::begin_list(instant) {
  phase_ = phase::listing;
  // Also if this one fails: somebody may wait for it.
  relist_ = true;
  list_version_.clear();
  auto cached = cfg_.first_list_from_cache && version_.empty();
  reflector_steps result;
  result.list = list_call{.id = ++call_,
                          .resource_version = cached ? "0" : "",
                          .continue_token = {},
                          .limit = expiries_ > 1 ? 0 : cfg_.page_size};
  return result;
}

reflector_steps reflector::begin_watch(instant now) {
  phase_ = phase::watching;
  watch_began_ = now;
  auto life = jittered(cfg_.watch_min, 1.0, rng_);
  reflector_steps result;
  result.watch
    = watch_call{.id = ++call_,
                 .resource_version = version_,
                 .timeout = std::chrono::floor<std::chrono::seconds>(life)};
  return result;
}

reflector_steps reflector::wait(instant now,
                                std::chrono::milliseconds at_least) {
  phase_ = phase::waiting;
  ++call_;
  at_least = std::min(at_least, longest_retry_after);
  wake_ = now + std::max(backoff_.next(now, rng_), at_least);
  reflector_steps result;
  result.wake = wake_;
  return result;
}

reflector_steps reflector::list_done(instant now) {
  version_ = std::exchange(list_version_, {});
  expiries_ = 0;
  ++lists_;
  relist_ = wanted_ > lists_;
  auto result = proceed(now);
  result.listed = lists_;
  return result;
}

reflector_steps reflector::proceed(instant now) {
  return relist_ ? begin_list(now) : begin_watch(now);
}

} // namespace natgw::core
