#include "test/simulation/sightings.hpp"

#include <optional>

#include "emulator/kube/json_access.hpp"

namespace natgw::simulation {

namespace {

constexpr std::string_view records = "/poddnats";

std::string_view parameter(std::string_view path, std::string_view name) {
  auto at = path.find(name);
  if (at == std::string_view::npos)
    return {};
  auto value = path.substr(at + name.size());
  return value.substr(0, value.find('&'));
}

std::string name_in(const std::string& body) {
  auto parsed = emulator::kube::parse_json(body);
  return parsed
           ? std::string{emulator::kube::text(*parsed, {"metadata", "name"})}
           : std::string{};
}

/// What a write of a PodDNAT does; nothing for what is none.
step step_of_record(const http::request& x, std::string_view rest) {
  if (x.verb == http::method::del)
    return step::remove;
  if (rest.ends_with("/status"))
    return x.body.find("forwardEntryId") == std::string::npos ? step::withdraw
                                                              : step::status;
  return x.body.find("pod-dnat-intent") == std::string::npos ? step::release
                                                             : step::promise;
}

bool is_status(std::string_view path) {
  return path.ends_with("/status")
         || path.find("/status?") != std::string_view::npos;
}

} // namespace

std::string_view path_of(const http::request& x) {
  std::string_view url = x.url;
  auto host = url.find("://");
  auto path = url.find('/', host + 3);
  return path == std::string_view::npos ? "/" : url.substr(path);
}

void sightings::cluster_answered(const sender& from, const http::request& x,
                                 const http::response& got) {
  auto path = path_of(x);
  const auto writes = x.verb != http::method::get;
  if (got.status == 410)
    add(mishap::compacted);
  if (got.status == 409 && writes && is_status(path))
    add(mishap::status_conflict);
  if (got.status == 429)
    add(mishap::cluster_throttled);
  if (got.status >= 500)
    add(mishap::cluster_error);
  if (writes && from.realm == 0 && got.status >= 200 && got.status < 300)
    write_done(from, x, path);
}

void sightings::write_done(const sender& from, const http::request& x,
                           std::string_view path) {
  path = path.substr(0, path.find('?'));
  std::string key;
  std::optional<step> what;
  if (auto at = path.find(records); at != std::string_view::npos) {
    auto rest = path.substr(at + records.size());
    if (rest.empty()) {
      key = "default/" + name_in(x.body);
      what = step::promise;
    } else {
      rest.remove_prefix(1);
      key = "default/" + std::string{rest.substr(0, rest.find('/'))};
      what = step_of_record(x, rest);
    }
  } else if (auto pods = path.find("/pods/");
             pods != std::string_view::npos
             && x.body.find(R"(\"state\":\"ready\")") != std::string::npos) {
    auto rest = path.substr(pods + 6);
    key = "default/" + std::string{rest.substr(0, rest.find('/'))};
    what = step::pod;
  }
  if (!what)
    return;
  ledger_.wrote(key, *what, from.who);
  if (from.late && *what == step::promise && on_late_promise)
    on_late_promise(key);
  if (on_write)
    on_write(*what, from, key);
}

void sightings::watch_sent(std::string_view lines) {
  if (lines.find(R"("code":410)") != std::string_view::npos)
    add(mishap::compacted);
}

// -- the cloud ----------------------------------------------------------------

void sightings::cloud_answered(const sender& from, const http::request& x) {
  using emulator::entry_state;
  const auto& changes = at_.cloud().log().changes();
  for (; seen_entries_ < changes.size(); ++seen_entries_) {
    const auto& y = changes[seen_entries_];
    const auto is_new = y.state == entry_state::pending;
    if (is_new || y.state == entry_state::gone)
      ++comings_;
    if (y.foreign || (!is_new && y.state != entry_state::deleting))
      continue;
    auto what = !is_new ? step::erase : step::create;
    for (auto i = seen_entries_; is_new && i-- > 0;)
      if (changes[i].id == y.id) {
        what = step::modify;
        break;
      }
    if (from.realm != 0) {
      add(mishap::other_cluster);
      continue;
    }
    ledger_.wrote_entry(y.name, what, from.who);
    if (on_write)
      on_write(what, from, {});
  }
  note_pages(from, path_of(x));
}

void sightings::note_pages(const sender& from, std::string_view path) {
  auto page = parameter(path, "PageNumber=");
  auto table = parameter(path, "ForwardTableId=");
  if (page.empty() || table.empty())
    return;
  std::pair reader{std::string{from.who}, std::string{table}};
  if (page == "1") {
    first_pages_[reader] = comings_;
    return;
  }
  auto first = first_pages_.find(reader);
  if (first != first_pages_.end() && first->second != comings_)
    add(mishap::pages_shift);
}

void sightings::sum_up(std::chrono::milliseconds token_retention) {
  const auto& log = at_.cloud().log();
  const auto& sums = log.counters();
  tally_.mishaps[static_cast<size_t>(mishap::cloud_throttled)]
    += static_cast<uint32_t>(sums.throttled);
  tally_.mishaps[static_cast<size_t>(mishap::strict_barrier)]
    += static_cast<uint32_t>(sums.barriers);
  const auto forgets = token_retention < std::chrono::hours{1};
  for (const auto& x : log.calls()) {
    if (x.fault == "error_before")
      add(mishap::error_before);
    if (x.fault == "error_after" && x.committed)
      add(mishap::error_after);
    if (x.code == "InvalidSecurityToken.Expired")
      add(mishap::credentials_expired);
    if (forgets && x.committed
        && log.calls().back().at - x.at > token_retention)
      add(mishap::short_retention);
    if (!forgets && x.replayed)
      add(mishap::long_retention);
  }
}

} // namespace natgw::simulation
