#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "clients/http/transport.hpp"
#include "test/simulation/crash_ledger.hpp"
#include "test/simulation/servers.hpp"
#include "test/simulation/tally.hpp"

namespace natgw::simulation {

/// Who sends a request: which cluster's controller, and which process.
struct sender {
  size_t realm = 0;
  std::string_view who;
  /// It has died, or is a new one by now, since the request left.
  bool late = false;
};

/// Watches the answers of both services: counts what goes wrong, and notes
/// which write of which process has been carried out.
class sightings {
public:
  sightings(servers& at, tally& to) : at_{at}, tally_{to}, ledger_{to} {
    // nop
  }

  void add(mishap x) {
    tally_.add(x);
  }

  crash_ledger& ledger() {
    return ledger_;
  }

  /// A pod or a record has changed.
  void object_changed() {
    ++changes_;
  }
  uint64_t object_changes() const {
    return changes_;
  }

  /// A server has answered; nobody has heard of it yet.
  void cluster_answered(const sender& from, const http::request& x,
                        const http::response& got);
  void cloud_answered(const sender& from, const http::request& x);

  /// What a watch has sent, by what it consists of.
  void watch_sent(std::string_view lines);

  /// Every call of the cloud, once all is over.
  void sum_up(std::chrono::milliseconds token_retention);

  /// A write of the first cluster's controller has been carried out, for the
  /// record of this key (empty: for an entry).
  std::function<void(step what, const sender& from, const std::string& key)>
    on_write;
  /// The same, if its sender is not the one any more that would have heard of
  /// it: what the PodDNAT of this key promises by it nobody has been told.
  std::function<void(const std::string& key)> on_late_promise;

private:
  void write_done(const sender& from, const http::request& x,
                  std::string_view path);
  void note_pages(const sender& from, std::string_view path);
  uint64_t comings_and_goings() const;

  servers& at_;
  tally& tally_;
  crash_ledger ledger_;
  uint64_t changes_ = 0;
  size_t seen_entries_ = 0;
  uint64_t comings_ = 0;
  /// How much had come and gone when the first page was read, by reader and
  /// table.
  std::map<std::pair<std::string, std::string>, uint64_t> first_pages_;
};

/// The path of a request, with its query.
std::string_view path_of(const http::request& x);

} // namespace natgw::simulation
