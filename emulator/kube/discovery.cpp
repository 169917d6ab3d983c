#include <algorithm>
#include <array>

#include "emulator/kube/present.hpp"

namespace natgw::emulator::kube {

namespace {

json group_entry(const catalog& types, std::string_view group) {
  auto versions = json::array();
  for (const auto* x : types.all()) {
    json one{{"groupVersion", x->api_version()}, {"version", x->version}};
    if (x->group == group && std::ranges::find(versions, one) == versions.end())
      versions.push_back(std::move(one));
  }
  if (versions.empty())
    return nullptr;
  auto first = versions.front();
  return {{"name", group},
          {"versions", std::move(versions)},
          {"preferredVersion", std::move(first)}};
}

json entry(const resource& x, std::string_view subresource,
           const std::vector<std::string_view>& verbs) {
  json result{{"name", x.plural},
              {"singularName", x.singular},
              {"namespaced", x.namespaced},
              {"kind", x.kind},
              {"verbs", verbs}};
  if (!subresource.empty()) {
    result["name"] = x.plural + "/" + std::string{subresource};
    result["singularName"] = "";
  } else if (!x.short_names.empty()) {
    result["shortNames"] = x.short_names;
  }
  return result;
}

} // namespace

json api_versions() {
  return {{"kind", "APIVersions"},
          {"versions", {"v1"}},
          {"serverAddressByClientCIDRs", json::array()}};
}

json api_groups(const catalog& types) {
  auto groups = json::array();
  std::vector<std::string> seen;
  for (const auto* x : types.all())
    if (!x->group.empty() && std::ranges::find(seen, x->group) == seen.end()) {
      seen.push_back(x->group);
      groups.push_back(group_entry(types, x->group));
    }
  return {{"kind", "APIGroupList"},
          {"apiVersion", "v1"},
          {"groups", std::move(groups)}};
}

json api_group(const catalog& types, std::string_view group) {
  auto result = group_entry(types, group);
  if (!result.is_null()) {
    result["kind"] = "APIGroup";
    result["apiVersion"] = "v1";
  }
  return result;
}

json api_resources(const catalog& types, std::string_view group,
                   std::string_view version) {
  auto resources = json::array();
  for (const auto* x : types.all()) {
    if (x->group != group || x->version != version)
      continue;
    resources.push_back(entry(*x, {},
                              {"create", "delete", "deletecollection", "get",
                               "list", "patch", "update", "watch"}));
    if (x->status)
      resources.push_back(entry(*x, "status", {"get", "patch", "update"}));
    if (x->plural == "pods" && !x->custom) {
      auto binding = entry(*x, "binding", {"create"});
      binding["kind"] = "Binding";
      auto eviction = entry(*x, "eviction", {"create"});
      eviction["kind"] = "Eviction";
      eviction["group"] = "policy";
      eviction["version"] = "v1";
      resources.push_back(std::move(binding));
      resources.push_back(std::move(eviction));
    }
  }
  if (resources.empty())
    return nullptr;
  return {{"kind", "APIResourceList"},
          {"apiVersion", "v1"},
          {"groupVersion", group.empty()
                             ? std::string{version}
                             : std::string{group} + "/" + std::string{version}},
          {"resources", std::move(resources)}};
}

} // namespace natgw::emulator::kube
