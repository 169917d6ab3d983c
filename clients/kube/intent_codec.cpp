#include "clients/kube/intent_codec.hpp"

#include <algorithm>
#include <concepts>
#include <iterator>
#include <limits>
#include <map>
#include <utility>

#include "clients/kube/json_writer.hpp"
#include "clients/kube/port_text.hpp"
#include "clients/kube/reader.hpp"

namespace natgw::kube {

namespace {

constexpr uint64_t version = 1;

void write_owner(json_writer& out, const owner_ref& x) {
  if (x == owner_ref{})
    return;
  out.key("own").begin_array();
  out.string(x.api_version).string(x.kind).string(x.name).string(x.uid);
  out.end_array();
}

void write_ports(json_writer& out, const intent& x) {
  out.key("items").begin_array();
  for (auto& item : x.items)
    out.begin_array()
      .string(to_string(item.proto))
      .number(item.first)
      .number(item.count)
      .end_array();
  out.end_array().key("runs").begin_array();
  for (auto& run : x.runs)
    out.begin_array()
      .number(run.n)
      .string(to_string(run.proto))
      .number(run.external)
      .number(run.internal)
      .number(run.count)
      .end_array();
  out.end_array();
}

template <std::unsigned_integral T>
json::error_code read_number(json::value& from, T& out) {
  uint64_t x = 0;
  if (auto code = from.get_uint64().get(x); code != json::SUCCESS)
    return code;
  if (x > std::numeric_limits<T>::max())
    return simdjson::NUMBER_OUT_OF_RANGE;
  out = static_cast<T>(x);
  return json::SUCCESS;
}

json::error_code read_part(json::value& from, std::string& out) {
  return json::read_text(from, out);
}

json::error_code read_part(json::value& from, uint16_t& out) {
  return read_number(from, out);
}

json::error_code read_part(json::value& from, protocol& out) {
  std::string name;
  if (auto code = json::read_text(from, name); code != json::SUCCESS)
    return code;
  auto proto = parse_protocol(name);
  out = proto.value_or(protocol::tcp);
  return proto ? json::SUCCESS : simdjson::INCORRECT_TYPE;
}

// Reads an array of exactly these parts.
template <class... Parts>
json::error_code read_tuple(json::value& from, Parts&... parts) {
  size_t seen = 0;
  auto code = json::each_element(from, [&](json::value& item) {
    size_t position = 0;
    auto result = json::SUCCESS;
    bool taken
      = ((position++ == seen ? (result = read_part(item, parts), true) : false)
         || ...);
    ++seen;
    return taken ? result : simdjson::INCORRECT_TYPE;
  });
  if (code != json::SUCCESS)
    return code;
  return seen == sizeof...(Parts) ? json::SUCCESS : simdjson::INCORRECT_TYPE;
}

struct decoded {
  uint64_t v = 0;
  intent x;
};

json::error_code read_items(json::value& from, intent& x) {
  x.items.clear();
  return json::each_element(from, [&](json::value& item) {
    auto& next = x.items.emplace_back();
    return read_tuple(item, next.proto, next.first, next.count);
  });
}

json::error_code read_runs(json::value& from, intent& x) {
  x.runs.clear();
  return json::each_element(from, [&](json::value& item) {
    auto& next = x.runs.emplace_back();
    return read_tuple(item, next.n, next.proto, next.external, next.internal,
                      next.count);
  });
}

json::error_code read_member(std::string_view key, json::value& item,
                             decoded& out) {
  auto& x = out.x;
  if (key == "v")
    return read_number(item, out.v);
  if (key == "gw")
    return json::read_text(item, x.gateway);
  if (key == "z")
    return json::read_text(item, x.zone);
  if (key == "ext")
    return json::read_text(item, x.external_ip);
  if (key == "int")
    return json::read_text(item, x.internal_ip);
  if (key == "uid")
    return json::read_text(item, x.pod_uid);
  if (key == "own")
    return read_tuple(item, x.workload.api_version, x.workload.kind,
                      x.workload.name, x.workload.uid);
  if (key == "fix")
    return item.get_bool().get(x.fixed);
  if (key == "try")
    return read_number(item, x.attempt);
  if (key == "ep")
    return read_number(item, x.epoch);
  if (key == "items")
    return read_items(item, x);
  if (key == "runs")
    return read_runs(item, x);
  return json::SUCCESS;
}

json::error_code read_intent(json_text text, decoded& out) {
  json::reading source{1};
  json::object root;
  if (auto code = source.open(text); code != json::SUCCESS)
    return code;
  if (auto code = source.doc().get_object().get(root); code != json::SUCCESS)
    return code;
  auto code = json::each_member(root,
                                [&](std::string_view key, json::value& item) {
                                  return read_member(key, item, out);
                                });
  return code == json::SUCCESS ? source.finish() : code;
}

// Joins a span that continues the last one.
void add_span(std::vector<core::port_span>& spans, core::port_span next) {
  if (!spans.empty() && uint32_t{spans.back().last()} + 1 == next.first)
    spans.back().count = static_cast<uint16_t>(spans.back().count + next.count);
  else
    spans.push_back(next);
}

// The runs by the first port they lead to.
using run_index = std::map<std::pair<protocol, uint32_t>, const port_run*>;

std::vector<core::port_span> external_spans(const port_item& item,
                                            const run_index& runs) {
  std::vector<core::port_span> result;
  auto end = uint32_t{item.first} + item.count;
  for (uint32_t port = item.first; port < end;) {
    auto next = runs.upper_bound({item.proto, port});
    if (next == runs.begin())
      break;
    auto& run = *std::prev(next)->second;
    auto offset = port - run.internal;
    if (run.proto != item.proto || offset >= run.count)
      break;
    auto count = std::min(run.count - offset, end - port);
    add_span(result, {static_cast<uint16_t>(run.external + offset),
                      static_cast<uint16_t>(count)});
    port += count;
  }
  return result;
}

} // namespace

std::string encode_intent(const intent& x) {
  json_writer out;
  out.begin_object().member_number("v", version).member("gw", x.gateway);
  if (!x.zone.empty())
    out.member("z", x.zone);
  out.member("ext", x.external_ip);
  if (!x.internal_ip.empty())
    out.member("int", x.internal_ip);
  if (!x.pod_uid.empty())
    out.member("uid", x.pod_uid);
  write_owner(out, x.workload);
  if (x.fixed)
    out.key("fix").boolean(true);
  if (x.attempt != 0)
    out.member_number("try", x.attempt);
  if (x.epoch != 0)
    out.member_number("ep", x.epoch);
  write_ports(out, x);
  return out.end_object().take();
}

expected<intent> decode_intent(std::string_view text) {
  std::string copy{text};
  decoded result;
  auto code = read_intent(pad(copy), result);
  // The version first: a newer one may well have other types.
  if (result.v > version)
    return fail(ec::malformed, "the intent has version "
                                 + std::to_string(result.v)
                                 + ", which this program does not know");
  if (code != json::SUCCESS)
    return json::malformed(code, "the intent");
  if (result.v != version)
    return fail(ec::malformed, "the intent has no version");
  if (auto ok = check_intent(result.x); !ok)
    return fail(ec::malformed, "the intent: " + ok.error().detail);
  return std::move(result.x);
}

std::vector<item_ports> project_items(const intent& x) {
  run_index runs;
  for (auto& run : x.runs)
    runs.emplace(std::pair{run.proto, uint32_t{run.internal}}, &run);
  std::vector<item_ports> result;
  result.reserve(x.items.size());
  for (auto& item : x.items)
    result.push_back({item.proto, format_port_list(external_spans(item, runs)),
                      core::format_ports({item.first, item.count})});
  return result;
}

} // namespace natgw::kube
