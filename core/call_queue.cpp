#include "core/call_queue.hpp"

#include <algorithm>
#include <utility>

namespace natgw::core {

namespace {

constexpr size_t harm = 0;
constexpr size_t birth = 1;

} // namespace

call_queue::call_queue(options cfg) : cfg_{cfg} {
}

call_queue::lane& call_queue::lane_of(std::string_view gateway) {
  if (auto i = lanes_.find(gateway); i != lanes_.end())
    return i->second;
  return lanes_[std::string{gateway}];
}

void call_queue::enter_turns(lane& x) {
  if (x.running >= cfg_.max_running)
    return;
  for (size_t level = 0; level < levels; ++level)
    if (!x.calls[level].empty())
      turns_[level].emplace(x.used, x.served, &x);
}

void call_queue::leave_turns(lane& x) {
  for (auto& level : turns_)
    level.erase({x.used, x.served, &x});
}

void call_queue::insert(uint64_t ticket, lane& owner, size_t level, place at,
                        instant since) {
  // Idle time is not saved up, and what it owes does not last for ever.
  if (owner.waiting == 0)
    owner.used = std::clamp(owner.used, virtual_time_,
                            virtual_time_ + cfg_.max_price);
  auto was_empty = owner.calls[level].empty();
  owner.calls[level].insert(at);
  ++owner.waiting;
  waiting_.emplace(ticket, item{&owner, level, at, since});
  if (level > birth)
    ages_[level].emplace(since, ticket);
  if (was_empty && owner.running < cfg_.max_running)
    turns_[level].emplace(owner.used, owner.served, &owner);
}

void call_queue::erase(uint64_t ticket, const item& x) {
  auto& owner = *x.owner;
  owner.calls[x.level].erase(x.at);
  --owner.waiting;
  if (x.level > birth)
    ages_[x.level].erase({x.since, ticket});
  if (owner.calls[x.level].empty())
    turns_[x.level].erase({owner.used, owner.served, &owner});
}

bool call_queue::push(uint64_t ticket, std::string_view gateway,
                      urgency priority, instant now) {
  auto level = static_cast<size_t>(priority);
  auto room = level == harm ? 2 * cfg_.capacity : cfg_.capacity;
  if (waiting_.size() >= room)
    return false;
  insert(ticket, lane_of(gateway), level, place{now, ticket}, now);
  return true;
}

void call_queue::push_back(uint64_t ticket, std::string_view gateway,
                           urgency priority, instant since) {
  insert(ticket, lane_of(gateway), static_cast<size_t>(priority),
         place{since, ticket}, since);
}

void call_queue::raise_aged(instant now) {
  for (auto level = birth + 1; level < levels; ++level) {
    auto& ages = ages_[level];
    while (!ages.empty() && ages.begin()->first + cfg_.ageing <= now) {
      auto ticket = ages.begin()->second;
      auto x = waiting_.at(ticket);
      erase(ticket, x);
      waiting_.erase(ticket);
      insert(ticket, *x.owner, level - 1, x.at, x.since + cfg_.ageing);
    }
  }
}

std::optional<urgency> call_queue::head(instant now) {
  raise_aged(now);
  for (size_t level = 0; level < levels; ++level)
    if (!turns_[level].empty())
      return static_cast<urgency>(level);
  return std::nullopt;
}

std::optional<uint64_t> call_queue::pop(instant now) {
  auto level = head(now);
  if (!level)
    return std::nullopt;
  auto index = static_cast<size_t>(*level);
  auto& owner = *std::get<lane*>(*turns_[index].begin());
  auto ticket = owner.calls[index].begin()->second;
  auto node = waiting_.extract(ticket);
  leave_turns(owner);
  erase(ticket, node.mapped());
  virtual_time_ = std::max(virtual_time_, owner.used);
  owner.used += owner.price;
  owner.served = ++pops_;
  ++owner.running;
  enter_turns(owner);
  return ticket;
}

void call_queue::withdrawn(std::string_view gateway) {
  auto i = lanes_.find(gateway);
  if (i == lanes_.end())
    return;
  auto& x = i->second;
  leave_turns(x);
  if (x.running > 0)
    --x.running;
  // What it has not got it need not pay.
  x.used -= std::min<uint64_t>(x.used, x.price);
  enter_turns(x);
}

void call_queue::finished(std::string_view gateway, bool failed) {
  auto i = lanes_.find(gateway);
  if (i == lanes_.end())
    return;
  auto& x = i->second;
  leave_turns(x);
  if (x.running > 0)
    --x.running;
  if (failed) {
    x.price = std::min(2 * x.price, std::max(cfg_.max_price, 1U));
  } else {
    x.price = 1;
    x.used = std::min(x.used, virtual_time_ + 1);
  }
  enter_turns(x);
}

bool call_queue::remove(uint64_t ticket) {
  auto node = waiting_.extract(ticket);
  if (node.empty())
    return false;
  erase(ticket, node.mapped());
  return true;
}

std::vector<uint64_t> call_queue::drop(std::string_view gateway) {
  std::vector<uint64_t> result;
  auto i = lanes_.find(gateway);
  if (i == lanes_.end())
    return result;
  std::set<place> all;
  for (auto& level : i->second.calls)
    all.insert(level.begin(), level.end());
  for (const auto& [at, ticket] : all)
    result.push_back(ticket);
  for (auto ticket : result) {
    auto node = waiting_.extract(ticket);
    erase(ticket, node.mapped());
  }
  return result;
}

std::vector<uint64_t> call_queue::drop_all() {
  std::vector<uint64_t> result;
  for (const auto& [name, owner] : lanes_) {
    auto some = drop(name);
    result.insert(result.end(), some.begin(), some.end());
  }
  return result;
}

} // namespace natgw::core
