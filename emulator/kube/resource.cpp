#include "emulator/kube/resource.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include "emulator/kube/json_access.hpp"

namespace natgw::emulator::kube {

namespace {

resource plain(std::string group, std::string version, std::string plural,
               std::string kind, std::vector<std::string> short_names = {}) {
  resource x;
  x.group = std::move(group);
  x.version = std::move(version);
  x.plural = std::move(plural);
  x.kind = std::move(kind);
  x.short_names = std::move(short_names);
  x.singular = x.kind;
  std::ranges::transform(x.singular, x.singular.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  return x;
}

resource pods() {
  auto x = plain("", "v1", "pods", "Pod", {"po"});
  x.status = true;
  x.returns_deleted = true;
  x.fields
    = {"spec.nodeName",           "spec.restartPolicy", "spec.schedulerName",
       "spec.serviceAccountName", "status.phase",       "status.podIP",
       "status.nominatedNodeName"};
  x.columns = {{"Status", "string", ".status.phase", 0},
               {"IP", "string", ".status.podIP", 0},
               {"Node", "string", ".spec.nodeName", 0},
               {"Age", "date", ".metadata.creationTimestamp", 0}};
  return x;
}

resource cluster_wide(resource x) {
  x.namespaced = false;
  x.status = true;
  return x;
}

resource core_events() {
  auto x = plain("", "v1", "events", "Event", {"ev"});
  x.create_on_update = true;
  x.fields = {"involvedObject.kind",
              "involvedObject.namespace",
              "involvedObject.name",
              "involvedObject.uid",
              "involvedObject.apiVersion",
              "involvedObject.resourceVersion",
              "involvedObject.fieldPath",
              "reason",
              "reportingComponent",
              "source",
              "type"};
  x.columns = {{"Last Seen", "date", ".lastTimestamp", 0},
               {"Type", "string", ".type", 0},
               {"Reason", "string", ".reason", 0},
               {"Object", "string", ".involvedObject.name", 0},
               {"Message", "string", ".message", 0}};
  return x;
}

resource workload(std::string plural, std::string kind,
                  std::string short_name) {
  auto x = plain("apps", "v1", std::move(plural), std::move(kind),
                 {std::move(short_name)});
  x.status = true;
  x.generation = true;
  return x;
}

resource jobs() {
  auto x = plain("batch", "v1", "jobs", "Job");
  x.status = true;
  x.generation = true;
  return x;
}

resource leases() {
  auto x = plain("coordination.k8s.io", "v1", "leases", "Lease");
  x.create_on_update = true;
  x.unconditional_update = false;
  x.columns = {{"Holder", "string", ".spec.holderIdentity", 0},
               {"Age", "date", ".metadata.creationTimestamp", 0}};
  return x;
}

resource definitions() {
  auto x = cluster_wide(plain("apiextensions.k8s.io", "v1",
                              "customresourcedefinitions",
                              "CustomResourceDefinition", {"crd", "crds"}));
  x.generation = true;
  x.unconditional_update = false;
  return x;
}

std::vector<printer_column> columns_of(const json& version) {
  std::vector<printer_column> result;
  const auto* list = look(version, {"additionalPrinterColumns"});
  if (list == nullptr || !list->is_array())
    return result;
  for (const auto& x : *list) {
    const auto* priority = look(x, {"priority"});
    result.push_back({std::string{text(x, {"name"})},
                      std::string{text(x, {"type"})},
                      std::string{text(x, {"jsonPath"})},
                      priority != nullptr && priority->is_number_integer()
                        ? priority->get<int>()
                        : 0});
  }
  return result;
}

resource custom(const json& crd, const json& version) {
  auto x = plain(std::string{text(crd, {"spec", "group"})},
                 std::string{text(version, {"name"})},
                 std::string{text(crd, {"spec", "names", "plural"})},
                 std::string{text(crd, {"spec", "names", "kind"})});
  if (auto singular = text(crd, {"spec", "names", "singular"});
      !singular.empty())
    x.singular = singular;
  if (const auto* names = look(crd, {"spec", "names", "shortNames"});
      names != nullptr && names->is_array())
    for (const auto& name : *names)
      if (name.is_string())
        x.short_names.push_back(name.get<std::string>());
  x.namespaced = text(crd, {"spec", "scope"}) != "Cluster";
  x.status = look(version, {"subresources", "status"}) != nullptr;
  x.generation = true;
  x.custom = true;
  x.unconditional_update = false;
  x.columns = columns_of(version);
  if (const auto* schema = look(version, {"schema", "openAPIV3Schema"}))
    x.schema = *schema;
  return x;
}

} // namespace

std::string resource::api_version() const {
  return group.empty() ? version : group + "/" + version;
}

std::string resource::qualified() const {
  return group.empty() ? plural : plural + "." + group;
}

catalog::catalog() {
  add(pods());
  auto nodes = cluster_wide(plain("", "v1", "nodes", "Node", {"no"}));
  nodes.fields = {"spec.unschedulable"};
  add(std::move(nodes));
  auto namespaces
    = cluster_wide(plain("", "v1", "namespaces", "Namespace", {"ns"}));
  namespaces.fields = {"status.phase"};
  namespaces.columns = {{"Status", "string", ".status.phase", 0},
                        {"Age", "date", ".metadata.creationTimestamp", 0}};
  add(std::move(namespaces));
  const auto& stored = add(core_events());
  add(plain("", "v1", "serviceaccounts", "ServiceAccount", {"sa"}));
  auto events = plain("events.k8s.io", "v1", "events", "Event", {"ev"});
  events.create_on_update = true;
  events.storage = &stored;
  add(std::move(events));
  add(leases());
  add(workload("statefulsets", "StatefulSet", "sts"));
  add(workload("deployments", "Deployment", "deploy"));
  add(workload("replicasets", "ReplicaSet", "rs"));
  add(jobs());
  add(definitions());
}

const resource& catalog::add(resource x) {
  owned_.push_back(std::make_unique<resource>(std::move(x)));
  active_.push_back(owned_.back().get());
  return *owned_.back();
}

const resource* catalog::find(std::string_view group, std::string_view version,
                              std::string_view plural) const {
  for (const auto* x : active_)
    if (x->plural == plural && x->group == group && x->version == version)
      return x;
  return nullptr;
}

const resource* catalog::find(std::string_view plural) const {
  for (const auto* x : active_)
    if (x->plural == plural)
      return x;
  return nullptr;
}

const resource* catalog::find_kind(std::string_view api_version,
                                   std::string_view kind) const {
  for (const auto* x : active_)
    if (x->kind == kind && x->api_version() == api_version)
      return x;
  return nullptr;
}

void catalog::define(const json& crd) {
  const auto* versions = look(crd, {"spec", "versions"});
  if (versions == nullptr || !versions->is_array())
    return;
  const resource* storage = nullptr;
  for (const auto& version : *versions) {
    if (look(version, {"served"}) != nullptr && version["served"] == false)
      continue;
    auto x = custom(crd, version);
    x.storage = storage;
    // Objects outlive a change of their definition, so it changes in place.
    auto same = std::ranges::find_if(owned_, [&x](const auto& y) {
      return y->custom && y->group == x.group && y->version == x.version
             && y->plural == x.plural;
    });
    if (same == owned_.end()) {
      const auto& added = add(std::move(x));
      if (storage == nullptr)
        storage = &added;
      continue;
    }
    **same = std::move(x);
    if (std::ranges::find(active_, same->get()) == active_.end())
      active_.push_back(same->get());
    if (storage == nullptr)
      storage = same->get();
  }
}

std::vector<const resource*> catalog::undefine(const json& crd) {
  auto group = text(crd, {"spec", "group"});
  auto plural = text(crd, {"spec", "names", "plural"});
  std::vector<const resource*> gone;
  std::erase_if(active_, [&](const resource* x) {
    auto match = x->custom && x->group == group && x->plural == plural;
    if (match)
      gone.push_back(x);
    return match;
  });
  return gone;
}

} // namespace natgw::emulator::kube
