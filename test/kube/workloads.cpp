#include "test/kube/workloads.hpp"

#include <algorithm>
#include <utility>

#include "test/kube/workload_controller.hpp"

namespace natgw::test {

workloads::workloads(world& x) : world_{x} {
  if (!x.where.is_real())
    controller_ = std::make_unique<workload_controller>(x.api, x.seen, x.ns);
}

workloads::~workloads() = default;

std::string workloads::target(const std::string& plural,
                              const std::string& name) const {
  auto group = plural == "jobs" ? "batch" : "apps";
  return std::string{"/apis/"} + group + "/v1/namespaces/" + world_.ns + "/"
         + plural + (name.empty() ? "" : "/") + name;
}

json workloads::pod_template(const workload& x) const {
  auto pod = world_.pod(x.name, x.ports, x.annotations);
  return {{"metadata",
           {{"labels", {{"app", x.name}}},
            {"annotations", pod["metadata"]["annotations"]}}},
          {"spec", pod["spec"]}};
}

json workloads::object(const char* version, const char* kind,
                       const workload& x) const {
  return {{"apiVersion", version},
          {"kind", kind},
          {"metadata", {{"name", x.name}, {"namespace", world_.ns}}},
          {"spec",
           {{"replicas", x.replicas},
            {"selector", {{"matchLabels", {{"app", x.name}}}}},
            {"template", pod_template(x)}}}};
}

void workloads::stateful_set(const workload& x) {
  auto body = object("apps/v1", "StatefulSet", x);
  body["spec"]["serviceName"] = x.name;
  body["spec"]["podManagementPolicy"] = "Parallel";
  kube_api::must(world_.api.post(target("statefulsets"), body));
}

void workloads::deployment(const workload& x) {
  kube_api::must(
    world_.api.post(target("deployments"), object("apps/v1", "Deployment", x)));
}

void workloads::job(const workload& x) {
  auto body = object("batch/v1", "Job", x);
  auto pod = body["spec"]["template"];
  pod["spec"]["restartPolicy"] = "Never";
  body["spec"] = {{"parallelism", x.replicas},
                  {"completions", x.replicas},
                  {"template", std::move(pod)}};
  kube_api::must(world_.api.post(target("jobs"), body));
}

void workloads::scale(const std::string& plural, const std::string& name,
                      int replicas) {
  kube_api::must(world_.api.merge(target(plural, name),
                                  {{"spec", {{"replicas", replicas}}}}));
}

void workloads::restart(const std::string& plural, const std::string& name) {
  json mark{{"test/restart", std::to_string(++restarts_)}};
  json pod{{"metadata", {{"annotations", std::move(mark)}}}};
  kube_api::must(world_.api.merge(target(plural, name),
                                  {{"spec", {{"template", std::move(pod)}}}}));
}

void workloads::remove(const std::string& plural, const std::string& name) {
  kube_api::must(world_.api.remove(target(plural, name),
                                   {{"apiVersion", "v1"},
                                    {"kind", "DeleteOptions"},
                                    {"propagationPolicy", "Background"}}));
}

std::vector<json> workloads::pods_of(const std::string& name) const {
  auto result = world_.seen.all("pods", world_.ns);
  std::erase_if(result, [&](const json& x) {
    return text_at(x, {"metadata", "labels", "app"}) != name
           || !at(x, {"metadata", "deletionTimestamp"}).is_null();
  });
  return result;
}

bool workloads::wait_served(const std::string& name, size_t count,
                            const std::vector<std::string>& others) const {
  return world_.wait([&] {
    auto pods = pods_of(name);
    return pods.size() == count && std::ranges::all_of(pods, [&](auto& x) {
             auto uid = text_at(x, {"metadata", "uid"});
             return std::ranges::find(others, uid) == others.end()
                    && is_served(world_, text_at(x, {"metadata", "name"}));
           });
  });
}

// -- helpers -----------------------------------------------------------------

namespace {

std::vector<std::string> gather(const std::vector<json>& objects,
                                const char* what) {
  std::vector<std::string> result;
  result.reserve(objects.size());
  for (const auto& x : objects)
    result.push_back(text_at(x, {"metadata", what}));
  return result;
}

} // namespace

std::vector<std::string> uids_of(const std::vector<json>& objects) {
  return gather(objects, "uid");
}

std::vector<std::string> names_of(const std::vector<json>& objects) {
  return gather(objects, "name");
}

std::string promise_of(const world& x, const std::string& pod) {
  auto record = x.record(pod);
  if (!record)
    return {};
  auto result = text_at(*record, {"spec", "externalIP"});
  for (const auto& port : at(*record, {"spec", "portMapping"}))
    result += " " + text_at(port, {"internalPort"}) + "="
              + text_at(port, {"externalPort"});
  return result;
}

bool is_served(const world& x, const std::string& pod) {
  auto object = x.find_pod(pod);
  auto record = x.record(pod);
  if (!object || !record || !x.is_ready(pod))
    return false;
  auto ip = text_at(*object, {"status", "podIP"});
  auto entries = at(*record, {"status", "entries"});
  return !ip.empty() && !entries.empty() && !x.entries_at(ip).empty()
         && std::ranges::all_of(entries, [&](auto& entry) {
              return text_at(entry, {"internalIP"}) == ip;
            });
}

bool wait_served(const world& x, const std::string& pod) {
  return x.wait([&] { return is_served(x, pod); });
}

void finish(world& x, const std::string& pod, const std::string& phase,
            const std::string& reason) {
  json status{{"phase", phase}};
  if (!reason.empty())
    status["reason"] = reason;
  kube_api::must(x.api.strategic(x.pods_target(pod) + "/status",
                                 {{"status", std::move(status)}}));
}

void force_remove(world& x, const std::string& pod) {
  kube_api::must(x.api.remove(x.pods_target(pod), {{"apiVersion", "v1"},
                                                   {"kind", "DeleteOptions"},
                                                   {"gracePeriodSeconds", 0}}));
}

} // namespace natgw::test
