#include "core/self_check.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include "core/port_text.hpp"

namespace natgw::core {

namespace {

/// Ports of one protocol at one public address, and who claims them.
struct claimed_ports {
  std::string external_ip;
  protocol proto = protocol::tcp;
  uint32_t first = 0;
  uint32_t count = 1;
  const checked_record* by = nullptr;

  auto place() const {
    return std::tie(external_ip, proto, first);
  }
};

std::string where(std::string_view ip, uint32_t port, protocol proto) {
  return std::string{ip} + ':' + std::to_string(port) + '/'
         + std::string{to_string(proto)};
}

std::string text_of(const forward_entry& x) {
  return "entry " + x.id + ' ' + x.spec.name + ' '
         + std::string{to_string(x.status)} + " from "
         + where(x.spec.external_ip, x.spec.external_port, x.spec.proto)
         + " to " + x.spec.internal_ip + ':'
         + std::to_string(x.spec.internal_port) + " count "
         + std::to_string(x.spec.count);
}

std::string text_of(const status_entry& x) {
  return "status shows " + x.forward_entry_id + " from " + x.external_ip + ':'
         + x.external_port + '/' + std::string{to_string(x.proto)} + " to "
         + x.internal_ip + ':' + x.internal_port;
}

/// What records promise. What they publish is checked against the table.
std::vector<claimed_ports> claims_of(const self_check_input& x) {
  std::vector<claimed_ports> result;
  for (const auto& r : x.records)
    if (r.record->promise && !r.in_flux)
      for (const auto& run : r.record->promise->runs)
        result.push_back({r.record->promise->external_ip, run.proto,
                          run.external, run.count, &r});
  std::ranges::sort(result, [](const auto& a, const auto& b) {
    return a.place() < b.place();
  });
  return result;
}

void check_one_owner(const self_check_input& x, std::vector<violation>& out) {
  const auto claims = claims_of(x);
  // The one that reaches furthest of those that begin before.
  size_t last = 0;
  for (size_t i = 1; i < claims.size(); ++i) {
    const auto& a = claims[last];
    const auto& b = claims[i];
    auto same_place = a.external_ip == b.external_ip && a.proto == b.proto;
    if (!same_place || a.first + a.count <= b.first + b.count)
      last = i;
    if (a.by == b.by || !same_place || a.first + a.count <= b.first)
      continue;
    auto port = where(b.external_ip, b.first, b.proto);
    out.push_back({.broken = invariant::one_owner,
                   .key = a.by->record->key,
                   .other = b.by->record->key,
                   .entry_name = {},
                   .entry_id = {},
                   .claim = a.by->record->key.str() + " is promised " + port,
                   .fact = b.by->record->key.str() + " is promised " + port});
  }
}

/// Whether an entry with this name may point at this pod.
bool belongs(const std::string& identity, const pod_view& pod) {
  return identity == plain_name_key(pod.uid)
         || identity == fixed_name_key(pod.key);
}

void check_no_stranger(const self_check_input& x, const entry_names& names,
                       std::vector<violation>& out) {
  const auto& sweep = *x.sweep;
  for (size_t i = 0; i < sweep.entries.size(); ++i) {
    const auto& e = sweep.entries[i];
    const auto& owner = sweep.owners[i];
    auto name = names.parse(e.spec.name);
    if (!owner || name.owner != name_owner::ours
        || e.status == entry_status::deleting || x.moving.contains(e.spec.name)
        || belongs(name.key, *owner))
      continue;
    out.push_back({.broken = invariant::no_stranger,
                   .key = owner->key,
                   .other = {},
                   .entry_name = e.spec.name,
                   .entry_id = e.id,
                   .claim = e.spec.internal_ip + " belongs to "
                            + owner->key.str() + " with uid " + owner->uid,
                   .fact = text_of(e)});
  }
}

using entries_by_id
  = std::unordered_map<std::string_view, const forward_entry*>;

/// The first port of "512", "512-527" or "512,514".
std::optional<uint16_t> first_port(std::string_view text) {
  return parse_port(text.substr(0, text.find_first_of("-,")));
}

/// Whether the entry makes what the status says true. A status names the entry
/// of its first port.
bool shows(const status_entry& s, const forward_entry& e) {
  auto outside = first_port(s.external_port);
  auto inside = first_port(s.internal_port);
  if (!outside || !inside || *outside < e.spec.external_port)
    return false;
  auto offset = *outside - e.spec.external_port;
  return e.status == entry_status::available && !e.any
         && e.spec.external_ip == s.external_ip && e.spec.proto == s.proto
         && e.spec.internal_ip == s.internal_ip && offset < e.spec.count
         && e.spec.internal_port + offset == *inside;
}

void check_shown(const checked_record& r, const status_entry& s,
                 const forward_entry* e, const entry_names& names,
                 std::vector<violation>& out) {
  violation found{.broken = invariant::status_true,
                  .key = r.record->key,
                  .other = {},
                  .entry_name = e ? e->spec.name : std::string{},
                  .entry_id = s.forward_entry_id,
                  .claim = text_of(s),
                  .fact = e ? text_of(*e) : "there is no such entry"};
  if (e && names.parse(e->spec.name).owner != name_owner::ours) {
    found.broken = invariant::foreign_untouched;
    out.push_back(std::move(found));
  } else if (!e || !shows(s, *e)) {
    out.push_back(std::move(found));
  } else if (r.pod && !r.pod->ip.empty() && r.pod->ip != s.internal_ip) {
    found.fact = "the pod has " + r.pod->ip;
    out.push_back(std::move(found));
  }
}

void check_status(const self_check_input& x, const entry_names& names,
                  std::vector<violation>& out) {
  entries_by_id entries;
  for (const auto& e : x.sweep->entries)
    entries.emplace(e.id, &e);
  for (const auto& r : x.records) {
    if (r.in_flux)
      continue;
    for (const auto& s : r.record->status) {
      auto found = entries.find(s.forward_entry_id);
      check_shown(r, s, found == entries.end() ? nullptr : found->second, names,
                  out);
    }
  }
}

} // namespace

std::string_view to_string(invariant x) {
  switch (x) {
    case invariant::one_owner:
      return "1";
    case invariant::no_stranger:
      return "2";
    case invariant::foreign_untouched:
      return "4";
    case invariant::status_true:
      return "5";
  }
  return "1";
}

std::vector<violation> find_violations(const self_check_input& x,
                                       const entry_names& names) {
  std::vector<violation> result;
  check_one_owner(x, result);
  check_no_stranger(x, names, result);
  check_status(x, names, result);
  std::ranges::stable_sort(result, {}, &violation::broken);
  return result;
}

std::vector<violation> self_check::check(const self_check_input& x,
                                         const entry_names& names) {
  std::vector<violation> result;
  std::set<mark> now;
  for (auto& found : find_violations(x, names)) {
    mark m{found.broken, found.key.str(), found.other.str(), found.entry_id};
    if (suspected_.contains(m))
      result.push_back(std::move(found));
    now.insert(std::move(m));
  }
  suspected_ = std::move(now);
  return result;
}

} // namespace natgw::core
