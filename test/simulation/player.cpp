#include "test/simulation/player.hpp"

#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "clients/kube/pod_body.hpp"
#include "emulator/kube/json_access.hpp"

namespace natgw::simulation {

namespace {

using nlohmann::json;

constexpr auto* pods = "/api/v1/namespaces/default/pods";
constexpr auto* sets = "/apis/apps/v1/namespaces/default/statefulsets";
constexpr auto* records
  = "/apis/alibabacloud.com/v1beta1/namespaces/default/poddnats";

std::string port_list(uint32_t choice) {
  constexpr std::array lists{"7777", "80,443", "7000-7003", "80,7000-7001"};
  return lists[choice % lists.size()];
}

} // namespace

player::player(servers& at, sightings& seen, instant now, size_t realm)
  : at_{at},
    seen_{seen},
    realm_{realm} {
  auto made = ask("POST", sets,
                  json{{"apiVersion", "apps/v1"},
                       {"kind", "StatefulSet"},
                       {"metadata", {{"name", "game"}}}}
                    .dump(),
                  now);
  workload_uid_ = json::parse(made.body)["metadata"]["uid"];
}

emulator::kube::response player::ask(std::string method, std::string target,
                                     std::string body, instant now) {
  return at_.ask(std::move(method), std::move(target), std::move(body), now,
                 realm_);
}

std::string player::name_of(uint32_t slot) {
  return fmt::format("game-{}", slot);
}

bool player::exists(uint32_t slot) const {
  const auto& objects = at_.cluster(realm_).objects();
  return objects.find(*objects.types().find("pods"),
                      fmt::format("default/{}", name_of(slot)))
         != nullptr;
}

void player::create(uint32_t slot, instant now) {
  if (exists(slot))
    return;
  if (realm_ == 0)
    ++lives_;
  json annotations{{"k8s.aliyun.com/pod-dnat", "true"},
                   {"k8s.aliyun.com/pod-dnat-expose-port", port_list(slot)},
                   {"k8s.aliyun.com/pod-dnat-expose-protocol",
                    slot % 2 == 0 ? "udp" : "TCP"}};
  if (is_fixed(slot))
    annotations["k8s.aliyun.com/pod-dnat-fixed"] = "true";
  json pod{{"apiVersion", "v1"},
           {"kind", "Pod"},
           {"metadata",
            {{"name", name_of(slot)},
             {"annotations", annotations},
             {"ownerReferences",
              {{{"apiVersion", "apps/v1"},
                {"kind", "StatefulSet"},
                {"name", "game"},
                {"uid", workload_uid_},
                {"controller", true}}}}}},
           {"spec", {{"containers", {{{"name", "game"}, {"image", "game"}}}}}}};
  if (has_gate(slot))
    pod["spec"]["readinessGates"]
      = json::array({{{"conditionType", kube::gate_condition}}});
  ask("POST", pods, pod.dump(), now);
}

void player::kill(uint32_t slot, instant now) {
  ask("DELETE", fmt::format("{}/{}?gracePeriodSeconds=0", pods, name_of(slot)),
      {}, now);
}

void player::patch(uint32_t slot, const std::string& name,
                   const std::string& value, instant now) {
  json body;
  body["metadata"]["annotations"][name] = value;
  ask("PATCH", fmt::format("{}/{}", pods, name_of(slot)), body.dump(), now);
}

void player::finish(uint32_t slot, bool evicted, instant now) {
  json body;
  body["status"]["phase"] = evicted ? "Failed" : "Succeeded";
  ask("PATCH", fmt::format("{}/{}/status", pods, name_of(slot)), body.dump(),
      now);
}

/// A node is moved to the other zone, or loses the label that names it.
void player::move_node(const act& x, instant now) {
  json zone;
  if (x.value % 5 != 0)
    zone = fmt::format("cn-hangzhou-{}", x.value % 2 == 0 ? 'h' : 'i');
  json body;
  body["metadata"]["labels"]["topology.kubernetes.io/zone"] = zone;
  auto got = ask("PATCH", fmt::format("/api/v1/nodes/node-{}", x.slot % 6 + 1),
                 body.dump(), now);
  if (got.status == 200)
    seen_.add(mishap::zone_changed);
}

void player::play(const act& x, instant now) {
  const auto stands = exists(x.slot);
  const auto note = [&](mishap y) {
    if (stands && realm_ == 0)
      seen_.add(y);
  };
  switch (x.what) {
    case deed::create:
      return create(x.slot, now);
    case deed::remove:
      ask("DELETE", fmt::format("{}/{}", pods, name_of(x.slot)), {}, now);
      return;
    case deed::kill:
      note(mishap::pod_killed);
      return kill(x.slot, now);
    case deed::replace:
      note(mishap::pod_replaced);
      kill(x.slot, now);
      return create(x.slot, now);
    case deed::finish:
      note(x.value % 2 == 1 ? mishap::pod_evicted : mishap::pod_completed);
      return finish(x.slot, x.value % 2 == 1, now);
    case deed::move_node:
      return move_node(x, now);
    case deed::change_ports:
      note(mishap::annotations_changed);
      return patch(x.slot, "k8s.aliyun.com/pod-dnat-expose-port",
                   port_list(x.value), now);
    case deed::toggle:
      note(mishap::annotations_changed);
      return patch(x.slot, "k8s.aliyun.com/pod-dnat",
                   x.value % 2 == 0 ? "off" : "true", now);
    default:
      return;
  }
}

void player::tear_down(uint32_t slots, instant now) {
  ask("DELETE", fmt::format("{}/game", sets), {}, now);
  for (uint32_t slot = 0; slot < slots; ++slot)
    kill(slot, now);
}

void player::take_records(uint32_t slots, instant now) {
  for (uint32_t slot = 0; slot < slots; ++slot)
    ask("DELETE", fmt::format("{}/{}", records, name_of(slot)), {}, now);
}

} // namespace natgw::simulation
