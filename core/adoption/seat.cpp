#include "core/adoption/seat.hpp"

#include <algorithm>
#include <utility>

#include "core/gateway_rules.hpp"
#include "core/pool/rules.hpp"

namespace natgw::core {

namespace {

constexpr uint64_t ports_of_eip = uint64_t{65'535} * 2;

port_block block_of(const entry_spec& x) {
  return {x.external_ip, x.proto, {x.external_port, x.count}};
}

} // namespace

adoption_seat::adoption_seat(const adoption_gateway& x,
                             const adoption_snapshot& all)
  : gateway_{&x},
    ports_{port_allocator_options{.first_port = x.first_port,
                                  .last_port = x.last_port,
                                  .blocked = all.blocked_ports}} {
  for (const auto& eip : x.eips)
    if (may_take_ports(eip, x.wanted_eips))
      ports_.add_eip(eip.address);
  for (const auto& entry : x.entries) {
    // What is on its way out is in nobody's way for long.
    if (entry.status == entry_status::deleting)
      continue;
    auto ours = all.names.parse(entry.spec.name).owner == name_owner::ours;
    if (entry.any || !ours) {
      table_.add_foreign(entry);
      if (entry.any)
        ports_.reserve_foreign_eip(entry.spec.external_ip);
      else
        ports_.reserve_foreign(block_of(entry.spec));
      continue;
    }
    auto* place = &table_.obtain(entry.spec.name);
    if (place->known())
      place = &table_.obtain_twin(*place);
    table_.put(*place, entry.id, table::pack_seen(entry.spec));
  }
}

bool adoption_seat::has_eip(const std::string& address) const {
  return std::ranges::find(gateway_->eips, address, &gateway_eip::address)
         != gateway_->eips.end();
}

bool adoption_seat::replace(holder_id holder, const entry_spec& x) {
  run_shape shape{x.proto, x.count};
  return ports_
    .allocate({.holder = holder,
               .shapes = {&shape, 1},
               .eip = x.external_ip,
               .max_pieces = 1},
              instant{})
    .has_value();
}

table::slot* adoption_seat::find_known(const std::string& name) {
  auto* x = table_.find(name);
  return x != nullptr && x->known() ? x : nullptr;
}

bool adoption_seat::stands(const std::string& name) {
  return find_known(name) != nullptr;
}

adoption_entry adoption_seat::take_over(table::slot& x,
                                        const table::flow& wanted,
                                        const entry_spec& spec) {
  settled_.insert(x.number);
  if (x.name == spec.name && x.seen == wanted) {
    ++taken_over_;
    return {entry_step::stays, spec, x.id};
  }
  auto id = x.id;
  table_.put(x, id, wanted);
  return {entry_step::modify, spec, id};
}

/// Gives a nameless entry that is ours its name.
table::slot* adoption_seat::adopt_nameless(const entry_spec& x,
                                           table::flow wanted,
                                           const std::string& former_ip) {
  auto* found = table_.nameless(wanted);
  if (auto former = parse_ipv4(former_ip); found == nullptr && former) {
    wanted.internal_ip = *former;
    found = table_.nameless(wanted);
  }
  if (found == nullptr)
    return nullptr;
  auto id = found->entry.id;
  table_.remove_foreign(id);
  auto& result = table_.obtain(x.name);
  table_.put(result, id, wanted);
  return &result;
}

adoption_entry adoption_seat::want(const entry_spec& x,
                                   const std::string& old_name,
                                   const std::string& former_ip) {
  auto wanted = table::pack(x);
  if (!wanted)
    return {entry_step::refused, x, {}};
  auto* from = find_known(x.name);
  // The table looks for a nameless one before it turns one into another.
  if (from == nullptr)
    from = adopt_nameless(x, *wanted, former_ip);
  if (from == nullptr)
    from = find_known(old_name);
  if (from != nullptr && from->seen == *wanted)
    return take_over(*from, *wanted, x);
  auto except = from != nullptr ? from->number : 0;
  if (auto who = table_.external_obstacle(*wanted, except, 0); who.other)
    return {entry_step::other_port, x, who.other->entry.id};
  if (auto who = table_.internal_obstacle(*wanted, except, 0); who.other)
    return {entry_step::refused, x, who.other->entry.id};
  if (!has_eip(x.external_ip))
    return {entry_step::refused, x, {}};
  if (from != nullptr)
    return take_over(*from, *wanted, x);
  return {entry_step::create, x, {}};
}

void adoption_seat::drop(const entry_spec& x,
                         std::vector<adoption_entry>& out) {
  auto remove = [&](table::slot& y) {
    if (!y.known())
      return;
    out.push_back({entry_step::remove, table::unpack(x.name, y.seen), y.id});
    table_.clear(y);
  };
  if (auto* known = find_known(x.name)) {
    for (auto number : table_.twins(*known))
      remove(*table_.at(number));
    remove(*known);
    return;
  }
  if (auto* nameless = table_.nameless(table::pack_seen(x))) {
    auto entry = nameless->entry;
    table_.remove_foreign(entry.id);
    out.push_back({entry_step::remove, entry.spec, entry.id});
  }
}

std::vector<adoption_step>
adoption_seat::leftovers(const adoption_snapshot& all) {
  std::vector<adoption_step> result;
  for (auto& [number, x] : table_.slots()) {
    if (!x.known() || settled_.contains(number))
      continue;
    auto* first = table_.find(x.name);
    auto second = x.twin && first != nullptr
                  && settled_.contains(first->number);
    auto& step = result.emplace_back();
    step.kind = second ? adoption_kind::duplicate : adoption_kind::orphan;
    step.gateway = gateway_->id;
    step.entries.push_back(
      {entry_step::remove, table::unpack(x.name, x.seen), x.id});
    orphans_ += second ? 0 : 1;
  }
  orphans_stopped_ = !all.accept_orphans
                     && too_many_orphans(orphans_, gateway_->entries.size(),
                                         all.orphan_limit_percent);
  for (auto& step : result) {
    if (step.kind == adoption_kind::orphan && orphans_stopped_)
      step.kind = adoption_kind::orphan_stopped;
    else
      step.writes.deletes = 1;
  }
  std::ranges::sort(result, {}, [](const adoption_step& x) {
    return x.entries.front().id;
  });
  return result;
}

gateway_outlook adoption_seat::outlook() const {
  gateway_outlook result{
    .id = gateway_->id,
    .configured = gateway_->configured,
    .access = gateway_->access,
    .problem = gateway_->problem,
    .entries = static_cast<uint32_t>(gateway_->entries.size()),
    .taken_over = taken_over_,
    .foreign = static_cast<uint32_t>(table_.foreigners().size()),
    .orphans = orphans_,
    .orphans_stopped = orphans_stopped_};
  for (const auto& [id, x] : table_.foreigners())
    result.foreign_ports += x.entry.any ? ports_of_eip : x.entry.spec.count;
  return result;
}

} // namespace natgw::core
