#include "test/simulation/checker.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "core/entry_name.hpp"

namespace natgw::simulation {

namespace {

using emulator::entry_change;
using emulator::entry_state;
using emulator::kube::public_port;
using emulator::kube::shown_entry;

std::string text_of(const public_port& x) {
  return fmt::format("{}:{}/{}", x.ip, x.port, x.protocol);
}

std::string text_of(const entry_change& x) {
  return fmt::format("{} ({} {}:{}+{} -> {}:{} {})", x.id, x.name,
                     x.external_ip, x.external_port, x.count, x.internal_ip,
                     x.internal_port, to_string(x.state));
}

bool shows(const shown_entry& x, const entry_change& e) {
  auto offset = x.outside.port - e.external_port;
  return e.state == entry_state::available && x.outside.ip == e.external_ip
         && x.outside.protocol == to_string(e.protocol)
         && x.internal_ip == e.internal_ip && offset >= 0 && offset < e.count
         && x.internal_port == e.internal_port + offset;
}

} // namespace

object_key object_key_of(const std::string& key) {
  auto slash = key.find('/');
  return {key.substr(0, slash), key.substr(slash + 1)};
}

std::string owner_key(std::string_view name) {
  auto last = name.rfind('.');
  auto before = name.rfind('.', last - 1);
  return std::string{name.substr(before + 1, last - before - 1)};
}

checker::checker(checker_rules rules) : rules_{std::move(rules)} {
  // nop
}

void checker::breach(int number, instant at, std::string text) {
  violations_.push_back({number, at, std::move(text)});
}

bool checker::is_ours(const entry_change& x) const {
  return x.name.starts_with(rules_.prefix);
}

bool checker::is_live(const pod_fact& x) const {
  return x.present && !x.ip.empty() && !x.finished;
}

void checker::forged(const std::string& key) {
  forged_.insert(key);
  fixed_.erase(key);
}

void checker::pardon(const std::string& key) {
  for (const auto& [inside, outside] : fixed_[key])
    free_[key].insert(inside);
  fixed_.erase(key);
}

void checker::late(const std::string& key) {
  auto record = records_.find(key);
  auto fixed = fixed_.find(key);
  if (record == records_.end() || fixed == fixed_.end())
    return;
  const auto shows = [&record](const inner_port& x) {
    return std::ranges::any_of(record->second.shown, [&x](const auto& y) {
      return y.outside.protocol == x.first && y.internal_port == x.second;
    });
  };
  std::erase_if(fixed->second, [&](const auto& x) {
    if (shows(x.first))
      return false;
    free_[key].insert(x.first);
    return true;
  });
}

void checker::lose_gateway(const std::string& id) {
  lost_gateways_.insert(id);
}

void checker::pardon_address(const std::string& eip) {
  lost_eips_.insert(eip);
}

void checker::stir(const std::string& key, instant at) {
  stirred_[key] = at;
}

// -- pods ---------------------------------------------------------------------

void checker::see(const pod_fact& x) {
  auto& last = pods_[x.key];
  const auto before = std::exchange(last, x);
  if (before.ip != x.ip || before.uid != x.uid || before.ports != x.ports
      || before.wants != x.wants || before.fixed != x.fixed
      || before.present != x.present || before.finished != x.finished)
    for (const auto& what : {x.key, before.ip, x.ip})
      stirred_[what] = x.at;
  if (is_live(before)) {
    at_address_[before.ip].erase(x.key);
    name_keys_.erase(core::plain_name_key(before.uid));
    name_keys_.erase(core::fixed_name_key(object_key_of(x.key)));
  }
  if (is_live(x)) {
    at_address_[x.ip].insert(x.key);
    name_keys_[core::plain_name_key(x.uid)] = x.key;
    name_keys_[core::fixed_name_key(object_key_of(x.key))] = x.key;
  }
  forget_unwanted(x, before.ports);
  check_told(before, x);
  if (!x.present)
    pods_.erase(x.key);
  if (!before.ip.empty())
    judge_address(before.ip, x.at);
  if (!x.ip.empty() && x.ip != before.ip)
    judge_address(x.ip, x.at);
}

/// A port that a live pod does not ask for may change, until a status shows it
/// to one that does: who looks late may still make and break a promise of it.
void checker::forget_unwanted(const pod_fact& x,
                              const std::set<inner_port>& before) {
  if (!x.present || x.finished || x.terminating)
    return;
  const auto unwanted = [&x](const inner_port& y) {
    return !x.wants || !x.fixed || !x.ports.contains(y);
  };
  auto& free = free_[x.key];
  for (const auto* ports : {&before, &x.ports})
    std::ranges::copy_if(*ports, std::inserter(free, free.end()), unwanted);
  auto found = fixed_.find(x.key);
  if (found == fixed_.end())
    return;
  std::erase_if(found->second, [&](const auto& y) {
    if (unwanted(y.first))
      free.insert(y.first);
    return free.contains(y.first);
  });
}

// -- strangers ----------------------------------------------------------------

void checker::judge_address(const std::string& ip, instant at) {
  if (auto found = entries_at_.find(ip); found != entries_at_.end())
    for (const auto& id : found->second)
      judge_entry(id, at);
}

bool checker::is_right(const entry_change& x) const {
  if (!is_ours(x) || x.state == entry_state::deleting
      || x.state == entry_state::gone)
    return true;
  auto there = at_address_.find(x.internal_ip);
  if (there == at_address_.end() || there->second.empty())
    return true;
  auto owner = name_keys_.find(owner_key(x.name));
  return owner != name_keys_.end() && there->second.contains(owner->second);
}

void checker::judge_entry(const std::string& id, instant at) {
  auto found = entries_.find(id);
  if (found == entries_.end() || is_right(found->second))
    exposed_.erase(id);
  else
    exposed_.try_emplace(id, at);
}

void checker::pass(instant now) {
  if (!rules_.exposure_limit)
    return;
  for (auto i = exposed_.begin(); i != exposed_.end();) {
    auto since = std::max(i->second, rules_.exposure_from);
    if (now - since <= *rules_.exposure_limit) {
      ++i;
      continue;
    }
    breach(2, now, text_of(entries_.at(i->first)) + " exposes a stranger");
    i = exposed_.erase(i);
  }
}

// -- entries ------------------------------------------------------------------

void checker::see(const entry_change& x) {
  auto found = entries_.find(x.id);
  const auto before = found == entries_.end() ? x : found->second;
  if (found != entries_.end()) {
    // A write of the API begins a state; the end of one is the cloud's.
    const auto begins = x.state == entry_state::pending
                        || x.state == entry_state::deleting;
    if (!x.foreign && begins && !is_ours(before) && !before.name.empty())
      breach(4, x.at,
             "a foreign entry was changed: " + text_of(before) + " became "
               + text_of(x));
    entries_at_[before.internal_ip].erase(x.id);
    place_entry(before, false);
    note_left(before, x);
  }
  if (x.state == entry_state::gone) {
    entries_.erase(x.id);
  } else {
    entries_[x.id] = x;
    entries_at_[x.internal_ip].insert(x.id);
    place_entry(x, true);
  }
  judge_entry(x.id, x.at);
  if (x.foreign)
    touch(before, true);
  touch(x, x.foreign);
  check_entry_shown(before);
  check_entry_shown(x);
}

/// What another hand has done to a port counts until ours is Available again.
void checker::touch(const entry_change& x, bool foreign) {
  for (auto i = 0; i < x.count && x.protocol != emulator::entry_protocol::any;
       ++i) {
    public_port port{x.external_ip, x.external_port + i,
                     std::string{to_string(x.protocol)}};
    if (foreign && !is_ours(x))
      lost_ports_.insert(port);
    if (foreign)
      touched_.insert(port);
    else if (x.state == entry_state::available)
      touched_.erase(port);
  }
}

void checker::place_entry(const entry_change& x, bool there) {
  for (auto i = 0; i < x.count && x.protocol != emulator::entry_protocol::any;
       ++i) {
    auto& holders = entries_with_[{x.external_ip, x.external_port + i,
                                   std::string{to_string(x.protocol)}}];
    if (there)
      holders.insert(x.id);
    else
      holders.erase(x.id);
  }
}

bool checker::is_so(const shown_entry& x) const {
  auto found = entries_with_.find(x.outside);
  return found != entries_with_.end()
         && std::ranges::any_of(found->second, [&](const std::string& id) {
              return shows(x, entries_.at(id));
            });
}

void checker::check_entry_shown(const entry_change& x) {
  for (auto i = 0; i < x.count && x.protocol != emulator::entry_protocol::any;
       ++i) {
    auto found = published_.find(
      {x.external_ip, x.external_port + i, std::string{to_string(x.protocol)}});
    if (found == published_.end())
      continue;
    for (const auto& [key, shown] : found->second)
      check_shown(key, shown, x.at);
  }
}

// -- records ------------------------------------------------------------------

void checker::drop_record(const record_fact& x) {
  for (const auto& port : x.names)
    named_[port].erase(x.key);
  for (const auto& y : x.shown) {
    published_[y.outside].erase(x.key);
  }
}

void checker::see(const record_fact& x) {
  if (auto found = records_.find(x.key); found != records_.end())
    drop_record(found->second);
  check_fixed(x);
  check_ended(x);
  if (!x.present) {
    records_.erase(x.key);
    return;
  }
  check_new_ports(x);
  check_ports(x);
  std::set<shown_entry> before;
  if (auto found = records_.find(x.key); found != records_.end()) {
    before.insert(found->second.shown.begin(), found->second.shown.end());
    if (found->second.uid == x.uid && !x.deleting)
      check_kept(found->second, x);
  }
  for (const auto& y : x.shown)
    if (!before.contains(y))
      check_shown(x.key, y, x.at);
  records_[x.key] = x;
}

/// What works is not taken back while nothing happens to pod and entry.
void checker::check_kept(const record_fact& before, const record_fact& x) {
  auto pod = pods_.find(x.key);
  if (pod == pods_.end() || !is_live(pod->second) || pod->second.terminating
      || !pod->second.wants || forged_.contains(x.key) || stirs(x.key, x.at)
      || stirs(pod->second.ip, x.at))
    return;
  for (const auto& y : before.shown) {
    auto asked
      = pod->second.ports.contains({y.outside.protocol, y.internal_port});
    auto meddled = touched_.contains(y.outside)
                   || lost_ports_.contains(y.outside)
                   || lost_eips_.contains(y.outside.ip);
    if (asked && !meddled && y.internal_ip == pod->second.ip && is_so(y)
        && std::ranges::find(x.shown, y) == x.shown.end())
      breach(5, x.at,
             x.key + " does not show " + text_of(y.outside)
               + " any more, which forwards");
  }
}

/// Whether a pod, or one with this address, has changed of late.
bool checker::stirs(const std::string& what, instant at) const {
  auto found = stirred_.find(what);
  return found != stirred_.end() && at - found->second < rules_.lag;
}

/// What a person has written clashes with nothing that we know of.
std::string checker::rival_of(const std::string& key,
                              const std::set<std::string>& holders) const {
  for (const auto& other : holders)
    if (other != key && !forged_.contains(key) && !forged_.contains(other))
      return other;
  return {};
}

void checker::check_ports(const record_fact& x) {
  for (const auto& port : x.names) {
    auto& holders = named_[port];
    holders.insert(x.key);
    if (auto rival = rival_of(x.key, holders); !rival.empty())
      breach(1, x.at,
             text_of(port) + " is promised by " + rival + " and " + x.key);
  }
  for (const auto& y : x.shown) {
    auto& holders = published_[y.outside];
    holders[x.key] = y;
    std::set<std::string> keys;
    for (const auto& [key, shown] : holders)
      keys.insert(key);
    if (auto rival = rival_of(x.key, keys); !rival.empty())
      breach(1, x.at,
             text_of(y.outside) + " is shown by " + rival + " and " + x.key);
  }
}

void checker::check_shown(const std::string& key, const shown_entry& x,
                          instant at) {
  if (forged_.contains(key) || touched_.contains(x.outside) || is_so(x))
    return;
  auto found = entries_.find(x.id);
  breach(5, at,
         fmt::format("{} shows {} at {}:{}, but {} is {}", key,
                     text_of(x.outside), x.internal_ip, x.internal_port, x.id,
                     found == entries_.end() ? "gone"
                                             : text_of(found->second)));
}

/// Whether a pod of this name lives and asks for a fixed mapping. One that
/// ends, or is being deleted, is none.
bool checker::is_asked_for(const std::string& key) const {
  auto found = pods_.find(key);
  if (found == pods_.end())
    return false;
  const auto& pod = found->second;
  return pod.wants && pod.fixed && !pod.finished && !pod.terminating;
}

/// Whether somebody else's entry has been at this port, or at one of the same
/// run: a run is one entry, and moves as a whole.
bool checker::has_lost_run(const promised_ports& of, inner_port inside) const {
  const auto outside = of.at(inside);
  for (const auto step : {-1, 1})
    for (auto n = 0;; n += step) {
      auto found = of.find({inside.first, inside.second + n});
      if (found == of.end() || found->second.port != outside.port + n
          || found->second.ip != outside.ip)
        break;
      if (lost_ports_.contains(found->second))
        return true;
    }
  return false;
}

void checker::check_fixed(const record_fact& x) {
  auto& last = fixed_[x.key];
  // Nor does it begin with what a person has written, and without a pod that
  // asks for it, it ends with its record.
  if (forged_.contains(x.key) || !x.fixed
      || ((!x.present || x.deleting) && !is_asked_for(x.key))) {
    for (const auto& [inside, outside] : x.promised)
      free_[x.key].insert(inside);
    last.clear();
    return;
  }
  if (!x.present)
    return;
  for (const auto& [inside, outside] : x.promised) {
    auto found = last.find(inside);
    if (found != last.end() && found->second != outside
        && !lost_eips_.contains(found->second.ip)
        && !has_lost_run(last, inside))
      breach(6, x.at,
             fmt::format("{}: {}/{} moved from {} to {}", x.key, inside.second,
                         inside.first, text_of(found->second),
                         text_of(outside)));
  }
  auto pod = pods_.find(x.key);
  auto& free = free_[x.key];
  // What a predecessor is shown says nothing of the present pod.
  if (pod != pods_.end() && pod->second.wants
      && (x.pod_uid.empty() || x.pod_uid == pod->second.uid))
    for (const auto& y : x.shown)
      free.erase({y.outside.protocol, y.internal_port});
  last = x.promised;
  std::erase_if(last,
                [&free](const auto& y) { return free.contains(y.first); });
  if (pod != pods_.end())
    forget_unwanted(pod->second, {});
}

// -- the end ------------------------------------------------------------------

void checker::unsettled_pod(const pod_fact& x,
                            std::vector<std::string>& to) const {
  auto record = records_.find(x.key);
  if (record != records_.end()
      && lost_gateways_.contains(record->second.gateway))
    return;
  if (record == records_.end() || record->second.deleting) {
    to.push_back(x.key + " has no record");
    return;
  }
  std::set<std::string> ids;
  const auto& shown = record->second.shown;
  for (const auto& y : shown) {
    if (y.internal_ip != x.ip)
      to.push_back(x.key + " shows " + y.internal_ip + " instead of " + x.ip);
    if (!is_so(y))
      to.push_back(x.key + " shows an entry that is not so");
  }
  std::set<inner_port> inside;
  for (const auto& y : shown)
    inside.emplace(y.outside.protocol, y.internal_port);
  if (inside != x.ports)
    to.push_back(fmt::format("{} shows {} ports of {}", x.key, inside.size(),
                             x.ports.size()));
  if (!x.told_ready)
    to.push_back(x.key + " has not been told that it is ready");
}

bool checker::is_shown(const entry_change& x) const {
  auto found = published_.find(
    {x.external_ip, x.external_port, std::string{to_string(x.protocol)}});
  return found != published_.end()
         && std::ranges::any_of(found->second, [&x](const auto& y) {
              return shows(y.second, x);
            });
}

std::vector<std::string> checker::unsettled() const {
  std::vector<std::string> result;
  const auto wants = [](const pod_fact& x) {
    return x.wants && x.scheduled && !x.ip.empty() && !x.finished;
  };
  for (const auto& [key, x] : pods_)
    if (wants(x))
      unsettled_pod(x, result);
  for (const auto& [key, x] : records_) {
    auto pod = pods_.find(key);
    auto ended = pod == pods_.end() || pod->second.finished;
    if (ended ? !x.fixed : !wants(pod->second))
      result.push_back(key + " has a record, and no pod that wants it");
    if (ended && !x.shown.empty())
      result.push_back(key + " shows a pod that is gone");
    if (x.deleting)
      result.push_back(key + " has a record that does not end");
  }
  for (const auto& [id, x] : entries_)
    if (is_ours(x) && !is_shown(x))
      result.push_back(text_of(x) + " is nobody's");
  for (const auto& [id, since] : exposed_)
    result.push_back(text_of(entries_.at(id)) + " exposes a stranger");
  return result;
}

} // namespace natgw::simulation
