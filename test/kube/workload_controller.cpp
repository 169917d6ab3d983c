#include "test/kube/workload_controller.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <iterator>
#include <utility>

#include <fmt/format.h>

namespace natgw::test {

namespace {

/// Workloads are not watched, so they are looked at so often.
constexpr auto interval = std::chrono::milliseconds{100};
constexpr const char* revision_label = "test/revision";

std::string name_of(const json& x) {
  return text_at(x, {"metadata", "name"});
}

bool is_ending(const json& x) {
  return !at(x, {"metadata", "deletionTimestamp"}).is_null();
}

bool has_phase(const json& pod, const char* phase) {
  return text_at(pod, {"status", "phase"}) == phase;
}

/// Lives, or will.
bool is_active(const json& pod) {
  return !is_ending(pod) && !has_phase(pod, "Failed")
         && !has_phase(pod, "Succeeded");
}

bool is_ready(const json& pod) {
  return is_active(pod) && has_phase(pod, "Running");
}

std::string revision_of(const json& pod) {
  return text_at(pod, {"metadata", "labels", revision_label});
}

std::string revision_of_template(const json& owner) {
  auto text = at(owner, {"spec", "template"}).dump();
  return fmt::format("{:08x}", std::hash<std::string>{}(text) & 0xffffffffU);
}

int number_at(const json& x, std::initializer_list<const char*> path) {
  auto value = at(x, path);
  return value.is_number_integer() ? value.get<int>() : 0;
}

int ordinal_of(const json& pod) {
  auto name = name_of(pod);
  return std::stoi(name.substr(name.rfind('-') + 1));
}

json reference_to(const json& owner) {
  return {{"apiVersion", owner["apiVersion"]},
          {"kind", owner["kind"]},
          {"name", name_of(owner)},
          {"uid", text_at(owner, {"metadata", "uid"})},
          {"controller", true},
          {"blockOwnerDeletion", true}};
}

} // namespace

workload_controller::workload_controller(kube_api& api, observer& seen,
                                         std::string ns)
  : api_{api},
    ns_{std::move(ns)} {
  seen.subscribe([this](const sighting& x) {
    if (x.resource != "pods" || !x.key.starts_with(ns_ + "/"))
      return;
    std::lock_guard lock{mutex_};
    dirty_ = true;
    wake_.notify_all();
  });
  thread_ = std::jthread{[this](const std::stop_token& stop) { run(stop); }};
}

workload_controller::~workload_controller() {
  thread_.request_stop();
  thread_.join();
}

void workload_controller::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock{mutex_};
      wake_.wait_for(lock, stop, interval, [this] { return dirty_; });
      dirty_ = false;
    }
    look();
  }
}

void workload_controller::look() {
  for (const auto& x : list(apps("statefulsets")))
    serve_set(x);
  for (const auto& x : list(apps("deployments")))
    serve_deployment(x);
  for (const auto& x : list("/apis/batch/v1/namespaces/" + ns_ + "/jobs"))
    serve_job(x);
}

std::string workload_controller::apps(const std::string& plural) const {
  return "/apis/apps/v1/namespaces/" + ns_ + "/" + plural;
}

std::vector<json> workload_controller::list(const std::string& target) {
  std::vector<json> result;
  auto answer = api_.get(target);
  if (answer.good())
    for (auto& x : answer.body["items"])
      result.push_back(std::move(x));
  // The items of a list do not say it themselves.
  for (auto& x : result)
    for (const auto* field : {"apiVersion", "kind"})
      if (!x.contains(field)) {
        auto text = text_at(answer.body, {field});
        x[field] = text.ends_with("List") ? text.substr(0, text.size() - 4)
                                          : text;
      }
  return result;
}

std::vector<json> workload_controller::pods_of(const json& owner) {
  return list("/api/v1/namespaces/" + ns_ + "/pods?labelSelector=app%3D"
              + name_of(owner));
}

void workload_controller::make_pod(const std::string& name,
                                   const json& pod_template, const json& owner,
                                   const std::string& revision) {
  auto pod = pod_template;
  pod["apiVersion"] = "v1";
  pod["kind"] = "Pod";
  pod["metadata"]["name"] = name;
  pod["metadata"]["labels"][revision_label] = revision;
  pod["metadata"]["ownerReferences"] = json::array({reference_to(owner)});
  api_.post("/api/v1/namespaces/" + ns_ + "/pods", pod);
}

