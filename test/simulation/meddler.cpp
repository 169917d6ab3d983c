#include "test/simulation/meddler.hpp"

#include <array>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "test/simulation/player.hpp"

namespace natgw::simulation {

namespace {

using emulator::entry;

constexpr auto* records
  = "/apis/alibabacloud.com/v1beta1/namespaces/default/poddnats";

/// The n-th entry of those that fit, modulo their number.
template <class Fits>
std::optional<entry> pick(const emulator::cloud& at, uint32_t n, Fits fits) {
  std::vector<entry> list;
  for (const auto& [id, gateway] : at.gateways())
    gateway.table.for_each([&](const entry& x) {
      if (fits(x) && x.state == emulator::entry_state::available)
        list.push_back(x);
    });
  if (list.empty())
    return std::nullopt;
  return list[n % list.size()];
}

} // namespace

void meddler::take_entry(const act& x) {
  auto& cloud = at_.cloud().resources();
  if (auto found = pick(cloud, x.value, [this](const entry& y) {
        return y.name.starts_with(prefix_);
      }))
    (void)cloud.foreign_delete(found->id);
}

void meddler::edit_entry(const act& x) {
  auto& cloud = at_.cloud().resources();
  auto found = pick(cloud, x.value, [this](const entry& y) {
    return y.name.starts_with(prefix_);
  });
  if (!found)
    return;
  found->internal.first = static_cast<uint16_t>(20'000 + x.value % 1'000);
  (void)cloud.foreign_modify(*found);
}

/// An entry of somebody else in the midst of our ports: named, nameless, or of
/// the controller in another cluster.
void meddler::add_entry(const act& x) {
  constexpr std::array names{"theirs", "",
                             "natgw.aaaaaaaaaa.abcdefghijklmnopqrstuvwxyz.0"};
  auto& cloud = at_.cloud().resources();
  const auto& gateways = cloud.gateways();
  auto where = gateways.begin();
  std::advance(where, x.slot % gateways.size());
  if (where->second.eips.empty())
    return;
  entry y;
  y.name = names[x.value % names.size()];
  y.external = {.address = *emulator::parse_ipv4(where->second.eips.front()),
                .first = static_cast<uint16_t>(1'000 + x.value % 128)};
  y.internal = {.address = *emulator::parse_ipv4("172.16.200.1"),
                .first = static_cast<uint16_t>(1 + x.value)};
  (void)cloud.foreign_create(where->first, y);
}

/// Fills each table with entries that are none of ours, away from our ports.
void meddler::furnish(uint32_t count) {
  auto& cloud = at_.cloud().resources();
  for (const auto& [id, where] : cloud.gateways()) {
    if (where.eips.empty())
      continue;
    for (uint32_t i = 0; i < count; ++i) {
      entry y;
      y.name = "theirs";
      y.external = {.address = *emulator::parse_ipv4(where.eips.front()),
                    .first = static_cast<uint16_t>(200 + i)};
      y.internal = {.address = *emulator::parse_ipv4("172.16.201.1"),
                    .first = static_cast<uint16_t>(200 + i)};
      (void)cloud.foreign_create(id, y);
    }
  }
}

/// They clear away what is theirs.
void meddler::drop_own(const act& x) {
  auto& cloud = at_.cloud().resources();
  if (auto found = pick(cloud, x.value, [this](const entry& y) {
        return !y.name.starts_with(prefix_);
      }))
    (void)cloud.foreign_delete(found->id);
}

void meddler::lose_eip(const act& x) {
  auto& cloud = at_.cloud().resources();
  const auto& gateways = cloud.gateways();
  auto where = gateways.begin();
  std::advance(where, x.slot % gateways.size());
  if (!lost_eip_.empty() || where->second.eips.empty())
    return;
  lost_eip_ = where->second.eips[x.value % where->second.eips.size()];
  lost_from_ = where->first;
  (void)cloud.unbind_eip(lost_eip_);
}

void meddler::return_eip(instant) {
  if (lost_eip_.empty())
    return;
  (void)at_.cloud().resources().bind_eip(lost_from_, lost_eip_);
  lost_eip_.clear();
}

void meddler::play(const act& x, instant now) {
  auto record = fmt::format("{}/{}", records, player::name_of(x.slot));
  switch (x.what) {
    case deed::take_entry:
      return take_entry(x);
    case deed::edit_entry:
      return edit_entry(x);
    case deed::add_entry:
      return add_entry(x);
    case deed::drop_own:
      return drop_own(x);
    case deed::lose_eip:
      return lose_eip(x);
    case deed::return_eip:
      return return_eip(now);
    case deed::delete_record:
      at_.ask("DELETE", record, {}, now);
      return;
    case deed::clear_status:
      at_.ask("PATCH", record + "/status", R"({"status":{"entries":[]}})", now);
      return;
    default:
      return;
  }
}

} // namespace natgw::simulation
