#include "test/simulation/meddler.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "emulator/kube/json_access.hpp"
#include "test/simulation/player.hpp"

namespace natgw::simulation {

namespace {

using emulator::entry;
using nlohmann::json;

constexpr auto* records
  = "/apis/alibabacloud.com/v1beta1/namespaces/default/poddnats";

constexpr auto* intent = "k8s.aliyun.com/pod-dnat-intent";

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

bool meddler::is_ours(std::string_view name) const {
  return name.starts_with(prefixes_.front());
}

void meddler::crowd(size_t entries) {
  auto& cloud = at_.cloud().resources();
  for (const auto& [id, gateway] : cloud.gateways())
    for (size_t i = 0; i < entries && !gateway.eips.empty(); ++i) {
      entry y;
      y.name = fmt::format("theirs-{}", i);
      y.external = {.address = *emulator::parse_ipv4(gateway.eips.front()),
                    .first = static_cast<uint16_t>(30'000 + i)};
      y.internal = {.address = *emulator::parse_ipv4("172.18.0.1"),
                    .first = static_cast<uint16_t>(1 + i)};
      (void)cloud.foreign_create(id, y);
    }
}

void meddler::take_entry(const act& x) {
  auto& cloud = at_.cloud().resources();
  auto found = pick(cloud, x.value,
                    [this](const entry& y) { return is_ours(y.name); });
  if (found && cloud.foreign_delete(found->id))
    seen_.add(mishap::entry_edited);
}

void meddler::edit_entry(const act& x) {
  auto& cloud = at_.cloud().resources();
  auto found = pick(cloud, x.value,
                    [this](const entry& y) { return is_ours(y.name); });
  if (!found)
    return;
  found->internal.first = static_cast<uint16_t>(20'000 + x.value % 1'000);
  if (cloud.foreign_modify(*found))
    seen_.add(mishap::entry_edited);
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
  const auto is_theirs = [this](const entry& y) {
    return std::ranges::none_of(prefixes_, [&y](const std::string& prefix) {
      return y.name.starts_with(prefix);
    });
  };
  if (auto found = pick(cloud, x.value, is_theirs))
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
  if (cloud.unbind_eip(lost_eip_))
    seen_.add(mishap::eip_removed);
}

/// For good; one stays.
void meddler::lose_gateway(const act& x) {
  auto& cloud = at_.cloud().resources();
  const auto& gateways = cloud.gateways();
  if (gateways.size() < 2)
    return;
  auto where = std::next(gateways.begin(),
                         static_cast<std::ptrdiff_t>(x.slot % gateways.size()));
  lost_gateway_ = where->first;
  stranded_eips_ = where->second.eips;
  if (cloud.remove_gateway(lost_gateway_))
    seen_.add(mishap::gateway_removed);
}

void meddler::return_eip(instant) {
  if (lost_eip_.empty())
    return;
  (void)at_.cloud().resources().bind_eip(lost_from_, lost_eip_);
  lost_eip_.clear();
}

// -- records ------------------------------------------------------------------

namespace {

const json* find_record(servers& at, uint32_t slot) {
  const auto& objects = at.cluster().objects();
  auto found = objects.find(*objects.types().find("poddnats"),
                            "default/" + player::name_of(slot));
  return found ? &found->body() : nullptr;
}

} // namespace

/// Takes our note away, spoils it, or writes into the spec.
void meddler::edit_record(const act& x, instant now) {
  if (find_record(at_, x.slot) == nullptr)
    return;
  json body;
  switch (x.value % 4) {
    case 0:
      body["metadata"]["annotations"][intent] = nullptr;
      break;
    case 1:
      body["metadata"]["annotations"][intent] = "{";
      break;
    case 2:
      body["metadata"]["finalizers"] = nullptr;
      break;
    default:
      body["spec"]["internalIP"] = "203.0.113.9";
  }
  auto name = player::name_of(x.slot);
  auto got = at_.ask("PATCH", fmt::format("{}/{}", records, name), body.dump(),
                     now);
  if (got.status == 200)
    seen_.add(mishap::record_edited);
}

/// A copy of a record under another name: it promises what another one does,
/// with our finalizer and without an owner.
void meddler::forge_record(const act& x, instant now) {
  const auto* model = find_record(at_, x.slot);
  if (model == nullptr)
    return;
  auto name = fmt::format("forged-{}", x.value % 4);
  json body{{"apiVersion", "alibabacloud.com/v1beta1"},
            {"kind", "PodDNAT"},
            {"metadata",
             {{"name", name},
              {"finalizers", {"natgw-controller"}},
              {"annotations",
               {{intent, emulator::kube::text(
                           *model, {"metadata", "annotations", intent})}}}}}};
  if (const auto* spec = emulator::kube::look(*model, {"spec"}))
    body["spec"] = *spec;
  auto got = at_.ask("POST", records, body.dump(), now);
  if (got.status == 201)
    seen_.add(mishap::record_forged);
}

void meddler::take_forged(instant now) {
  for (auto i = 0; i < 4; ++i)
    at_.ask("DELETE", fmt::format("{}/forged-{}", records, i), {}, now);
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
    case deed::lose_gateway:
      return lose_gateway(x);
    case deed::edit_record:
      return edit_record(x, now);
    case deed::forge_record:
      return forge_record(x, now);
    case deed::delete_record:
      if (at_.ask("DELETE", record, {}, now).status == 200)
        seen_.add(mishap::record_deleted);
      return;
    case deed::clear_status:
      at_.ask("PATCH", record + "/status", R"({"status":{"entries":[]}})", now);
      return;
    default:
      return;
  }
}

} // namespace natgw::simulation
