#include "clients/kube/record_spec.hpp"

#include <algorithm>

#include "clients/kube/intent_codec.hpp"
#include "clients/kube/port_text.hpp"

namespace natgw::kube {

namespace {

using port_pairs = std::vector<std::pair<std::string, std::string>>;

// Adds one element of portMapping: what it exposes is an item, the pieces it
// got outside are runs.
bool add_mapping(const std::pair<std::string, std::string>& ports,
                 protocol proto, intent& out) {
  auto external = parse_port_list(ports.first);
  auto internal = core::parse_ports(ports.second);
  if (!external || !internal)
    return false;
  uint32_t next = internal->first;
  const uint32_t end = next + internal->count;
  out.items.push_back({proto, internal->first, internal->count});
  for (auto& piece : *external) {
    if (next + piece.count > end || out.runs.size() == UINT16_MAX)
      return false;
    out.runs.push_back({static_cast<uint16_t>(out.runs.size()), proto,
                        piece.first, static_cast<uint16_t>(next), piece.count});
    next += piece.count;
  }
  return next == end;
}

expected<intent> from_spec(const record_spec& spec,
                           std::string_view owner_pod_uid) {
  auto proto = parse_protocol(spec.protocol);
  if (!proto)
    return fail(ec::malformed, "spec.protocol is neither tcp nor udp");
  intent x;
  x.gateway = spec.table_id;
  x.zone = spec.zone_id;
  x.external_ip = spec.external_ip;
  x.internal_ip = spec.internal_ip;
  x.pod_uid = owner_pod_uid;
  x.fixed = owner_pod_uid.empty();
  for (auto& ports : spec.ports)
    if (!add_mapping(ports, *proto, x))
      return fail(ec::malformed, "spec.portMapping has no valid ports");
  if (auto ok = check_intent(x); !ok)
    return fail(ec::malformed, "spec: " + ok.error().detail);
  return x;
}

bool agrees(const intent& x, const record_spec& spec) {
  port_pairs promised;
  for (auto& item : project_items(x))
    promised.emplace_back(item.external, item.internal);
  auto shown = spec.ports;
  std::ranges::sort(promised);
  std::ranges::sort(shown);
  return x.gateway == spec.table_id && x.external_ip == spec.external_ip
         && promised == shown;
}

expected<intent> from_annotation(const std::string* annotation,
                                 const record_spec& spec) {
  if (annotation == nullptr)
    return fail(ec::malformed, "there is no intent annotation");
  auto x = decode_intent(*annotation);
  if (x && !agrees(*x, spec))
    return fail(ec::malformed, "the intent and spec say different things");
  return x;
}

} // namespace

believed believe(const std::string* annotation, const record_spec& spec,
                 std::string_view owner_pod_uid) {
  auto promise = from_annotation(annotation, spec);
  if (promise)
    return {std::move(*promise), {}};
  believed result;
  result.problem = promise.error().detail;
  if (auto other = from_spec(spec, owner_pod_uid))
    result.promise = std::move(*other);
  else
    result.problem += "; " + other.error().detail;
  return result;
}

} // namespace natgw::kube
