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

player::player(servers& at, instant now) : at_{at} {
  auto made = at.ask("POST", sets,
                     json{{"apiVersion", "apps/v1"},
                          {"kind", "StatefulSet"},
                          {"metadata", {{"name", "game"}}}}
                       .dump(),
                     now);
  workload_uid_ = json::parse(made.body)["metadata"]["uid"];
}

std::string player::name_of(uint32_t slot) {
  return fmt::format("game-{}", slot);
}

bool player::exists(uint32_t slot) const {
  const auto& objects = at_.cluster().objects();
  return objects.find(*objects.types().find("pods"),
                      fmt::format("default/{}", name_of(slot)))
         != nullptr;
}

void player::create(uint32_t slot, instant now) {
  if (exists(slot))
    return;
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
  at_.ask("POST", pods, pod.dump(), now);
}

void player::kill(uint32_t slot, instant now) {
  at_.ask("DELETE",
          fmt::format("{}/{}?gracePeriodSeconds=0", pods, name_of(slot)), {},
          now);
}

void player::patch(uint32_t slot, const std::string& name,
                   const std::string& value, instant now) {
  json body;
  body["metadata"]["annotations"][name] = value;
  at_.ask("PATCH", fmt::format("{}/{}", pods, name_of(slot)), body.dump(), now);
}

void player::finish(uint32_t slot, bool evicted, instant now) {
  json body;
  body["status"]["phase"] = evicted ? "Failed" : "Succeeded";
  at_.ask("PATCH", fmt::format("{}/{}/status", pods, name_of(slot)),
          body.dump(), now);
}

void player::play(const act& x, instant now) {
  switch (x.what) {
    case deed::create:
      return create(x.slot, now);
    case deed::remove:
      at_.ask("DELETE", fmt::format("{}/{}", pods, name_of(x.slot)), {}, now);
      return;
    case deed::kill:
      return kill(x.slot, now);
    case deed::replace:
      kill(x.slot, now);
      return create(x.slot, now);
    case deed::finish:
      return finish(x.slot, x.value % 2 == 1, now);
    case deed::change_ports:
      return patch(x.slot, "k8s.aliyun.com/pod-dnat-expose-port",
                   port_list(x.value), now);
    case deed::toggle:
      return patch(x.slot, "k8s.aliyun.com/pod-dnat",
                   x.value % 2 == 0 ? "off" : "true", now);
    default:
      return;
  }
}

void player::tear_down(uint32_t slots, instant now) {
  at_.ask("DELETE", fmt::format("{}/game", sets), {}, now);
  for (uint32_t slot = 0; slot < slots; ++slot)
    kill(slot, now);
}

void player::take_records(uint32_t slots, instant now) {
  for (uint32_t slot = 0; slot < slots; ++slot)
    at_.ask("DELETE", fmt::format("{}/{}", records, name_of(slot)), {}, now);
}

} // namespace natgw::simulation
