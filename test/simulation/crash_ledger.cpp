#include "test/simulation/crash_ledger.hpp"

#include <array>
#include <utility>

#include "core/entry_name.hpp"

namespace natgw::simulation {

namespace {

constexpr std::array<std::string_view, step_count> step_names{
  "promise",  "create", "modify", "status", "pod",
  "withdraw", "delete", "remove", "release"};

} // namespace

std::string_view to_string(step x) {
  return step_names[static_cast<size_t>(x)];
}

void crash_ledger::see(const pod_fact& x) {
  present_[x.key] = x.present && !x.terminating ? x.uid : std::string{};
  auto slash = x.key.find('/');
  owners_[core::plain_name_key(x.uid)] = x.key;
  owners_[core::fixed_name_key(
    {x.key.substr(0, slash), x.key.substr(slash + 1)})]
    = x.key;
}

bool crash_ledger::is_superseded(const std::string& key) const {
  auto found = stories_.find(key);
  auto pod = present_.find(key);
  return found != stories_.end() && pod != present_.end()
         && !pod->second.empty() && pod->second != found->second.owner;
}

std::optional<crash_point> crash_ledger::between(const story& x, step next) {
  using enum crash_point;
  const auto pair = std::pair{*x.last, next};
  const auto is = [&pair](step a, step b) { return pair == std::pair{a, b}; };
  if (is(step::promise, step::create))
    return birth_promise_create;
  if (is(step::create, step::create))
    return birth_create_create;
  if (is(step::create, step::status))
    return birth_create_status;
  if (is(step::status, step::pod))
    return x.modified ? recycle_status_pod : birth_status_pod;
  if (is(step::withdraw, step::release))
    return recycle_withdraw_release;
  if (is(step::remove, step::release))
    return x.erased ? release_remove_release : recycle_remove_release;
  if (is(step::release, step::promise) && !x.erased)
    return recycle_release_promise;
  if (is(step::promise, step::modify))
    return recycle_promise_modify;
  if (is(step::modify, step::status))
    return recycle_modify_status;
  if (is(step::withdraw, step::erase))
    return release_withdraw_delete;
  if (is(step::erase, step::erase))
    return release_delete_delete;
  if (is(step::erase, step::remove))
    return release_delete_remove;
  if (is(step::erase, step::release))
    return release_delete_release;
  return std::nullopt;
}

void crash_ledger::wrote(const std::string& key, step what,
                         std::string_view who) {
  auto& x = stories_[key];
  if (x.last && x.author != who && dead_.contains(x.author))
    if (auto point = between(x, what))
      tally_.add(*point);
  if (what == step::promise)
    x.owner = present_[key];
  if (what == step::promise || what == step::create)
    x.modified = false;
  if (what == step::modify)
    x.modified = true;
  if (what == step::withdraw || what == step::promise)
    x.erased = false;
  if (what == step::erase)
    x.erased = true;
  x.last = what;
  x.author = who;
}

void crash_ledger::wrote_entry(std::string_view name, step what,
                               std::string_view who) {
  auto last = name.rfind('.');
  if (last == std::string_view::npos || last == 0)
    return;
  auto before = name.rfind('.', last - 1);
  if (before == std::string_view::npos)
    return;
  auto owner = owners_.find(name.substr(before + 1, last - before - 1));
  if (owner != owners_.end())
    wrote(owner->second, what, who);
}

} // namespace natgw::simulation
