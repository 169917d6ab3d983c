#include "emulator/kube/fleet.hpp"

#include <algorithm>
#include <random>
#include <string_view>

#include "core/ip_address.hpp"
#include "core/time_text.hpp"
#include "emulator/kube/address_pool.hpp"
#include "emulator/kube/concat.hpp"
#include "emulator/kube/json_access.hpp"
#include "emulator/kube/patch.hpp"
#include "emulator/kube/rules.hpp"

namespace natgw::emulator::kube {

namespace {

struct node {
  std::string name;
  std::string address;
  json labels;
};

bool is_finished(const json& pod) {
  auto phase = text(pod, {"status", "phase"});
  return phase == "Succeeded" || phase == "Failed";
}

bool on_host_network(const json& pod) {
  const auto* x = look(pod, {"spec", "hostNetwork"});
  return x != nullptr && *x == true;
}

std::string_view condition_status(const json& pod, std::string_view kind) {
  const auto* list = look(pod, {"status", "conditions"});
  if (list != nullptr && list->is_array())
    for (const auto& x : *list)
      if (text(x, {"type"}) == kind)
        return text(x, {"status"});
  return {};
}

// Whether all conditions that the pod's readiness gates name are True.
bool gates_open(const json& pod) {
  const auto* gates = look(pod, {"spec", "readinessGates"});
  return gates == nullptr || !gates->is_array()
         || std::ranges::all_of(*gates, [&pod](const json& x) {
              return condition_status(pod, text(x, {"conditionType"}))
                     == "True";
            });
}

json condition(const char* kind, bool holds, std::string_view time) {
  return {{"type", kind},
          {"status", holds ? "True" : "False"},
          {"lastProbeTime", nullptr},
          {"lastTransitionTime", time}};
}

json container_statuses(const json& pod, std::string_view time) {
  auto result = json::array();
  const auto* list = look(pod, {"spec", "containers"});
  if (list != nullptr && list->is_array())
    for (const auto& x : *list)
      result.push_back({{"name", text(x, {"name"})},
                        {"image", text(x, {"image"})},
                        {"imageID", ""},
                        {"ready", true},
                        {"started", true},
                        {"restartCount", 0},
                        {"state", {{"running", {{"startedAt", time}}}}}});
  return result;
}

} // namespace

struct fleet::state {
  enum class step : uint8_t { bind, start, ready, stop };

  struct task {
    step what = step::bind;
    std::string key;
    std::string uid;
  };

  state(api_server& to, fleet_options options)
    : server(to),
      cfg(std::move(options)),
      random(cfg.seed),
      pool(cfg.pod_cidr, cfg.address_quarantine) {
    // nop
  }

  void create_nodes(instant now);
  void note(const change& x);
  void schedule(step what, const change& x, std::chrono::nanoseconds delay);
  void release(const std::string& uid, instant now);
  void run(const task& x, instant now);
  const node* choose_node(const json& pod);
  void bind(const task& x, json pod, instant now);
  void start(const task& x, const json& pod, instant now);
  void make_ready(const task& x, const json& pod, instant now);
  std::optional<std::string> address_for(const task& x, const json& pod,
                                         instant now);
  std::string time(instant now) const;

