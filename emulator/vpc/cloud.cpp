#include "emulator/vpc/cloud.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace natgw::emulator {

namespace {

constexpr std::string_view id_alphabet = "0123456789abcdefghijklmnopqrstuvwxyz";

std::string allocation_of(const eip_options& x) {
  if (!x.allocation_id.empty())
    return x.allocation_id;
  const auto number = std::to_string(parse_ipv4(x.address).value_or(0));
  return "eip-emu" + std::string(17 - number.size(), '0') + number;
}

std::string table_of(const gateway_options& x) {
  if (!x.table_id.empty())
    return x.table_id;
  return "ftb-" + (x.id.starts_with("ngw-") ? x.id.substr(4) : x.id);
}

} // namespace

expected<void> cloud::validate(const vpc_options& options) {
  std::set<std::string> seen;
  const auto once = [&seen](const std::string& name) -> expected<void> {
    if (name.empty() || !seen.insert(name).second)
      return fail(ec::invalid_argument, "empty or used twice: '" + name + "'");
    return {};
  };
  const auto address = [&](const eip_options& x) -> expected<void> {
    if (!parse_ipv4(x.address))
      return fail(ec::invalid_argument, "not an IPv4 address: " + x.address);
    return once(x.address);
  };
  for (const auto& x : options.vpc_cidrs)
    if (!parse_cidr(x))
      return fail(ec::invalid_argument, "not a network: " + x);
  for (const auto& x : options.gateways) {
    if (auto good = once(x.id); !good)
      return good;
    if (auto good = once(table_of(x)); !good)
      return good;
    for (const auto& y : x.eips)
      if (auto good = address(y); !good)
        return good;
  }
  for (const auto& x : options.free_eips)
    if (auto good = address(x); !good)
      return good;
  return {};
}

cloud::cloud(const vpc_options& options)
  : behaviour{options.behaviour},
    log{options.max_calls, options.max_changes},
    whims{options.seed + 2},
    region{options.region},
    vpc_id{options.vpc_id},
    durations_{options.seed},
    names_{options.seed + 1} {
  for (const auto& x : options.vpc_cidrs)
    if (const auto network = parse_cidr(x))
      cidrs_.push_back(*network);
  for (const auto& x : options.gateways) {
    auto& place = gateways_[x.id];
    place.id = x.id;
    place.zone = x.zone;
    place.table_id = table_of(x);
    table_gateway_[place.table_id] = x.id;
    for (const auto& y : x.eips)
      add_eip(y, x.id);
  }
  for (const auto& x : options.free_eips)
    add_eip(x, {});
}

void cloud::add_eip(const eip_options& x, const std::string& gateway_id) {
  eips_[x.address] = eip{.address = x.address,
                         .allocation_id = allocation_of(x),
                         .gateway = gateway_id,
                         .snat = x.snat};
  if (!gateway_id.empty())
    gateways_.at(gateway_id).eips.push_back(x.address);
}

gateway* cloud::find_gateway(const std::string& id) {
  const auto found = gateways_.find(id);
  return found == gateways_.end() ? nullptr : &found->second;
}

gateway* cloud::find_table(const std::string& table_id) {
  const auto found = table_gateway_.find(table_id);
  return found == table_gateway_.end() ? nullptr : find_gateway(found->second);
}

eip* cloud::find_eip(const std::string& address) {
  const auto found = eips_.find(address);
  return found == eips_.end() ? nullptr : &found->second;
}

bool cloud::in_vpc(ipv4 x) const {
  return std::ranges::any_of(cidrs_,
                             [x](const cidr& y) { return y.contains(x); });
}

// -- the course of time -------------------------------------------------------

void cloud::note(const gateway& where, const entry& x, instant at,
                 bool foreign) {
  entry_change change;
  change.at = at;
  change.wall = wall_
                - std::chrono::floor<std::chrono::milliseconds>(now_ - at);
  change.gateway = where.id;
  change.id = x.id;
  change.name = x.name;
  change.external_ip = format_ipv4(x.external.address);
  change.internal_ip = format_ipv4(x.internal.address);
  change.external_port = x.external.first;
  change.internal_port = x.internal.first;
  change.count = x.external.count;
  change.protocol = x.external.protocol;
  change.state = x.state;
  change.foreign = foreign;
  log.add(std::move(change));
}

void cloud::arm(const gateway& where, const entry& x, const time_range& range) {
  timers_.push({.due = now_ + durations_.draw(range),
                .revision = x.revision,
                .gateway = where.id,
                .entry = x.id});
}

