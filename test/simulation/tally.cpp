#include "test/simulation/tally.hpp"

namespace natgw::simulation {

namespace {

constexpr std::array<std::string_view, mishap_count> mishap_names{
  "a request lost",
  "an answer lost",
  "a message delayed",
  "a request duplicated",
  "answers reordered",
  "a watch broken",
  "410 Gone",
  "a watch with bookmarks only",
  "a stale list",
  "409 on a status write",
  "429 of the API server",
  "5xx of the API server",
  "throttling by the cloud",
  "the strict barrier",
  "5xx before the commit",
  "5xx after the commit",
  "credentials expired",
  "short token retention",
  "long token retention",
  "pages that shift",
  "an EIP removed",
  "a gateway removed",
  "an entry edited by others",
  "a PodDNAT deleted by a person",
  "a PodDNAT edited by a person",
  "a PodDNAT forged by a person",
  "another cluster on the gateway",
  "a pod deleted by force",
  "a pod evicted",
  "a pod completed",
  "a pod re-created at once",
  "a pod's address reused",
  "annotations changed",
  "a node's zone changed",
  "a crash of the process",
  "a late leader",
  "a crash of a pool",
  "a crash of a table",
};

constexpr std::array<std::string_view, crash_point_count> crash_names{
  "birth: promise | create",     "birth: create | create",
  "birth: create | status",      "birth: status | pod",
  "recycle: withdraw | release", "recycle: remove | release",
  "recycle: release | promise",  "recycle: promise | modify",
  "recycle: modify | status",    "recycle: status | pod",
  "release: withdraw | delete",  "release: delete | delete",
  "release: delete | remove",    "release: remove | release",
  "release: delete | release",
};

} // namespace

std::string_view to_string(mishap x) {
  return mishap_names[static_cast<size_t>(x)];
}

std::string_view to_string(crash_point x) {
  return crash_names[static_cast<size_t>(x)];
}

} // namespace natgw::simulation
