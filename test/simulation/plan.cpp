#include "test/simulation/plan.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "cli/cloud_flags.hpp"
#include "emulator/vpc/dice.hpp"

namespace natgw::simulation {

namespace {

using namespace std::chrono_literals;
using emulator::dice;
using std::chrono::milliseconds;

constexpr std::array<std::string_view, deed_count> deed_names{
  "create",        "remove",      "kill",     "replace",       "finish",
  "ports",         "toggle",      "crash",    "pause",         "stop",
  "break_pool",    "break_table", "compact",  "break_watches", "take_entry",
  "edit_entry",    "add_entry",   "drop_own", "lose_eip",      "return_eip",
  "delete_record", "clear_status"};

constexpr std::array<std::string_view, family_count> family_names{
  "calm",  "storm",    "crash", "replicas",
  "pairs", "refusals", "hands", "everything"};

milliseconds draw(dice& from, milliseconds min, milliseconds max) {
  return std::chrono::floor<milliseconds>(from.draw({min, max}));
}

/// How long something lasts: mostly short, now and then long.
milliseconds draw_span(dice& from) {
  switch (from.roll(4)) {
    case 0:
      return draw(from, 1ms, 300ms);
    case 1:
      return draw(from, 200ms, 2'000ms);
    default:
      return draw(from, 1'000ms, 8'000ms);
  }
}

deed draw_end(dice& from) {
  constexpr std::array ends{deed::remove,  deed::remove,  deed::kill,
                            deed::replace, deed::replace, deed::finish};
  return ends[from.roll(ends.size())];
}

/// The lives of one slot's pods.
milliseconds add_lives(plan& to, dice& from, uint32_t slot, uint32_t lives) {
  auto at = draw(from, 0ms, 4'000ms);
  to.acts.push_back({at, deed::create, slot, 0});
  for (uint32_t i = 1; i < lives; ++i) {
    at += draw_span(from);
    if (from.chance(0.15))
      to.acts.push_back({at / 2 * 2,
                         from.chance(0.3) ? deed::toggle : deed::change_ports,
                         slot, static_cast<uint32_t>(from.roll(4))});
    at += draw_span(from);
    auto end = draw_end(from);
    to.acts.push_back({at, end, slot, static_cast<uint32_t>(from.roll(2))});
    if (end == deed::replace)
      continue;
    if (end == deed::finish) {
      at += draw_span(from);
      to.acts.push_back({at, deed::kill, slot, 0});
    }
    at += draw(from, 0ms, 3'000ms);
    to.acts.push_back({at, deed::create, slot, 0});
  }
  return at;
}

void sprinkle(plan& to, dice& from, deed what, milliseconds length,
              uint64_t count, uint32_t most) {
  for (uint64_t i = 0; i < count; ++i)
    to.acts.push_back({draw(from, 100ms, length), what,
                       static_cast<uint32_t>(from.roll(to.replicas)),
                       static_cast<uint32_t>(from.roll(most))});
}

void add_storm(plan& to, dice& from) {
  auto rate = [&from](double most) {
    return from.chance(0.5)
             ? 0.0
             : most * static_cast<double>(from.roll(1000)) / 1000;
  };
  to.sky = {.lost_before = rate(0.1),
            .lost_after = rate(0.1),
            .slow = rate(0.2),
            .twice = rate(0.1),
            .cut = rate(0.05),
            .stall = rate(0.1),
            .silence = rate(0.01),
            .slowest = draw(from, 100ms, 12'000ms)};
  to.list_lag = from.chance(0.3) ? draw(from, 100ms, 10'000ms) : 0ms;
}

void add_refusals(plan& to, dice& from) {
  using emulator::fault_kind;
  auto& cloud = to.cloud;
  cloud.strict_pending = from.chance(0.5);
  cloud.conflict = from.chance(0.5);
  if (from.chance(0.3))
    cloud.conflict_gap = draw(from, 0ms, 300ms);
  if (from.chance(0.5)) {
    cloud.rate = {2 + static_cast<double>(from.roll(20)), 10};
    cloud.retry_after = from.chance(0.5);
  }
  if (from.chance(0.5))
    cloud.pending = {50ms, draw(from, 100ms, 5'000ms)};
  cloud.gone = static_cast<emulator::gone_spelling>(from.roll(4));
  for (auto kind : {fault_kind::error_before, fault_kind::error_after,
                    fault_kind::reset_before, fault_kind::reset_after,
                    fault_kind::truncated, fault_kind::wrong_type,
                    fault_kind::throttle, fault_kind::delay})
    if (from.chance(0.4))
      cloud.rate_of(kind) = 0.05;
  cloud.token_retention = from.chance(0.5) ? draw(from, 1'000ms, 60'000ms)
                                           : milliseconds{24h};
  using cluster = emulator::kube::fault_kind;
  for (auto kind :
       {cluster::refuse, cluster::throttle, cluster::conflict, cluster::slow,
        cluster::reset_before, cluster::reset_after, cluster::malformed})
    if (from.chance(0.4))
      to.cluster_faults.push_back({.kind = kind,
                                   .user = servers::controller_user,
                                   .probability = 0.04,
                                   .delay = 500ms});
}

void add_crashes(plan& to, dice& from, milliseconds length) {
  sprinkle(to, from, deed::crash, length, 1 + from.roll(8), 60);
  sprinkle(to, from, deed::stop, length, from.roll(2), 1);
}

void add_pauses(plan& to, dice& from, milliseconds length) {
  to.replicas = 2;
  to.lease = true;
  sprinkle(to, from, deed::pause, length, 1 + from.roll(3), 40'000);
  sprinkle(to, from, deed::crash, length, from.roll(3), 60);
}

void add_breaks(plan& to, dice& from, milliseconds length) {
  sprinkle(to, from, deed::break_pool, length, 1 + from.roll(3), 8);
  sprinkle(to, from, deed::break_table, length, 1 + from.roll(3), 8);
}

/// Deeds that go by a slot rather than by a replica.
void meddle(plan& to, dice& from, deed what, milliseconds length,
            uint64_t count) {
  for (uint64_t i = 0; i < count; ++i)
    to.acts.push_back({draw(from, 100ms, length), what,
                       static_cast<uint32_t>(from.roll(to.slots)),
                       static_cast<uint32_t>(from.roll(1'000))});
}

void add_hands(plan& to, dice& from, milliseconds length) {
  for (auto what : {deed::take_entry, deed::edit_entry, deed::add_entry,
                    deed::drop_own, deed::delete_record, deed::clear_status})
    meddle(to, from, what, length, from.roll(6));
  if (!from.chance(0.3))
    return;
  auto at = draw(from, 100ms, length);
  to.acts.push_back({at, deed::lose_eip, static_cast<uint32_t>(from.roll(4)),
                     static_cast<uint32_t>(from.roll(4))});
  to.acts.push_back({at + draw(from, 10ms, 60'000ms), deed::return_eip, 0, 0});
}

void add_gaps(plan& to, dice& from, milliseconds length) {
  sprinkle(to, from, deed::compact, length, from.roll(4), 1);
  sprinkle(to, from, deed::break_watches, length, from.roll(4), 1);
  // What happens while nobody watches is forgotten before anybody does again.
  for (auto count = from.roll(4); count > 0; --count) {
    auto at = draw(from, 100ms, length);
    to.acts.push_back({at, deed::break_watches, 0, 0});
    to.acts.push_back({at + draw(from, 200ms, 700ms), deed::compact, 0, 0});
  }
}

/// Corners that the seed's number chooses, so that every family visits each:
/// a table of several pages that is swept often, hardly enough ports, the end
/// of the port range.
void choose_corner(plan& to) {
  switch (to.seed % 4) {
    case 1:
      to.strangers = 45;
      to.sweep_interval = 2s;
      break;
    case 2:
      to.ports = 32;
      to.cooldown = 20s;
      break;
    case 3:
      to.ports = 48;
      to.first_port = static_cast<uint16_t>(65'536 - to.ports);
      break;
    default:
      break;
  }
}

bool is_of(family kind, family which) {
  return kind == which || kind == family::everything;
}

} // namespace

std::string_view to_string(deed x) {
  return deed_names[static_cast<size_t>(x)];
}

std::string to_string(const act& x) {
  return fmt::format("{:>8} ms {} slot {} value {}", x.at.count(),
                     to_string(x.what), x.slot, x.value);
}

std::string_view to_string(family x) {
  return family_names[static_cast<size_t>(x)];
}

std::optional<family> family_of(std::string_view name) {
  auto found = std::ranges::find(family_names, name);
  if (found == family_names.end())
    return std::nullopt;
  return static_cast<family>(found - family_names.begin());
}

plan make_plan(family kind, uint64_t seed, const plan_wishes& wishes) {
  dice from{seed * 1'000 + static_cast<uint64_t>(kind)};
  plan to;
  to.kind = kind;
  to.seed = seed;
  to.slots = wishes.slots;
  to.cloud = cli::quick_cloud();
  to.gateways = 1 + from.roll(2);
  to.eips = 1 + from.roll(2);
  to.overtaking = from.chance(0.5) ? 0 : static_cast<uint32_t>(from.roll(64));
  milliseconds length{1'000};
  for (uint32_t slot = 0; slot < to.slots; ++slot)
    length = std::max(length, add_lives(to, from, slot, wishes.lives));
  if (is_of(kind, family::replicas))
    add_pauses(to, from, length);
  if (is_of(kind, family::crash))
    add_crashes(to, from, length);
  if (is_of(kind, family::storm))
    add_storm(to, from);
  if (is_of(kind, family::pairs))
    add_breaks(to, from, length);
  if (is_of(kind, family::refusals))
    add_refusals(to, from);
  if (is_of(kind, family::hands))
    add_hands(to, from, length);
  if (kind != family::calm)
    add_gaps(to, from, length);
  choose_corner(to);
  std::ranges::stable_sort(to.acts, {}, &act::at);
  return to;
}

} // namespace natgw::simulation
