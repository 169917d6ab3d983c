#include "core/pool/rules.hpp"

#include <algorithm>
#include <utility>

#include "core/grouping.hpp"

namespace natgw::core {

namespace {

/// Orphans up to this number never stop the clean-up.
constexpr size_t few_orphans = 10;

constexpr std::string_view nudge_mark = R"(,"nudge":)";

/// How many ports of the item the run maps.
uint32_t shared_ports(const port_run& run, const port_item& item) {
  if (run.proto != item.proto)
    return 0;
  auto first = std::max<uint32_t>(run.internal, item.first);
  auto last = std::min<uint32_t>(run.internal + run.count,
                                 item.first + item.count);
  return first < last ? last - first : 0;
}

} // namespace

bool is_for_another(const record_view& record, const pod_view& pod) {
  if (record.promise)
    return !record.promise->fixed && record.promise->pod_uid != pod.uid;
  return !record.owner_pod_uid.empty() && record.owner_pod_uid != pod.uid;
}

promise_rank rank_of(const record_view* record, bool stands) {
  promise_rank result;
  result.stands = stands;
  if (record == nullptr)
    return result;
  if (record->promise)
    result.epoch = record->promise->epoch;
  result.created = record->created;
  result.uid = record->uid;
  return result;
}

bool outranks(const promise_rank& a, const promise_rank& b) {
  if (a.stands != b.stands)
    return a.stands;
  if (a.epoch != b.epoch)
    return a.epoch > b.epoch;
  return std::pair{a.created, a.uid} < std::pair{b.created, b.uid};
}

bool too_many_orphans(size_t orphans, size_t entries, uint32_t limit_percent) {
  return orphans > few_orphans && orphans * 100 > entries * limit_percent;
}

std::vector<status_entry>
show_items(std::span<const port_item> items, std::span<const shown_run> runs,
           const std::string& external_ip, const std::string& internal_ip) {
  std::vector<status_entry> result;
  std::vector<port_run> all;
  for (const auto& x : runs)
    all.push_back(x.run);
  auto shown = views(items, all);
  for (size_t i = 0; i < shown.size(); ++i) {
    uint32_t covered = 0;
    for (const auto& run : all)
      covered += shared_ports(run, items[i]);
    if (covered != items[i].count)
      continue;
    auto first = std::ranges::find(runs, shown[i].entries.front(),
                                   [](const shown_run& x) { return x.run.n; });
    result.push_back({.external_ip = external_ip,
                      .external_port = shown[i].external,
                      .forward_entry_id = first->id,
                      .internal_ip = internal_ip,
                      .internal_port = shown[i].internal,
                      .proto = items[i].proto});
  }
  return result;
}

std::string pod_annotation(std::string_view state, std::string_view external_ip,
                           std::span<const port_run> runs,
                           std::string_view gateway) {
  std::string result = R"({"state":")";
  result.append(state).append(R"(","externalIP":")").append(external_ip);
  result += R"(","ports":[)";
  auto separator = "";
  for (const auto& run : runs) {
    result.append(std::exchange(separator, ","))
      .append(R"({"external":)")
      .append(std::to_string(run.external))
      .append(R"(,"internal":)")
      .append(std::to_string(run.internal))
      .append(R"(,"protocol":")")
      .append(to_string(run.proto))
      .append("\"");
    if (run.count > 1)
      result.append(R"(,"count":)").append(std::to_string(run.count));
    result += "}";
  }
  return result.append(R"(],"gateway":")").append(gateway).append(R"("})");
}

std::string with_nudge(std::string text, uint32_t number) {
  text.pop_back();
  return text.append(nudge_mark).append(std::to_string(number)).append("}");
}

std::string without_nudge(const std::string& text) {
  auto mark = text.rfind(nudge_mark);
  return mark == std::string::npos ? text : text.substr(0, mark) + "}";
}

} // namespace natgw::core