  api_server& server;
  fleet_options cfg;
  std::mt19937_64 random;
  address_pool pool;
  std::vector<node> nodes;
  size_t next_node = 0;
  std::map<std::string, uint32_t> addresses;
  std::multimap<instant, task> queue;
  const resource* pods = nullptr;
};

std::string fleet::state::time(instant now) const {
  return core::format_time(server.wall_time_at(now));
}

void fleet::state::create_nodes(instant now) {
  auto zones = cfg.zones.empty() ? std::vector<std::string>{""} : cfg.zones;
  const auto* type = server.objects().types().find("", "v1", "nodes");
  for (size_t i = 0; i < zones.size() * cfg.nodes_per_zone; ++i) {
    auto name = concat("node-", i + 1);
    auto address
      = core::to_string({0xC0A80000U + static_cast<uint32_t>(i) + 10U});
    json labels{{"kubernetes.io/hostname", name},
                {"kubernetes.io/os", "linux"}};
    if (!zones[i % zones.size()].empty())
      labels["topology.kubernetes.io/zone"] = zones[i % zones.size()];
    nodes.push_back({name, address, labels});
    json body{{"apiVersion", "v1"},
              {"kind", "Node"},
              {"metadata",
               {{"name", name},
                {"uid", make_uid(random)},
                {"creationTimestamp", time(now)},
                {"labels", labels}}},
              {"spec", json::object()}};
    body["status"]["addresses"]
      = json::array({{{"type", "InternalIP"}, {"address", address}}});
    body["status"]["conditions"]
      = json::array({condition("Ready", true, time(now))});
    if (!server.objects().find(*type, name))
      server.objects().put(*type, name, std::move(body), now);
  }
}

void fleet::state::schedule(step what, const change& x,
                            std::chrono::nanoseconds delay) {
  constexpr auto range = static_cast<double>(std::mt19937_64::max());
  auto share = static_cast<double>(random()) / range * 2 - 1;
  auto factor = std::max(0.0, 1 + cfg.jitter * share);
  std::chrono::nanoseconds late{
    static_cast<int64_t>(static_cast<double>(delay.count()) * factor)};
  queue.emplace(x.at + late,
                task{what, x.key, std::string{uid_of(x.now->body())}});
}

void fleet::state::release(const std::string& uid, instant now) {
  auto i = addresses.find(uid);
  if (i == addresses.end())
    return;
  pool.give_back(i->second, now);
  addresses.erase(i);
}

void fleet::state::note(const change& x) {
  if (x.type != pods)
    return;
  const auto& pod = x.now->body();
  auto uid = std::string{uid_of(pod)};
  if (x.kind == change_kind::deleted || is_finished(pod))
    return release(uid, x.at);
  auto before = [&x](std::string_view path) {
    return x.before ? text(x.before->body(), path) : std::string_view{};
  };
  auto bound = !text(pod, {"spec", "nodeName"}).empty();
  if (is_deleting(pod)) {
    if (bound
        && (!x.before || !is_deleting(x.before->body())
            || before("spec.nodeName").empty()))
      schedule(step::stop, x, cfg.stop_delay);
    return;
  }
  if (!bound && !x.before)
    return schedule(step::bind, x, cfg.schedule_delay);
  if (bound && before("spec.nodeName").empty()
      && text(pod, {"status", "podIP"}).empty())
    return schedule(step::start, x, cfg.start_delay);
  if (addresses.contains(uid) && gates_open(pod)
      && condition_status(pod, "Ready") != "True")
    schedule(step::ready, x, std::chrono::milliseconds{1});
}

const node* fleet::state::choose_node(const json& pod) {
  const auto* wanted = look(pod, {"spec", "nodeSelector"});
  for (size_t tries = 0; tries < nodes.size(); ++tries) {
    const auto& x = nodes[next_node++ % nodes.size()];
    auto fits = wanted == nullptr || !wanted->is_object()
                || std::ranges::all_of(wanted->items(), [&x](const auto& y) {
                     return x.labels.value(y.key(), json()) == y.value();
                   });
    if (fits)
      return &x;
  }
  return nullptr;
}

void fleet::state::bind(const task& x, json pod, instant now) {
  if (!text(pod, {"spec", "nodeName"}).empty() || is_deleting(pod))
    return;
  const auto* chosen = choose_node(pod);
  if (chosen == nullptr)
    return;
  member(pod, "spec")["nodeName"] = chosen->name;
  member(pod, "status")["conditions"]
    = json::array({condition("PodScheduled", true, time(now))});
  server.objects().put(*pods, x.key, std::move(pod), now);
}

std::optional<std::string>
fleet::state::address_for(const task& x, const json& pod, instant now) {
  if (on_host_network(pod)) {
    auto name = text(pod, {"spec", "nodeName"});
    auto i = std::ranges::find(nodes, name, &node::name);
    return i == nodes.end() ? "192.168.0.1" : i->address;
  }
  auto address = pool.take(now);
  if (!address)
    return std::nullopt;
  addresses[x.uid] = *address;
  return core::to_string({*address});
}

void fleet::state::start(const task& x, const json& pod, instant now) {
  if (is_deleting(pod) || is_finished(pod)
      || !text(pod, {"status", "podIP"}).empty())
    return;
  auto address = address_for(x, pod, now);
  if (!address) {
    queue.emplace(now + std::chrono::milliseconds{100}, x);
    return;
  }
  auto at = time(now);
  auto open = gates_open(pod);
  json status{{"phase", "Running"},
              {"podIP", *address},
              {"podIPs", json::array({{{"ip", *address}}})},
              {"startTime", at},
              {"containerStatuses", container_statuses(pod, at)},
              {"conditions",
               json::array({condition("Initialized", true, at),
                            condition("ContainersReady", true, at),
                            condition("Ready", open, at)})}};
  if (auto i = std::ranges::find(nodes, text(pod, {"spec", "nodeName"}),
                                 &node::name);
      i != nodes.end())
    status["hostIP"] = i->address;
  if (auto done = strategic_patch(pod, {{"status", std::move(status)}}))
    server.objects().put(*pods, x.key, std::move(*done), now);
}

void fleet::state::make_ready(const task& x, const json& pod, instant now) {
  if (is_deleting(pod) || condition_status(pod, "Ready") == "True"
      || !gates_open(pod))
    return;
  json patch;
  patch["status"]["conditions"]
    = json::array({condition("Ready", true, time(now))});
  if (auto done = strategic_patch(pod, patch))
    server.objects().put(*pods, x.key, std::move(*done), now);
}

void fleet::state::run(const task& x, instant now) {
  auto pod = server.objects().find(*pods, x.key);
  if (!pod || uid_of(pod->body()) != x.uid)
    return;
  switch (x.what) {
    case step::bind:
      return bind(x, pod->body(), now);
    case step::start:
      return start(x, pod->body(), now);
    case step::ready:
      return make_ready(x, pod->body(), now);
    case step::stop:
      server.remove("pods", x.key, 0, now);
  }
}

fleet::fleet(api_server& server, fleet_options cfg, instant now)
  : state_(std::make_shared<state>(server, std::move(cfg))) {
  state_->pods = server.objects().types().find("", "v1", "pods");
  state_->create_nodes(now);
  server.objects().subscribe(
    [weak = std::weak_ptr<state>{state_}](const change_ptr& x) {
      if (auto self = weak.lock())
        self->note(*x);
    });
}

fleet::~fleet() = default;

void fleet::advance(instant now) {
  auto& queue = state_->queue;
  while (!queue.empty() && queue.begin()->first <= now) {
    auto x = std::move(queue.begin()->second);
    queue.erase(queue.begin());
    state_->run(x, now);
  }
}

std::optional<instant> fleet::next_deadline() const {
  if (state_->queue.empty())
    return std::nullopt;
  return state_->queue.begin()->first;
}

size_t fleet::free_addresses() const {
  return state_->pool.available();
}

} // namespace natgw::emulator::kube
