#include "test/simulation/facts.hpp"

#include <algorithm>
#include <string_view>

#include "clients/kube/pod_body.hpp"
#include "emulator/kube/json_access.hpp"
#include "emulator/kube/target.hpp"

namespace natgw::simulation {

namespace {

using emulator::kube::json;
using emulator::kube::look;
using emulator::kube::text;

std::string_view note(const json& body, std::string_view name) {
  return text(body, {"metadata", "annotations", name});
}

bool is_stateful(const json& pod) {
  const auto* owners = look(pod, {"metadata", "ownerReferences"});
  if (owners == nullptr || owners->empty())
    return true;
  return text((*owners)[0], {"kind"}) == "StatefulSet";
}

bool is_switched_on(const json& pod) {
  const auto* notes = look(pod, {"metadata", "annotations"});
  if (notes == nullptr || !notes->contains("k8s.aliyun.com/pod-dnat"))
    return false;
  auto value = note(pod, "k8s.aliyun.com/pod-dnat");
  return value.empty() || value == "true";
}

/// "80,7000-7001", with one protocol for all: what the player writes.
std::set<inner_port> ports_of(const json& pod) {
  std::set<inner_port> result;
  auto list = note(pod, "k8s.aliyun.com/pod-dnat-expose-port");
  auto udp = note(pod, "k8s.aliyun.com/pod-dnat-expose-protocol") == "udp";
  while (!list.empty()) {
    auto item = list.substr(0, list.find(','));
    list.remove_prefix(std::min(item.size() + 1, list.size()));
    auto dash = item.find('-');
    auto first = emulator::kube::parse_number(item.substr(0, dash));
    auto last = dash == std::string_view::npos
                  ? first
                  : emulator::kube::parse_number(item.substr(dash + 1));
    for (auto port = first.value_or(1); port <= last.value_or(0); ++port)
      result.emplace(udp ? "udp" : "tcp", static_cast<int>(port));
  }
  return result;
}

/// The runs of the intent: [n, protocol, external, internal, count].
void read_promise(record_fact& to, const json& body) {
  auto intent
    = emulator::kube::parse_json(note(body, "k8s.aliyun.com/pod-dnat-intent"));
  const auto* runs = intent ? look(*intent, {"runs"}) : nullptr;
  if (runs == nullptr || !runs->is_array())
    return;
  to.pod_uid = text(*intent, {"uid"});
  std::string ip{text(*intent, {"ext"})};
  for (const auto& run : *runs) {
    if (!run.is_array() || run.size() != 5 || !run[1].is_string())
      return;
    auto proto = run[1].get<std::string>();
    for (auto i = 0; i < run[4].get<int>(); ++i)
      to.promised[{proto, run[3].get<int>() + i}] = {ip, run[2].get<int>() + i,
                                                     proto};
  }
}

/// Reads the conditions. Returns false if our gate is closed.
bool read_conditions(pod_fact& to, const json& pod) {
  const auto* gates = look(pod, {"spec", "readinessGates"});
  auto open = gates == nullptr || gates->empty();
  const auto* list = look(pod, {"status", "conditions"});
  if (list == nullptr)
    return open;
  for (const auto& x : *list) {
    auto type = text(x, {"type"});
    if (type != kube::gate_condition)
      to.conditions.emplace(type);
    else
      open = open || text(x, {"status"}) == "True";
  }
  return open;
}

} // namespace

pod_fact pod_fact_of(const emulator::kube::change& x) {
  const auto& body = x.now->body();
  pod_fact result;
  result.at = x.at;
  result.key = x.key;
  result.uid = emulator::kube::uid_of(body);
  result.present = x.kind != emulator::kube::change_kind::deleted;
  result.terminating = emulator::kube::is_deleting(body);
  auto phase = text(body, {"status", "phase"});
  result.finished = phase == "Succeeded" || phase == "Failed";
  result.ip = text(body, {"status", "podIP"});
  result.scheduled = !text(body, {"spec", "nodeName"}).empty();
  result.wants = is_switched_on(body);
  result.ports = ports_of(body);
  result.fixed = note(body, "k8s.aliyun.com/pod-dnat-fixed") == "true"
                 && is_stateful(body);
  auto open = read_conditions(result, body);
  auto told = note(body, "k8s.aliyun.com/pod-dnat-status");
  result.told_ready = open && told.contains(R"("state":"ready")");
  return result;
}

record_fact record_fact_of(const emulator::kube::change& x) {
  emulator::kube::history reader;
  reader.add(x);
  const auto& seen = reader.records().back();
  const auto& body = x.now->body();
  record_fact result{.at = x.at,
                     .key = x.key,
                     .uid = seen.uid,
                     .present = seen.present,
                     .deleting = emulator::kube::is_deleting(body),
                     .fixed = true,
                     .gateway = std::string{text(body, {"spec", "tableId"})},
                     .names = seen.names,
                     .shown = seen.shown,
                     .promised = {},
                     .pod_uid = {}};
  if (const auto* owners = look(body, {"metadata", "ownerReferences"}))
    result.fixed = std::ranges::none_of(*owners, [](const json& owner) {
      return text(owner, {"kind"}) == "Pod";
    });
  if (result.present)
    read_promise(result, body);
  return result;
}

} // namespace natgw::simulation
