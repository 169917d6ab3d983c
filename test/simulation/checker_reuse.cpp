#include "core/entry_name.hpp"
#include "test/simulation/checker.hpp"

// What may only be judged while nobody has forgotten anything: when a port may
// be promised again, and what goes before what at the end.

namespace natgw::simulation {

namespace {

using emulator::entry_change;
using emulator::kube::public_port;

/// Whose entries a record may find on its ports.
std::set<std::string> owners_of(const record_fact& x) {
  return {core::plain_name_key(x.pod_uid),
          core::fixed_name_key(object_key_of(x.key))};
}

std::string text_of(const public_port& x) {
  return x.ip + ":" + std::to_string(x.port) + "/" + x.protocol;
}

} // namespace

void checker::forget() {
  forgets_ = true;
  left_.clear();
}

void checker::note_left(const entry_change& before, const entry_change& x) {
  if (!is_ours(before))
    return;
  auto moved = x.state == emulator::entry_state::gone
               || x.external_ip != before.external_ip
               || x.external_port != before.external_port;
  for (auto i = 0; moved && i < before.count; ++i)
    left_[{before.external_ip, before.external_port + i,
           std::string{to_string(before.protocol)}}]
      = {x.at, owner_key(before.name)};
}

void checker::check_told(const pod_fact& before, const pod_fact& x) {
  last_uid_[x.key] = x.uid;
  if (!x.present)
    pod_left_[x.key] = x.at;
  if (!x.present || before.uid != x.uid)
    return;
  for (const auto& type : before.conditions)
    if (!x.conditions.contains(type))
      breach(8, x.at, x.key + " has lost its condition " + type);
  if (x.told_ready && !before.told_ready && !shown_.contains(x.uid)
      && !forged_.contains(x.key))
    breach(5, x.at, x.key + " is told ready, and no status has shown it");
}

void checker::check_new_ports(const record_fact& x) {
  if (!x.shown.empty())
    shown_.insert(x.pod_uid);
  if (forgets_ || forged_.contains(x.key) || x.pod_uid.empty())
    return;
  const auto owners = owners_of(x);
  std::set<public_port> known;
  if (auto found = records_.find(x.key);
      found != records_.end() && found->second.pod_uid == x.pod_uid)
    for (const auto& [inside, outside] : found->second.promised)
      known.insert(outside);
  for (const auto& [inside, outside] : x.promised) {
    if (known.contains(outside))
      continue;
    for (const auto& id : entries_with_[outside])
      if (const auto& e = entries_.at(id);
          is_ours(e) && !owners.contains(owner_key(e.name)))
        breach(1, x.at,
               x.key + " is promised " + text_of(outside) + ", where " + id
                 + " (" + e.name + ") still stands");
    auto left = left_.find(outside);
    if (left != left_.end() && !owners.contains(left->second.owner)
        && x.at - left->second.at < rules_.cooldown)
      breach(1, x.at,
             x.key + " is promised " + text_of(outside)
               + ", which has not rested");
  }
}

/// What stood for the entries of a pod goes after them, and soon.
void checker::check_ended(const record_fact& x) {
  auto pod = pods_.find(x.key);
  if (x.present) {
    if (x.deleting && pod != pods_.end() && is_live(pod->second))
      taken_.insert(x.uid);
    return;
  }
  auto found = records_.find(x.key);
  if (found == records_.end() || !rules_.release_limit || forgets_
      || forged_.contains(x.key) || taken_.contains(x.uid))
    return;
  const auto& before = found->second;
  if (before.pod_uid.empty() || last_uid_[x.key] != before.pod_uid)
    return;
  const auto owners = owners_of(before);
  auto ended = pod == pods_.end() ? pod_left_[x.key] : x.at;
  // Who thinks that the pod lives lets a record go that others have deleted,
  // with what it shows.
  const auto ends = before.shown.empty() && shown_.contains(before.pod_uid);
  for (const auto& [inside, outside] : before.promised) {
    for (const auto& id : entries_with_[outside])
      if (const auto& e = entries_.at(id);
          ends && is_ours(e) && owners.contains(owner_key(e.name)))
        breach(3, x.at,
               "the record of " + x.key + " has gone before " + id + " ("
                 + e.name + ")");
    if (auto left = left_.find(outside); left != left_.end())
      ended = std::max(ended, left->second.at);
  }
  if (!before.fixed && x.at - ended > *rules_.release_limit)
    breach(3, x.at, "the record of " + x.key + " has gone late");
}

} // namespace natgw::simulation
