#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/kube/options.hpp"
#include "emulator/vpc/options.hpp"
#include "messages/time.hpp"
#include "test/simulation/network.hpp"

namespace natgw::simulation {

/// What somebody does to the world.
enum class deed : uint8_t {
  // -- to the pod of a slot ---------------------------------------------------
  create,
  /// Deleted with its grace period.
  remove,
  /// Deleted at once.
  kill,
  /// Killed, and created anew within the same instant.
  replace,
  /// Succeeded, or (odd values) evicted; the object stays.
  finish,
  /// Another list of ports, chosen by the value.
  change_ports,
  /// The switch, off or on.
  toggle,
  // -- to nodes ---------------------------------------------------------------
  /// One is in another zone from now on.
  move_node,
  // -- to the controller's processes ------------------------------------------
  /// The process of replica `slot` dies after `value` more messages.
  crash,
  /// The next process that carries out a write of the kind `value` dies when
  /// that has been done; from `step_count` on: one whose entry was turned from
  /// another one; from twice that on: one whose pod has been replaced.
  crash_at_write,
  /// It is stopped for `value` ms.
  pause,
  /// It is asked to end.
  stop,
  break_pool,
  break_table,
  // -- to the services --------------------------------------------------------
  /// Old revisions are forgotten: 410.
  compact,
  break_watches,
  // -- behind the controller's back -------------------------------------------
  /// Another hand deletes the `value`-th entry of ours,
  take_entry,
  /// or lets it point at another port,
  edit_entry,
  /// or makes an entry of its own where our ports are,
  add_entry,
  /// or takes one of its own away.
  drop_own,
  /// An EIP leaves its gateway, and comes back.
  lose_eip,
  return_eip,
  /// A person deletes the record of a slot, or empties its status.
  delete_record,
  clear_status,
  /// Or edits it, or makes a copy of it under another name.
  edit_record,
  forge_record,
  /// A gateway is removed for good.
  lose_gateway,
  /// The credentials end before their time.
  expire_credentials,
};

inline constexpr size_t deed_count = 28;

std::string_view to_string(deed x);

struct act {
  /// Since the start.
  std::chrono::milliseconds at{0};
  deed what = deed::create;
  uint32_t slot = 0;
  uint32_t value = 0;
};

std::string to_string(const act& x);

/// What a run is about.
enum class family : uint8_t {
  /// Nothing fails.
  calm,
  /// The network loses, delays, doubles and breaks.
  storm,
  /// The process dies, again and again.
  crash,
  /// Two replicas and a lease; the leader is stopped, and wakes late.
  replicas,
  /// Pools and tables die alone.
  pairs,
  /// The services refuse: throttling, conflicts, the strict barrier, 5xx.
  refusals,
  /// Others change entries, EIPs and records.
  hands,
  /// All of it.
  everything,
  /// The process dies right after a write, and is back at once.
  writes,
};

inline constexpr size_t family_count = 9;

std::string_view to_string(family x);
std::optional<family> family_of(std::string_view name);

/// The family of a seed where all take turns.
family family_in_turn(uint64_t seed);

/// Where the slots of the other cluster begin.
inline constexpr uint32_t neighbour = 1'000;

/// Everything that decides about a run, but the code under test: equal plans
/// give equal runs.
struct plan {
  family kind = family::calm;
  uint64_t seed = 1;
  /// Names of pods.
  uint32_t slots = 10;
  uint32_t replicas = 1;
  bool lease = true;
  size_t gateways = 2;
  size_t eips = 1;
  /// Ports of each EIP.
  uint16_t first_port = 1'000;
  uint16_t ports = 128;
  std::chrono::seconds cooldown{5};
  std::chrono::seconds sweep_interval{60};
  /// Entries of others in each table at the start.
  uint32_t strangers = 0;
  /// Out of 256: a message is handled although something else is due.
  uint32_t overtaking = 16;
  weather sky;
  emulator::vpc_behaviour cloud;
  std::vector<emulator::kube::fault_rule> cluster_faults;
  std::chrono::milliseconds list_lag{0};
  std::chrono::milliseconds bookmark_interval{60'000};
  /// Entries of somebody else in each table.
  size_t crowd = 0;
  /// The controller signs as a role, whose credentials hold for so long.
  std::optional<std::chrono::milliseconds> credential_lifetime;
  /// Names of pods of another cluster, whose controller has the same gateways;
  /// 0: there is none. Its slots are counted from `neighbour`.
  uint32_t neighbours = 0;
  std::vector<act> acts;
};

struct plan_wishes {
  uint32_t slots = 10;
  /// Pods that live under one name, one after the other.
  uint32_t lives = 13;
};

plan make_plan(family kind, uint64_t seed, const plan_wishes& wishes);

} // namespace natgw::simulation