void cloud::fire(const timer& x) {
  auto* where = find_gateway(x.gateway);
  const auto* found = where ? where->table.find(x.entry) : nullptr;
  if (!found || found->revision != x.revision)
    return;
  auto changed = *found;
  if (changed.state == entry_state::deleting) {
    changed.state = entry_state::gone;
    where->table.erase(x.entry);
  } else {
    changed.state = entry_state::available;
    where->table.replace(changed);
  }
  note(*where, changed, x.due, false);
}

void cloud::advance(instant now, wall_time wall) {
  now_ = std::max(now, now_);
  wall_ = std::max(wall, wall_);
  while (!timers_.empty() && timers_.top().due <= now_) {
    const auto next = timers_.top();
    timers_.pop();
    fire(next);
  }
}

// -- writes of the API --------------------------------------------------------

std::string cloud::create(gateway& where, entry x) {
  x.id = "fwd-" + names_.text(21, id_alphabet);
  x.state = entry_state::pending;
  x.revision = ++revision_;
  const auto& stored = where.table.insert(std::move(x));
  note(where, stored, now_, false);
  arm(where, stored, behaviour.pending);
  return stored.id;
}

void cloud::modify(gateway& where, entry x) {
  x.state = entry_state::pending;
  x.revision = ++revision_;
  const auto& stored = where.table.replace(std::move(x));
  note(where, stored, now_, false);
  arm(where, stored, behaviour.pending);
}

void cloud::remove(gateway& where, const std::string& id) {
  auto x = *where.table.find(id);
  x.state = entry_state::deleting;
  x.revision = ++revision_;
  const auto& stored = where.table.replace(std::move(x));
  note(where, stored, now_, false);
  arm(where, stored, behaviour.deleting);
}

// -- another hand -------------------------------------------------------------

gateway* cloud::holder_of(const std::string& entry_id) {
  for (auto& [ignored, x] : gateways_)
    if (x.table.find(entry_id))
      return &x;
  return nullptr;
}

expected<std::string> cloud::foreign_create(const std::string& gateway_id,
                                            entry x) {
  auto* where = find_gateway(gateway_id);
  if (!where)
    return fail(ec::not_found, gateway_id);
  if (where->table.external_clash(x) || where->table.internal_clash(x))
    return fail(ec::already_exists, port_text(x.external));
  x.id = "fwd-" + names_.text(21, id_alphabet);
  x.state = entry_state::available;
  x.revision = ++revision_;
  const auto& stored = where->table.insert(std::move(x));
  note(*where, stored, now_, true);
  return stored.id;
}

expected<void> cloud::foreign_modify(entry x) {
  auto* where = holder_of(x.id);
  if (!where)
    return fail(ec::not_found, x.id);
  if (where->table.external_clash(x, x.id)
      || where->table.internal_clash(x, x.id))
    return fail(ec::already_exists, port_text(x.external));
  x.state = entry_state::available;
  x.revision = ++revision_;
  note(*where, where->table.replace(std::move(x)), now_, true);
  return {};
}

expected<void> cloud::foreign_delete(const std::string& id) {
  auto* where = holder_of(id);
  if (!where)
    return fail(ec::not_found, id);
  auto x = *where->table.find(id);
  x.state = entry_state::gone;
  where->table.erase(id);
  note(*where, x, now_, true);
  return {};
}

expected<void> cloud::remove_gateway(const std::string& id) {
  auto* where = find_gateway(id);
  if (!where)
    return fail(ec::not_found, id);
  where->table.for_each([&](const entry& x) {
    auto last = x;
    last.state = entry_state::gone;
    note(*where, last, now_, true);
  });
  for (const auto& address : where->eips)
    eips_.at(address).gateway.clear();
  table_gateway_.erase(where->table_id);
  gateways_.erase(id);
  return {};
}

expected<void> cloud::unbind_eip(const std::string& address) {
  auto* x = find_eip(address);
  if (!x || x->gateway.empty())
    return fail(ec::not_found, address);
  std::erase(gateways_.at(x->gateway).eips, address);
  x->gateway.clear();
  return {};
}

expected<void> cloud::bind_eip(const std::string& gateway_id,
                               const std::string& address, bool snat) {
  auto* where = find_gateway(gateway_id);
  if (!where)
    return fail(ec::not_found, gateway_id);
  if (!parse_ipv4(address))
    return fail(ec::invalid_argument, address);
  auto* known = find_eip(address);
  if (known && !known->gateway.empty())
    return fail(ec::conflict, address + " is bound to " + known->gateway);
  if (!known)
    add_eip({.address = address}, {});
  auto& x = eips_.at(address);
  x.gateway = gateway_id;
  x.snat = snat;
  x.ready = now_ + durations_.draw(behaviour.eip_binding);
  where->eips.push_back(address);
  return {};
}

void cloud::set_instance_eip(ipv4 address, bool bound) {
  if (bound)
    instance_eips_.insert(address);
  else
    instance_eips_.erase(address);
}

} // namespace natgw::emulator
