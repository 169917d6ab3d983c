#include "emulator/kube/patch.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

namespace natgw::emulator::kube {

namespace {

using merged = std::expected<json, std::string>;

// The patchMergeKey of each list; by the list's name and the name of what
// holds it, since "ports" differs between containers and services.
std::string_view merge_key(std::string_view list) {
  static const std::map<std::string_view, std::string_view> keys{
    {"conditions", "type"},
    {"containers", "name"},
    {"initContainers", "name"},
    {"ephemeralContainers", "name"},
    {"volumes", "name"},
    {"env", "name"},
    {"ports", "containerPort"},
    {"volumeMounts", "mountPath"},
    {"volumeDevices", "devicePath"},
    {"imagePullSecrets", "name"},
    {"hostAliases", "ip"},
    {"podIPs", "ip"},
    {"hostIPs", "ip"},
    {"addresses", "type"},
    {"ownerReferences", "uid"},
    {"topologySpreadConstraints", "topologyKey"},
    {"resourceClaims", "name"},
    {"schedulingGates", "name"},
    {"secrets", "name"},
  };
  auto i = keys.find(list);
  return i == keys.end() ? std::string_view{} : i->second;
}

bool is_set(std::string_view list) {
  return list == "finalizers" || list == "podCIDRs";
}

std::string_view text_of(const json& x, std::string_view name) {
  if (!x.is_object())
    return {};
  auto i = x.find(name);
  return i != x.end() && i->is_string()
           ? std::string_view{i->get_ref<const std::string&>()}
           : std::string_view{};
}

merged merge_object(const json& target, const json& patch);

json without_directives(const json& x) {
  if (x.is_object()) {
    auto result = json::object();
    for (const auto& [name, value] : x.items())
      if (!name.starts_with('$') && !value.is_null())
        result[name] = without_directives(value);
    return result;
  }
  if (!x.is_array())
    return x;
  auto result = json::array();
  for (const auto& item : x)
    if (text_of(item, "$patch") != "delete")
      result.push_back(without_directives(item));
  return result;
}

json::iterator find_by(json& list, std::string_view key, const json& value) {
  return std::ranges::find_if(list, [key, &value](const json& x) {
    if (!x.is_object())
      return false;
    auto i = x.find(key);
    return i != x.end() && *i == value;
  });
}

merged merge_keyed(json list, const json& patch, std::string_view key) {
  if (std::ranges::any_of(patch, [](const json& x) {
        return text_of(x, "$patch") == "replace";
      })) {
    auto result = json::array();
    for (const auto& item : patch)
      if (text_of(item, "$patch") != "replace")
        result.push_back(without_directives(item));
    return result;
  }
  for (const auto& item : patch) {
    auto id = item.is_object() ? item.find(key) : item.end();
    if (!item.is_object() || id == item.end())
      return std::unexpected{"map: " + item.dump()
                             + " does not contain declared merge key: "
                             + std::string{key}};
    auto at = find_by(list, key, *id);
    if (text_of(item, "$patch") == "delete") {
      if (at != list.end())
        list.erase(at);
    } else if (at == list.end()) {
      list.push_back(without_directives(item));
    } else {
      auto one = merge_object(*at, item);
      if (!one)
        return one;
      *at = std::move(*one);
    }
  }
  return list;
}

json merge_set(json list, const json& patch) {
  for (const auto& item : patch)
    if (std::ranges::find(list, item) == list.end())
      list.push_back(item);
  return list;
}

merged merge_list(std::string_view name, const json* target,
                  const json& patch) {
  if (target == nullptr || !target->is_array())
    return without_directives(patch);
  if (is_set(name))
    return merge_set(*target, patch);
  auto key = merge_key(name);
  if (key.empty() || (!patch.empty() && !patch.front().is_object()))
    return without_directives(patch);
  return merge_keyed(*target, patch, key);
}

// Elements named by the order come in its order; others stay behind them.
void order_list(json& list, const json& order, std::string_view key) {
  auto rank = [&order, key](const json& x) {
    auto i = std::ranges::find_if(order, [&](const json& y) {
      return key.empty() ? x == y : text_of(x, key) == text_of(y, key);
    });
    return i - order.begin();
  };
  if (list.is_array() && order.is_array())
    std::stable_sort(list.begin(), list.end(),
                     [&rank](const json& a, const json& b) {
                       return rank(a) < rank(b);
                     });
}

void apply_directive(json& target, const std::string& name, const json& value) {
  auto slash = name.find('/');
  auto verb = name.substr(0, slash);
  if (verb == "$retainKeys" && value.is_array()) {
    for (auto i = target.begin(); i != target.end();)
      i = std::ranges::find(value, json(i.key())) == value.end()
            ? target.erase(i)
            : std::next(i);
    return;
  }
  if (slash == std::string::npos)
    return;
  auto list = target.find(name.substr(slash + 1));
  if (list == target.end() || !list->is_array() || !value.is_array())
    return;
  if (verb == "$deleteFromPrimitiveList")
    for (const auto& item : value)
      list->erase(std::remove(list->begin(), list->end(), item), list->end());
  else if (verb == "$setElementOrder")
    order_list(*list, value, merge_key(name.substr(slash + 1)));
}

merged merge_object(const json& target, const json& patch) {
  auto directive = text_of(patch, "$patch");
  if (directive == "replace")
    return without_directives(patch);
  if (directive == "delete")
    return json::object();
  auto result = target.is_object() ? target : json::object();
  for (const auto& [name, value] : patch.items()) {
    if (name.starts_with('$'))
      continue;
    if (value.is_null()) {
      result.erase(name);
      continue;
    }
    auto at = result.find(name);
    auto* old = at == result.end() ? nullptr : &*at;
    merged one = value;
    if (value.is_array())
      one = merge_list(name, old, value);
    else if (value.is_object())
      one = merge_object(old == nullptr ? json::object() : *old, value);
    if (!one)
      return one;
    result[name] = std::move(*one);
  }
  for (const auto& [name, value] : patch.items())
    if (name.starts_with('$'))
      apply_directive(result, name, value);
  return result;
}

} // namespace

void merge_patch(json& target, const json& patch) {
  if (!patch.is_object()) {
    target = patch;
    return;
  }
  if (!target.is_object())
    target = json::object();
  for (const auto& [name, value] : patch.items()) {
    if (value.is_null())
      target.erase(name);
    else
      merge_patch(target[name], value);
  }
}

std::expected<json, std::string> json_patch(const json& target,
                                            const json& patch) {
  // The library reports the outside's errors by exceptions only.
  try {
    return target.patch(patch);
  } catch (const json::exception& err) {
    return std::unexpected{std::string{err.what()}};
  }
}

std::expected<json, std::string> strategic_patch(const json& target,
                                                 const json& patch) {
  if (!patch.is_object())
    return std::unexpected{std::string{"the patch is not an object"}};
  return merge_object(target, patch);
}

} // namespace natgw::emulator::kube
