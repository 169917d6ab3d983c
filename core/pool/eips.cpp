// The EIPs of the gateway: which may be used, and what becomes of the mappings
// on one that has left.

#include <algorithm>

#include "core/gateway_rules.hpp"
#include "core/pool/pool.hpp"

namespace natgw::core {

namespace {

/// An EIP that is away for longer has been taken away for good.
constexpr auto departure_period = std::chrono::minutes{10};

/// An EIP that the cloud would not use is tried again after so long: what was
/// locked or being bound may be free again without its binding changing.
constexpr auto rest_period = std::chrono::minutes{10};

const gateway_eip* find_eip(const std::vector<gateway_eip>& eips,
                            const std::string& address) {
  auto found = std::ranges::find(eips, address, &gateway_eip::address);
  return found == eips.end() ? nullptr : &*found;
}

} // namespace

/// Whether new ports may be taken on this EIP.
bool pool::is_open(const gateway_eip& x) const {
  return may_take_ports(x, options_.eips) && !resting_eips_.contains(x.address);
}

/// Follows the gateway's EIPs. One that has left, or is locked, keeps what it
/// holds and gets nothing new.
void pool::set_eips(const std::vector<gateway_eip>& before) {
  for (auto& x : report_.eips)
    if (is_open(x))
      ports_.add_eip(x.address);
  for (auto& x : before) {
    auto now = find_eip(report_.eips, x.address);
    if (!now || now->locked)
      ports_.drain_eip(x.address);
  }
}

/// Nothing new on this EIP for a while: the cloud does not take it.
void pool::rest_eip(const std::string& address, instant now) {
  ports_.drain_eip(address);
  resting_eips_[address] = now + rest_period;
}

void pool::wake_eips(instant now) {
  for (auto i = resting_eips_.begin(); i != resting_eips_.end();) {
    if (i->second > now) {
      ++i;
      continue;
    }
    auto address = i->first;
    i = resting_eips_.erase(i);
    if (auto x = find_eip(report_.eips, address); x && is_open(*x))
      ports_.add_eip(address);
  }
}

/// When an EIP may be tried again; the far future if none rests.
instant pool::next_eip() const {
  auto result = instant::max();
  for (auto& [address, until] : resting_eips_)
    result = std::min(result, until);
  return result;
}

/// Says once that the pod's address does not lead to it for now. What the pod
/// is told otherwise stays: its entries are as they should be.
void pool::tell_of_eip(slot& s, const tenure& t, std::string_view what) {
  auto why = "EIP " + t.external_ip + std::string{what};
  if (s.told_failure == why)
    return;
  s.told_failure = why;
  observe(pool_measure_kind::failure);
  note(s, "eip_unusable", why, true);
  say(s, "DNATFailed", why, true);
}

/// Looks whether the tenure's EIP is (still) bound to the gateway. The pod is
/// told if not; after a while a plain mapping moves to another EIP, while a
/// fixed one stays what it is. Returns false if it has been let go of.
bool pool::stays_on_eip(slot& s, tenure& t, instant now) {
  auto bound = find_eip(report_.eips, t.external_ip);
  if (!report_.usable || bound) {
    departed_.erase(t.external_ip);
    if (bound && bound->locked)
      tell_of_eip(s, t, " is locked");
    return true;
  }
  auto since = departed_.try_emplace(t.external_ip, now).first->second;
  tell_of_eip(s, t, " is not bound to gateway " + options_.gateway);
  if (t.fixed)
    return true;
  if (now < since + departure_period) {
    wake_at(s, since + departure_period);
    return true;
  }
  if (withdraw_status(s))
    return false;
  note(s, "mapping_moves", t.external_ip, true);
  say(s, "DNATFailed",
      "EIP " + t.external_ip + " has left gateway " + options_.gateway
        + "; the mapping moves to another one",
      true);
  start_afresh(s, t, now);
  return false;
}

} // namespace natgw::core
