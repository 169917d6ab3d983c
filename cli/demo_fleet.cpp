#include "cli/demo_fleet.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <nlohmann/json.hpp>

#include "emulator/kube/api_server.hpp"

namespace natgw::cli {

namespace {

using nlohmann::json;

constexpr auto* pods_url = "/api/v1/namespaces/default/pods";
constexpr auto* zone_label = "topology.kubernetes.io/zone";
constexpr auto* sets_url = "/apis/apps/v1/namespaces/default/statefulsets";

json workload_ref(const std::string& uid) {
  return {{"apiVersion", "apps/v1"},
          {"kind", "StatefulSet"},
          {"name", "game"},
          {"uid", uid},
          {"controller", true}};
}

const emulator::kube::resource& type_of(emulator::kube::api_server& api,
                                        const char* plural) {
  return *api.objects().types().find(plural);
}

} // namespace

demo_fleet::demo_fleet(emulator::kube::server& cluster, std::string token,
                       fleet_wishes wishes)
  : cluster_{cluster},
    authorization_{"Bearer " + std::move(token)},
    wishes_{std::move(wishes)},
    rng_{wishes_.seed} {
  // nop
}

void demo_fleet::send(const std::string& method, const std::string& target,
                      const std::string& body) {
  cluster_.with([&](emulator::kube::api_server& api, instant now) {
    auto answer = api.handle({.method = method,
                              .target = target,
                              .authorization = authorization_,
                              .content_type = "application/json",
                              .user_agent = "demo",
                              .body = body},
                             now);
    // What is to be deleted may have gone with its owner.
    const auto gone = method == "DELETE" && answer.status == 404;
    if (answer.status >= 300 && !gone)
      throw std::logic_error{"the emulated cluster refused " + method + " "
                             + target + ": " + answer.body};
    if (target == sets_url)
      workload_uid_ = json::parse(answer.body)["metadata"]["uid"];
  });
}

void demo_fleet::create_pod(const member& x) {
  json annotations{{"k8s.aliyun.com/pod-dnat", "true"},
                   {"k8s.aliyun.com/pod-dnat-expose-port", wishes_.ports}};
  if (x.fixed)
    annotations["k8s.aliyun.com/pod-dnat-fixed"] = "true";
  json pod{{"apiVersion", "v1"},
           {"kind", "Pod"},
           {"metadata",
            {{"name", x.name},
             {"annotations", annotations},
             {"ownerReferences", {workload_ref(workload_uid_)}}}},
           {"spec", {{"containers", {{{"name", "game"}, {"image", "game"}}}}}}};
  if (!x.zone.empty())
    pod["spec"]["nodeSelector"] = {{zone_label, x.zone}};
  ++created_;
  send("POST", pods_url, pod.dump());
}

void demo_fleet::create() {
  send("POST", sets_url,
       json{{"apiVersion", "apps/v1"},
            {"kind", "StatefulSet"},
            {"metadata", {{"name", "game"}}}}
         .dump());
  for (uint32_t i = 0; i < wishes_.pods; ++i)
    members_.push_back({.name = "game-" + std::to_string(next_name_++),
                        .fixed = i % 100 < wishes_.fixed});
  std::shuffle(members_.begin(), members_.end(), rng_);
  for (const auto& x : members_)
    create_pod(x);
}

void demo_fleet::churn() {
  for (auto& x : members_) {
    if (rng_() % 100 >= wishes_.churn)
      continue;
    x.leaving = true;
    x.keeps_name = x.fixed || rng_() % 2 == 0;
    x.zone = x.keeps_name ? zone_of(x.name) : std::string{};
    send("DELETE", std::string{pods_url} + "/" + x.name, "");
  }
}

bool demo_fleet::replace_gone() {
  auto complete = true;
  for (auto& x : members_) {
    if (!x.leaving)
      continue;
    if (exists(x.name)) {
      complete = false;
      continue;
    }
    x.leaving = false;
    if (!x.keeps_name)
      x.name = "game-" + std::to_string(next_name_++);
    create_pod(x);
  }
  return complete;
}

void demo_fleet::tear_down() {
  send("DELETE", std::string{sets_url} + "/game", "");
  for (const auto& x : members_)
    send("DELETE", std::string{pods_url} + "/" + x.name, "");
}

bool demo_fleet::exists(const std::string& name) const {
  auto found = false;
  cluster_.with([&](emulator::kube::api_server& api, instant) {
    found = api.objects().find(type_of(api, "pods"), "default/" + name)
            != nullptr;
  });
  return found;
}

std::string demo_fleet::zone_of(const std::string& name) const {
  std::string result;
  cluster_.with([&](emulator::kube::api_server& api, instant) {
    auto pod = api.objects().find(type_of(api, "pods"), "default/" + name);
    auto node = pod ? pod->body().at("spec").value("nodeName", std::string{})
                    : std::string{};
    if (auto found = api.objects().find(type_of(api, "nodes"), node))
      result = found->body()
                 .at("metadata")
                 .at("labels")
                 .value(zone_label, std::string{});
  });
  return result;
}

uint32_t demo_fleet::ready() const {
  uint32_t result = 0;
  cluster_.with([&](emulator::kube::api_server& api, instant) {
    for (const auto& x : members_) {
      auto pod = api.objects().find(type_of(api, "pods"), "default/" + x.name);
      if (!pod)
        continue;
      auto& meta = pod->body().at("metadata");
      auto text = meta.value("annotations", json::object())
                    .value("k8s.aliyun.com/pod-dnat-status", std::string{});
      auto is_ready = text.find(R"("state":"ready")") != std::string::npos;
      result += is_ready && !meta.contains("deletionTimestamp") ? 1U : 0U;
    }
  });
  return result;
}

uint32_t demo_fleet::mappings() const {
  uint32_t result = 0;
  cluster_.with([&](emulator::kube::api_server& api, instant) {
    for (const auto& x : members_)
      if (auto record = api.objects().find(type_of(api, "poddnats"),
                                           "default/" + x.name))
        result += static_cast<uint32_t>(record->body()
                                          .value("status", json::object())
                                          .value("entries", json::array())
                                          .size());
  });
  return result;
}

bool demo_fleet::empty() const {
  auto count = size_t{0};
  cluster_.with([&](emulator::kube::api_server& api, instant) {
    count = api.objects().count(type_of(api, "pods"));
  });
  return count == 0;
}

} // namespace natgw::cli