void workload_controller::end_pod(const json& pod) {
  api_.remove(
    "/api/v1/namespaces/" + ns_ + "/pods/" + name_of(pod),
    {{"apiVersion", "v1"},
     {"kind", "DeleteOptions"},
     {"preconditions", {{"uid", text_at(pod, {"metadata", "uid"})}}}});
}

// -- StatefulSet -------------------------------------------------------------

void workload_controller::serve_set(const json& set) {
  if (is_ending(set))
    return;
  auto wanted = number_at(set, {"spec", "replicas"});
  auto revision = revision_of_template(set);
  auto pods = pods_of(set);
  std::vector<bool> there(static_cast<size_t>(wanted));
  for (const auto& x : pods) {
    auto ordinal = ordinal_of(x);
    if (ordinal < wanted)
      there[static_cast<size_t>(ordinal)] = true;
    if (!is_ending(x) && (ordinal >= wanted || has_phase(x, "Failed")))
      end_pod(x);
  }
  for (auto i = 0; i < wanted; ++i)
    if (!there[static_cast<size_t>(i)])
      make_pod(fmt::format("{}-{}", name_of(set), i), set["spec"]["template"],
               set, revision);
  if (pods.size() == there.size() && std::ranges::all_of(pods, is_ready))
    restart_one(pods, revision);
}

void workload_controller::restart_one(const std::vector<json>& pods,
                                      const std::string& revision) {
  auto old = pods;
  std::erase_if(old, [&](auto& x) { return revision_of(x) == revision; });
  auto last = std::ranges::max_element(old, {}, ordinal_of);
  if (last != old.end())
    end_pod(*last);
}

// -- Deployment --------------------------------------------------------------

json workload_controller::replica_set(const json& deployment,
                                      const std::string& revision) {
  auto name = name_of(deployment) + "-" + revision;
  json owners = json::array({reference_to(deployment)});
  json made{{"apiVersion", "apps/v1"},
            {"kind", "ReplicaSet"},
            {"metadata", {{"name", name}, {"ownerReferences", owners}}},
            {"spec",
             {{"selector", deployment["spec"]["selector"]},
              {"template", deployment["spec"]["template"]}}}};
  api_.post(apps("replicasets"), made);
  return api_.get(apps("replicasets") + "/" + name).body;
}

void workload_controller::serve_deployment(const json& deployment) {
  if (is_ending(deployment))
    return;
  auto wanted = number_at(deployment, {"spec", "replicas"});
  auto revision = revision_of_template(deployment);
  std::vector<json> fresh;
  std::vector<json> old;
  for (auto& x : pods_of(deployment))
    if (is_active(x))
      (revision_of(x) == revision ? fresh : old).push_back(std::move(x));
  auto count = [](const auto& x) { return static_cast<int>(std::ssize(x)); };
  auto target = old.empty() ? wanted
                            : std::clamp(wanted + 1 - count(old), 0, wanted);
  auto set = replica_set(deployment, revision);
  for (auto i = count(fresh); i < target; ++i)
    make_pod(fmt::format("{}-{:05x}", name_of(set), ++last_name_),
             deployment["spec"]["template"], set, revision);
  for (auto i = wanted; i < count(fresh); ++i)
    end_pod(fresh[static_cast<size_t>(i)]);
  auto ready = static_cast<int>(std::ranges::count_if(fresh, is_ready));
  if (!old.empty() && ready + count(old) > wanted)
    end_pod(old.front());
}

// -- Job ---------------------------------------------------------------------

void workload_controller::serve_job(const json& job) {
  if (is_ending(job))
    return;
  auto pods = pods_of(job);
  std::erase_if(pods, [](auto& x) { return has_phase(x, "Failed"); });
  auto wanted = number_at(job, {"spec", "completions"});
  for (auto i = static_cast<int>(std::ssize(pods)); i < wanted; ++i)
    make_pod(fmt::format("{}-{:05x}", name_of(job), ++last_name_),
             job["spec"]["template"], job, "");
}

} // namespace natgw::test
