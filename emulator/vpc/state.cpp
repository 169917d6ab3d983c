#include "emulator/vpc/state.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <string>

#include "emulator/vpc/api_request.hpp"

namespace natgw::emulator {

namespace {

using nlohmann::json;

json render(const entry& x) {
  return {{"id", x.id},
          {"name", x.name},
          {"external_ip", format_ipv4(x.external.address)},
          {"external_port", port_text(x.external)},
          {"internal_ip", format_ipv4(x.internal.address)},
          {"internal_port", port_text(x.internal)},
          {"protocol", to_string(x.external.protocol)},
          {"port_break", x.port_break},
          {"status", to_string(x.state)}};
}

json render(const call_record& x) {
  return {{"number", x.number},
          {"at_ns", x.at.time_since_epoch().count()},
          {"at", format_timestamp(x.wall, true)},
          {"action", x.action},
          {"gateway", x.gateway},
          {"status", x.status},
          {"code", x.code},
          {"signature", to_string(x.signature)},
          {"client_token", x.client_token},
          {"user_agent", x.user_agent},
          {"parameters_hash", std::to_string(x.parameters_hash)},
          {"entry_id", x.entry_id},
          {"request_id", x.request_id},
          {"committed", x.committed},
          {"replayed", x.replayed},
          {"fault", x.fault}};
}

json render(const entry_change& x) {
  return {{"number", x.number},
          {"at_ns", x.at.time_since_epoch().count()},
          {"at", format_timestamp(x.wall, true)},
          {"gateway", x.gateway},
          {"id", x.id},
          {"name", x.name},
          {"external_ip", x.external_ip},
          {"external_port", x.external_port},
          {"internal_ip", x.internal_ip},
          {"internal_port", x.internal_port},
          {"count", x.count},
          {"protocol", to_string(x.protocol)},
          {"status", to_string(x.state)},
          {"foreign", x.foreign}};
}

json render_gateways(const cloud& at) {
  auto result = json::array();
  for (const auto& [id, x] : at.gateways()) {
    auto entries = json::array();
    x.table.for_each([&](const entry& y) { entries.push_back(render(y)); });
    result.push_back({{"id", id},
                      {"zone", x.zone},
                      {"table_id", x.table_id},
                      {"status", x.status},
                      {"financial_locked", x.financial_locked},
                      {"only_errors", x.only_errors},
                      {"eips", x.eips},
                      {"pending", x.table.pending()},
                      {"quota", at.behaviour.quota},
                      {"entries", std::move(entries)}});
  }
  return result;
}

json render_eips(const cloud& at) {
  auto result = json::array();
  for (const auto& [address, x] : at.eips())
    result.push_back({{"address", address},
                      {"allocation_id", x.allocation_id},
                      {"gateway", x.gateway},
                      {"snat", x.snat},
                      {"locked", x.locked},
                      {"ready", x.ready <= at.now()}});
  return result;
}

json render_counters(const call_counters& x) {
  return {{"calls", x.calls},
          {"by_action", x.by_action},
          {"unsigned_or_badly_signed", x.unsigned_or_badly_signed},
          {"throttled", x.throttled},
          {"conflicts", x.conflicts},
          {"barriers", x.barriers},
          {"faults", x.faults}};
}

/// The records after number `since`, at most `limit`. Numbers ascend.
template <class Records>
json render_since(const Records& records, uint64_t since, uint64_t limit) {
  auto next = std::ranges::upper_bound(records, since, {},
                                       &Records::value_type::number);
  auto result = json::array();
  for (; next != records.end() && result.size() < limit; ++next)
    result.push_back(render(*next));
  return result;
}

uint64_t number_of(const parameters& x, std::string_view name,
                   uint64_t otherwise) {
  const auto found = x.find(name);
  if (found == x.end())
    return otherwise;
  uint64_t result = otherwise;
  const auto& text = found->second;
  std::from_chars(text.data(), text.data() + text.size(), result);
  return result;
}

} // namespace

serving::response state_answer(const cloud& at, const serving::request& x) {
  if (x.method != "GET")
    return serving::response::text(405, "GET only\n");
  const auto asked = decode_parameters(x.query()).value_or(parameters{});
  const auto only = asked.find("only");
  const auto wants = [&](std::string_view part) {
    return only == asked.end()
           || ("," + only->second + ",").find("," + std::string{part} + ",")
                != std::string::npos;
  };
  json body{{"now_ns", at.now().time_since_epoch().count()},
            {"region", at.region},
            {"vpc_id", at.vpc_id},
            {"last_number", at.log.last_number()},
            {"forgotten", at.log.forgotten()}};
  if (wants("tables"))
    body["gateways"] = render_gateways(at);
  if (wants("eips"))
    body["eips"] = render_eips(at);
  if (wants("counters"))
    body["counters"] = render_counters(at.log.counters());
  if (wants("log")) {
    const auto since = number_of(asked, "since", 0);
    const auto limit = number_of(asked, "limit", 10'000);
    body["calls"] = render_since(at.log.calls(), since, limit);
    body["changes"] = render_since(at.log.changes(), since, limit);
  }
  return serving::response::json(
    200, body.dump(-1, ' ', false, json::error_handler_t::replace));
}

} // namespace natgw::emulator
