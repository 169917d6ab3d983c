#include "core/forward_table/gateway_watch.hpp"

#include <algorithm>
#include <utility>

#include "core/gateway_rules.hpp"

namespace natgw::core::table {

gateway_watch::gateway_watch(const table_options& cfg)
  : gateway_{cfg.gateway},
    vpc_{cfg.vpc},
    interval_{cfg.sweep_interval},
    gone_answers_{cfg.gone_answers},
    gone_period_{cfg.gone_period},
    retry_{std::chrono::seconds{1}, cfg.problem_interval},
    repeat_{cfg.repeat_min, cfg.problem_interval} {
}

void gateway_watch::answered(const api_reply& reply, instant now,
                             std::mt19937_64& rng) {
  asked_ = false;
  if (reply.outcome == call_class::ok)
    repeat_.reset();
  if (reply.outcome != call_class::ok) {
    // Nothing was said of the gateway yet, and its pods may wait for it.
    auto silent = reply.outcome == call_class::unanswered;
    auto pause = (silent ? repeat_ : retry_).next(rng);
    next_ = now + std::max<std::chrono::nanoseconds>(pause, reply.retry_after);
    // Of a gateway that was usable a missing answer says nothing.
    if (!usable_)
      problem_ = "DescribeNatGateways: " + reply.detail;
    return;
  }
  auto same = [this](const gateway_view& x) { return x.id == gateway_; };
  auto i = std::find_if(reply.gateways.begin(), reply.gateways.end(), same);
  if (i == reply.gateways.end())
    found_nothing(now, rng);
  else
    found(*i, now, rng);
}

void gateway_watch::found(const gateway_view& x, instant now,
                          std::mt19937_64& rng) {
  empty_answers_ = 0;
  table_missing_ = false;
  gone_ = false;
  zone_ = x.zone;
  take_eips(x.eips);
  if (auto text = complaint(x); !text.empty()) {
    unusable(std::move(text), now, rng);
    return;
  }
  usable_ = true;
  problem_.clear();
  table_id_ = x.forward_tables.front();
  retry_.reset();
  next_ = now + interval_;
}

std::string gateway_watch::complaint(const gateway_view& x) const {
  return gateway_complaint(x, vpc_);
}

/// Whether one is locked only the other call tells.
void gateway_watch::take_eips(std::vector<gateway_eip> fresh) {
  for (auto& x : fresh) {
    auto known = std::ranges::find(eips_, x.address, &gateway_eip::address);
    x.locked = known != eips_.end() && known->locked;
  }
  eips_ = std::move(fresh);
}

void gateway_watch::eips_answered(const api_reply& reply) {
  if (reply.outcome != call_class::ok)
    return;
  for (auto& x : reply.eips) {
    auto known = std::ranges::find(eips_, x.address, &gateway_eip::address);
    if (known != eips_.end())
      known->locked = x.locked;
  }
}

void gateway_watch::found_nothing(instant now, std::mt19937_64& rng) {
  if (empty_answers_ == 0)
    first_empty_ = now;
  ++empty_answers_;
  unusable("is not found", now, rng);
  gone_ = empty_answers_ >= gone_answers_ && now - first_empty_ >= gone_period_
          && table_missing_;
  if (gone_)
    problem_ = "is gone";
}

void gateway_watch::unusable(std::string problem, instant now,
                             std::mt19937_64& rng) {
  usable_ = false;
  problem_ = std::move(problem);
  next_ = now + retry_.next(rng);
}

void gateway_watch::table_missing(instant now) {
  if (!table_missing_ && !missing())
    next_ = std::min(next_, now);
  table_missing_ = true;
}

bool gateway_watch::shared_with_snat(std::string_view address) const {
  auto same = [address](const gateway_eip& x) {
    return x.address == address && x.shared_with_snat;
  };
  return std::any_of(eips_.begin(), eips_.end(), same);
}

} // namespace natgw::core::table
