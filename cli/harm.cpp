#include "cli/harm.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <optional>
#include <set>
#include <unordered_map>

#include "messages/time.hpp"

namespace natgw::cli {

namespace {

using emulator::entry_change;
using emulator::entry_state;
using emulator::kube::pod_revision;
using emulator::kube::record_revision;

/// [from, to)
struct span {
  instant from;
  instant to = instant::max();
};

uint64_t whole_ms(instant::duration x) {
  return static_cast<uint64_t>(
    std::chrono::duration_cast<std::chrono::milliseconds>(x).count());
}

/// A pod that had an address for a while.
struct tenancy {
  std::string uid;
  std::string key;
  span time;
};

/// Who had each address, and when; oldest first.
using tenancies = std::unordered_map<std::string, std::vector<tenancy>>;

bool has_address(const pod_revision& x) {
  return x.present && !x.ip.empty() && x.phase != "Succeeded"
         && x.phase != "Failed";
}

tenancies address_book(const std::vector<pod_revision>& pods) {
  tenancies result;
  std::unordered_map<std::string, std::string> address_of;
  for (const auto& x : pods) {
    auto& had = address_of[x.uid];
    auto has = has_address(x) ? x.ip : std::string{};
    if (had == has)
      continue;
    if (!had.empty())
      for (auto& t : result[had])
        if (t.uid == x.uid && t.time.to == instant::max())
          t.time.to = x.at;
    if (!has.empty())
      result[has].push_back({x.uid, x.key, {x.at}});
    had = has;
  }
  return result;
}

/// One entry from a change to the next one.
struct version {
  entry_change what;
  span time;
};

std::vector<version> versions_of(const std::deque<entry_change>& changes) {
  std::vector<version> result;
  std::unordered_map<std::string, size_t> latest;
  for (const auto& x : changes) {
    if (auto found = latest.find(x.id); found != latest.end())
      result[found->second].time.to = x.at;
    latest[x.id] = result.size();
    result.push_back({x, {x.at}});
  }
  return result;
}

instant::duration overlap(const span& a, const span& b) {
  auto from = std::max(a.from, b.from);
  auto to = std::min(a.to, b.to);
  return to > from ? to - from : instant::duration{0};
}

/// Whose an entry is: the pod that had its address when it got there. A
/// mapping that outlives its pod counts for the next one of the same name.
uint64_t stranger_time(const std::vector<version>& versions,
                       const tenancies& book) {
  instant::duration sum{0};
  std::unordered_map<std::string, std::pair<std::string, std::string>> owner;
  for (const auto& v : versions) {
    if (v.what.state == entry_state::gone || v.what.foreign)
      continue;
    auto found = book.find(v.what.internal_ip);
    if (found == book.end())
      continue;
    auto& [target, key] = owner[v.what.id];
    // A Modify may give an entry to the next pod with the same address.
    auto present = v.what.internal_ip + " " + v.what.name;
    if (target != present) {
      target = std::move(present);
      key.clear();
      for (const auto& t : found->second)
        if (t.time.from <= v.time.from)
          key = t.key;
    }
    for (const auto& t : found->second)
      if (t.key != key)
        sum += overlap(v.time, t.time);
  }
  return whole_ms(sum);
}

/// The owner in an entry's name, `<prefix>.<cluster>.<owner>.<n>`; empty if it
/// has none.
std::string owner_of(const entry_change& x) {
  if (x.foreign || std::ranges::count(x.name, '.') < 3)
    return {};
  return x.name.substr(0, x.name.rfind('.'));
}

bool map_the_same(const version& a, const version& b) {
  const auto& x = a.what;
  const auto& y = b.what;
  return x.id != y.id && x.protocol == y.protocol
         && x.internal_port < y.internal_port + y.count
         && y.internal_port < x.internal_port + x.count
         && overlap(a.time, b.time) > instant::duration{0};
}

uint64_t double_entries(const std::vector<version>& versions) {
  std::unordered_map<std::string, std::vector<const version*>> by_owner;
  for (const auto& v : versions)
    if (auto owner = owner_of(v.what);
        !owner.empty() && v.what.state != entry_state::gone)
      by_owner[owner].push_back(&v);
  std::set<std::pair<std::string, std::string>> pairs;
  for (const auto& [owner, all] : by_owner)
    for (auto a = all.begin(); a != all.end(); ++a)
      for (auto b = a + 1; b != all.end(); ++b)
        if (map_the_same(**a, **b))
          pairs.insert(std::minmax((*a)->what.id, (*b)->what.id));
  return pairs.size();
}

/// A status element while it was shown.
struct showing {
  emulator::kube::shown_entry what;
  span time;
};

std::vector<showing> showings_of(const std::vector<record_revision>& records) {
  std::vector<showing> result;
  std::map<std::pair<std::string, emulator::kube::shown_entry>, size_t> open;
  std::unordered_map<std::string, std::set<emulator::kube::shown_entry>> shown;
  for (const auto& x : records) {
    std::set<emulator::kube::shown_entry> now;
    if (x.present)
      now.insert(x.shown.begin(), x.shown.end());
    auto& before = shown[x.uid];
    for (const auto& e : before)
      if (!now.contains(e))
        result[open.at({x.uid, e})].time.to = x.at;
    for (const auto& e : now)
      if (!before.contains(e)) {
        open[{x.uid, e}] = result.size();
        result.push_back({e, {x.at}});
      }
    before = std::move(now);
  }
  return result;
}

bool shows(const showing& s, const entry_change& e) {
  auto offset = s.what.outside.port - e.external_port;
  return e.state == entry_state::available && s.what.outside.ip == e.external_ip
         && s.what.outside.protocol == to_string(e.protocol)
         && s.what.internal_ip == e.internal_ip && offset >= 0
         && offset < e.count
         && s.what.internal_port == e.internal_port + offset;
}

using versions_by_id
  = std::unordered_map<std::string, std::vector<const version*>>;

versions_by_id by_id(const std::vector<version>& versions) {
  versions_by_id result;
  for (const auto& v : versions)
    result[v.what.id].push_back(&v);
  return result;
}

/// Those that were shown at a time when their entry was not as they say.
std::vector<const showing*> unready_of(versions_by_id& versions,
                                       const std::vector<showing>& showings) {
  std::vector<const showing*> result;
  for (const auto& s : showings) {
    instant::duration right{0};
    for (const auto* v : versions[s.what.id])
      if (shows(s, v->what))
        right += overlap(s.time, v->time);
    if (right != overlap(s.time, {instant::min(), instant::max()}))
      result.push_back(&s);
  }
  return result;
}

std::string text_of(const span& x) {
  auto ms = [](instant at) {
    return std::to_string(at.time_since_epoch() / std::chrono::milliseconds{1});
  };
  return ms(x.from) + " to "
         + (x.to == instant::max() ? std::string{"the end"} : ms(x.to));
}

} // namespace

harm count_harm(const emulator::kube::history& cluster,
                const emulator::history& cloud) {
  auto versions = versions_of(cloud.changes());
  auto groups = by_id(versions);
  auto showings = showings_of(cluster.records());
  return {.duplicate_mappings = cluster.duplicates().size(),
          .stranger_ms = stranger_time(versions, address_book(cluster.pods())),
          .published_unready = unready_of(groups, showings).size(),
          .double_entries = double_entries(versions),
          .tokens = count_token_harm(cloud)};
}

std::vector<std::string> explain_unready(const emulator::kube::history& cluster,
                                         const std::deque<entry_change>& cloud,
                                         size_t most) {
  auto versions = versions_of(cloud);
  auto groups = by_id(versions);
  auto showings = showings_of(cluster.records());
  std::vector<std::string> result;
  for (const auto* s : unready_of(groups, showings)) {
    if (result.size() == most)
      break;
    auto text = s->what.id + " was shown from " + text_of(s->time) + " at "
                + s->what.internal_ip + ':'
                + std::to_string(s->what.internal_port) + "; it was";
    for (const auto* v : groups[s->what.id])
      text += ' ' + std::string{to_string(v->what.state)} + " at "
              + v->what.internal_ip + " from " + text_of(v->time) + ';';
    result.push_back(std::move(text));
  }
  return result;
}

std::vector<uint64_t> ready_times(const emulator::kube::history& cluster) {
  std::unordered_map<std::string, instant> addressed;
  std::set<std::string> done;
  std::vector<uint64_t> result;
  for (const auto& x : cluster.pods()) {
    if (!x.ip.empty())
      addressed.try_emplace(x.uid, x.at);
    auto ready = x.status_annotation.find(R"("state":"ready")");
    if (ready != std::string::npos && addressed.contains(x.uid)
        && done.insert(x.uid).second)
      result.push_back(whole_ms(x.at - addressed.at(x.uid)));
  }
  return result;
}

} // namespace natgw::cli
