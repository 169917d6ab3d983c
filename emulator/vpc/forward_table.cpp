#include "emulator/vpc/forward_table.hpp"

#include <algorithm>
#include <utility>

namespace natgw::emulator {

namespace {

size_t slot(entry_protocol x) {
  return x == entry_protocol::udp ? 1 : 0;
}

bool equal_or_unset(const std::optional<std::string>& want,
                    std::string_view have) {
  return !want || same_word(*want, have);
}

/// The port that a filter such as "512" or "512/527" begins with; 0: unknown.
uint16_t first_port(const std::optional<std::string>& filter) {
  if (!filter)
    return 0;
  const std::string_view text{*filter};
  const auto number = parse_number(text.substr(0, text.find('/')), 65535);
  return static_cast<uint16_t>(number.value_or(0));
}

} // namespace

std::string port_text(const port_span& x) {
  if (x.protocol == entry_protocol::any)
    return "any";
  auto result = std::to_string(x.first);
  if (x.count > 1)
    result += "/" + std::to_string(x.last());
  return result;
}

bool entry_query::matches(const entry& x) const {
  return (!id || *id == x.id) && (!name || *name == x.name)
         && equal_or_unset(protocol, to_string(x.external.protocol))
         && (!external_ip || *external_ip == format_ipv4(x.external.address))
         && (!internal_ip || *internal_ip == format_ipv4(x.internal.address))
         && equal_or_unset(external_port, port_text(x.external))
         && equal_or_unset(internal_port, port_text(x.internal));
}

// -- span_index ---------------------------------------------------------------

const entry* span_index::clash(const port_span& x, const entry* except) const {
  const auto found = hosts_.find(x.address);
  if (found == hosts_.end())
    return nullptr;
  const auto& here = found->second;
  if (here.any && here.any != except)
    return here.any;
  if (x.protocol == entry_protocol::any) {
    for (const auto& taken : here.taken)
      for (const auto& [ignored, other] : taken)
        if (other != except)
          return other;
    return nullptr;
  }
  const auto& taken = here.taken[slot(x.protocol)];
  auto next = taken.upper_bound(x.last());
  while (next != taken.begin()) {
    const auto* other = (--next)->second;
    if ((other->*side_).last() < x.first)
      break;
    if (other != except)
      return other;
  }
  return nullptr;
}

void span_index::insert(const entry* x) {
  const auto& span = x->*side_;
  auto& here = hosts_[span.address];
  if (span.protocol == entry_protocol::any)
    here.any = x;
  else
    here.taken[slot(span.protocol)].emplace(span.first, x);
}

void span_index::erase(const entry* x) {
  const auto& span = x->*side_;
  const auto found = hosts_.find(span.address);
  if (found == hosts_.end())
    return;
  auto& here = found->second;
  if (span.protocol == entry_protocol::any)
    here.any = nullptr;
  else
    here.taken[slot(span.protocol)].erase(span.first);
  if (!here.any && here.taken[0].empty() && here.taken[1].empty())
    hosts_.erase(found);
}

void span_index::collect(ipv4 address, uint16_t first,
                         std::vector<const entry*>& out) const {
  const auto found = hosts_.find(address);
  if (found == hosts_.end())
    return;
  const auto& here = found->second;
  if (here.any)
    out.push_back(here.any);
  for (const auto& taken : here.taken) {
    if (first == 0) {
      for (const auto& [ignored, x] : taken)
        out.push_back(x);
    } else if (const auto hit = taken.find(first); hit != taken.end()) {
      out.push_back(hit->second);
    }
  }
}

// -- forward_table ------------------------------------------------------------

const entry* forward_table::find(const std::string& id) const {
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : &found->second;
}

const entry* forward_table::external_clash(const entry& x,
                                           const std::string& except) const {
  return external_.clash(x.external, find(except));
}

const entry* forward_table::internal_clash(const entry& x,
                                           const std::string& except) const {
  return internal_.clash(x.internal, find(except));
}

void forward_table::enter(const entry& x) {
  by_order_.insert(std::make_pair(x.order, &x));
  if (!x.name.empty())
    by_name_.emplace(x.name, &x);
  external_.insert(&x);
  internal_.insert(&x);
  if (x.state == entry_state::pending)
    ++pending_;
}

void forward_table::leave(const entry& x) {
  by_order_.erase(x.order);
  auto [begin, end] = by_name_.equal_range(x.name);
  for (; begin != end; ++begin) {
    if (begin->second == &x) {
      by_name_.erase(begin);
      break;
    }
  }
  external_.erase(&x);
  internal_.erase(&x);
  if (x.state == entry_state::pending)
    --pending_;
}

const entry& forward_table::insert(entry x) {
  x.order = next_order_++;
  auto id = x.id;
  const auto& stored
    = entries_.emplace(std::move(id), std::move(x)).first->second;
  enter(stored);
  return stored;
}

const entry& forward_table::replace(entry x) {
  auto& stored = entries_.at(x.id);
  leave(stored);
  x.order = stored.order;
  stored = std::move(x);
  enter(stored);
  return stored;
}

void forward_table::erase(const std::string& id) {
  const auto found = entries_.find(id);
  if (found == entries_.end())
    return;
  leave(found->second);
  entries_.erase(found);
}

std::optional<std::vector<const entry*>>
forward_table::candidates(const entry_query& query) const {
  std::vector<const entry*> result;
  const auto at = [&](const span_index& index, const std::string& ip,
                      const std::optional<std::string>& port) {
    if (const auto address = parse_ipv4(ip))
      index.collect(*address, first_port(port), result);
  };
  if (query.id) {
    if (const auto* x = find(*query.id))
      result.push_back(x);
  } else if (query.name && !query.name->empty()) {
    const auto [begin, end] = by_name_.equal_range(*query.name);
    for (auto it = begin; it != end; ++it)
      result.push_back(it->second);
  } else if (query.external_ip && (query.external_port || !query.internal_ip)) {
    at(external_, *query.external_ip, query.external_port);
  } else if (query.internal_ip) {
    at(internal_, *query.internal_ip, query.internal_port);
  } else {
    return std::nullopt;
  }
  std::ranges::sort(result, {}, &entry::order);
  return result;
}

forward_table::page forward_table::select(const entry_query& query,
                                          size_t number, size_t size) const {
  page result;
  const auto skip = (number - 1) * size;
  const auto take = [&](const entry& x) {
    if (!query.matches(x))
      return;
    if (result.total >= skip && result.entries.size() < size)
      result.entries.push_back(&x);
    ++result.total;
  };
  if (const auto few = candidates(query)) {
    for (const auto* x : *few)
      take(*x);
  } else if (query.external_port || query.internal_port || query.protocol
             || query.name) {
    for_each(take);
  } else {
    result.total = entries_.size();
    for (auto it = by_order_.find_by_order(skip);
         it != by_order_.end() && result.entries.size() < size; ++it)
      result.entries.push_back(it->second);
  }
  return result;
}

} // namespace natgw::emulator
