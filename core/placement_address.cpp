#include "core/placement.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace natgw::core {

namespace {

/// Addresses that one object may have entries for. More than two take a pod
/// that changes its address faster than the cloud follows.
constexpr size_t max_claims = 4;

std::optional<ipv4> address_of(const pod_view* pod) {
  if (pod == nullptr || pod->finished)
    return std::nullopt;
  return parse_ipv4(pod->ip);
}

std::optional<ipv4> promised_address(const record_view* record) {
  if (record == nullptr || !record->promise)
    return std::nullopt;
  return parse_ipv4(record->promise->internal_ip);
}

/// True if what the record promises is known to be all that forwards.
bool is_proven(const record_view* record) {
  return record != nullptr && record->promise && !record->status.empty()
         && std::ranges::all_of(record->status, [&](const auto& x) {
              return x.internal_ip == record->promise->internal_ip;
            });
}

} // namespace

void placement::follow_address(const subject& s, const pod_ptr& before,
                               const pod_ptr& after) {
  const auto from = address_of(before.get());
  const auto to = address_of(after.get());
  if (from && from != to)
    release_address(*from, *before);
  if (!to)
    return;
  if (from == to) {
    addresses_.refresh(*to, after);
    return;
  }
  if (!addresses_.acquire(*to, after))
    return;
  for (const auto* claimant : addresses_.claimants(*to))
    if (claimant != &s)
      tell_taken(*claimant, *to, *after);
}

// The address goes back to a pod of ours that has had it all the time, if
// there is one.
void placement::release_address(ipv4 x, const pod_view& pod) {
  if (!addresses_.lose(x, pod))
    return;
  for (const auto* heir : addresses_.claimants(x)) {
    if (!heir->pod || heir->pod->uid == pod.uid
        || address_of(heir->pod.get()) != x)
      continue;
    addresses_.acquire(x, heir->pod);
    for (const auto* claimant : addresses_.claimants(x))
      tell_taken(*claimant, x, *heir->pod);
    return;
  }
}

void placement::tell_taken(const subject& s, ipv4 x, const pod_view& owner) {
  if (reaches(s.home))
    emit(send_taken{board_[s.home].id, to_string(x), owner.uid});
}

// Addresses are added as soon as an entry may be made for them, and dropped
// once the record proves that none is left.
void placement::update_claims(subject& s) {
  std::vector<ipv4> wanted;
  const auto add = [&wanted](std::optional<ipv4> x) {
    if (x && std::ranges::find(wanted, *x) == wanted.end())
      wanted.push_back(*x);
  };
  if (s.home != no_gateway) {
    const auto* record = s.record_dead ? nullptr : s.record.get();
    if (s.stage == stage::bound)
      add(address_of(s.pod.get()));
    add(promised_address(record));
    if (!is_proven(record))
      for (auto x : s.more->claims)
        add(x);
    if (wanted.size() > max_claims)
      wanted.resize(max_claims);
  }
  if (wanted == s.more->claims)
    return;
  const auto before = std::exchange(s.more.edit().claims, std::move(wanted));
  for (auto x : before)
    if (std::ranges::find(s.more->claims, x) == s.more->claims.end())
      addresses_.disclaim(x, s);
  for (auto x : s.more->claims) {
    if (std::ranges::find(before, x) != before.end())
      continue;
    addresses_.claim(x, s);
    const auto owner = addresses_.owner(x);
    if (owner && owner->key != s.key())
      tell_taken(s, x, *owner);
  }
}

void placement::repeat_taken(const subject& s) {
  for (auto x : s.more->claims) {
    const auto owner = addresses_.owner(x);
    if (owner && owner->key != s.key())
      tell_taken(s, x, *owner);
  }
}

sweep_ptr placement::with_owners(const table_sweep& x) const {
  auto result = std::make_shared<table_sweep>(x);
  result->owners.clear();
  for (const auto& entry : x.entries) {
    auto ip = parse_ipv4(entry.spec.internal_ip);
    result->owners.push_back(ip ? addresses_.owner(*ip) : nullptr);
  }
  return result;
}

} // namespace natgw::core
