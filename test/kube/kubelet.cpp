#include "test/kube/kubelet.hpp"

#include <atomic>
#include <chrono>
#include <utility>

#include <fmt/format.h>

namespace natgw::test {

namespace {

constexpr const char* zone_label = "topology.kubernetes.io/zone";

/// An API server that is away is asked again so soon.
constexpr auto retry_after = std::chrono::milliseconds{200};

bool was_there(const kube_api::answer& x) {
  return x.status != 0 && x.status != 429 && x.status < 500;
}

std::string annotation(const json& pod, const char* name) {
  return text_at(pod, {"metadata", "annotations", name});
}

std::string target_of(const json& pod) {
  return "/api/v1/namespaces/" + text_at(pod, {"metadata", "namespace"})
         + "/pods/" + text_at(pod, {"metadata", "name"});
}

} // namespace

kubelet::kubelet(kube_api& api, observer& seen, std::string ns,
                 std::vector<std::string> zones)
  : api_{api},
    seen_{seen},
    ns_{std::move(ns)},
    zones_{std::move(zones)},
    work_{std::make_shared<work>()} {
  for (const auto& zone : zones_)
    make_node("node-" + zone, {{zone_label, zone}});
  make_node("node-virtual",
            {{zone_label, zones_.front()}, {"type", "virtual-kubelet"}});
  make_node("node-bare", json::object());
  seen_.subscribe([todo = work_, mine = ns_ + "/"](const sighting& x) {
    if (x.resource != "pods" || !x.key.starts_with(mine))
      return;
    std::lock_guard lock{todo->mutex};
    todo->dirty.insert(x.key);
    todo->wake.notify_all();
  });
  thread_ = std::jthread{[this](const std::stop_token& stop) { run(stop); }};
}

kubelet::~kubelet() {
  thread_.request_stop();
  thread_.join();
}

void kubelet::pause(bool on) {
  std::lock_guard lock{work_->mutex};
  work_->paused = on;
  work_->wake.notify_all();
}

void kubelet::make_node(const std::string& name, const json& labels) {
  api_.post("/api/v1/nodes",
            {{"apiVersion", "v1"},
             {"kind", "Node"},
             {"metadata", {{"name", name}, {"labels", labels}}}});
}

void kubelet::run(const std::stop_token& stop) {
  auto due = [this] { return !work_->dirty.empty() && !work_->paused; };
  std::unique_lock lock{work_->mutex};
  while (work_->wake.wait(lock, stop, due)) {
    auto key = *work_->dirty.begin();
    work_->dirty.erase(work_->dirty.begin());
    lock.unlock();
    auto done = serve(key);
    lock.lock();
    if (done)
      continue;
    work_->dirty.insert(std::move(key));
    work_->wake.wait_for(lock, stop, retry_after, [] { return false; });
  }
}

bool kubelet::serve(const std::string& key) {
  auto pod = seen_.find("pods", key);
  if (!pod)
    return true;
  if (!at(*pod, {"metadata", "deletionTimestamp"}).is_null())
    return end(*pod);
  if (text_at(*pod, {"spec", "nodeName"}).empty())
    return bind(*pod);
  return !text_at(*pod, {"status", "podIP"}).empty() || set_running(*pod);
}

std::string kubelet::choose_node(const json& pod) {
  auto wish = annotation(pod, "test/node");
  if (!wish.empty())
    return wish == "none" ? "" : wish;
  auto zone = text_at(pod, {"spec", "nodeSelector", zone_label});
  if (zone.empty())
    zone = zones_[next_zone_++ % zones_.size()];
  return "node-" + zone;
}

bool kubelet::bind(const json& pod) {
  auto node = choose_node(pod);
  return node.empty()
         || was_there(api_.post(
           target_of(pod) + "/binding",
           {{"apiVersion", "v1"},
            {"kind", "Binding"},
            {"metadata", {{"name", text_at(pod, {"metadata", "name"})}}},
            {"target", {{"kind", "Node"}, {"name", node}}}}));
}

std::string kubelet::next_address() {
  // No address comes twice, in whichever cluster.
  static std::atomic<uint32_t> last{0};
  auto n = ++last;
  return fmt::format("172.16.{}.{}", n / 250, n % 250 + 1);
}

bool kubelet::set_running(const json& pod) {
  auto phase = text_at(pod, {"status", "phase"});
  auto ip = annotation(pod, "test/ip");
  if (ip == "none" || phase == "Succeeded" || phase == "Failed")
    return true;
  // Whoever changes a pod while it starts shows it without an address again.
  auto uid = text_at(pod, {"metadata", "uid"});
  if (started_.contains(uid))
    return true;
  if (ip.empty())
    ip = next_address();
  auto address = json::object({{"ip", ip}});
  json ready{{"type", "Ready"}, {"status", "True"}};
  auto done = api_.strategic(target_of(pod) + "/status",
                             {{"metadata", {{"uid", uid}}},
                              {"status",
                               {{"phase", "Running"},
                                {"podIP", ip},
                                {"podIPs", json::array({address})},
                                {"conditions", json::array({ready})}}}});
  if (done.good())
    started_.insert(uid);
  return was_there(done);
}

bool kubelet::end(const json& pod) {
  if (!annotation(pod, "test/linger").empty())
    return true;
  return was_there(api_.remove(
    target_of(pod),
    {{"apiVersion", "v1"},
     {"kind", "DeleteOptions"},
     {"gracePeriodSeconds", 0},
     {"preconditions", {{"uid", text_at(pod, {"metadata", "uid"})}}}}));
}

} // namespace natgw::test
