#include "emulator/kube/schema.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "emulator/kube/concat.hpp"
#include "emulator/kube/json_access.hpp"

namespace natgw::emulator::kube {

namespace {

using problem = std::optional<schema_error>;

bool flag(const json& schema, std::string_view name) {
  const auto* x = look(schema, {name});
  return x != nullptr && *x == true;
}

std::string_view type_of(const json& x) {
  if (x.is_boolean())
    return "boolean";
  if (x.is_number_integer())
    return "integer";
  if (x.is_number())
    return "number";
  if (x.is_string())
    return "string";
  return x.is_array() ? "array" : x.is_object() ? "object" : "null";
}

bool fits(const json& schema, const json& x) {
  if (flag(schema, "x-kubernetes-int-or-string"))
    return x.is_string() || x.is_number_integer();
  auto wanted = text(schema, {"type"});
  return wanted.empty() || wanted == type_of(x)
         || (wanted == "number" && x.is_number())
         || (x.is_null() && flag(schema, "nullable"));
}

problem wrong_type(const json& schema, const json& x, std::string_view path) {
  return schema_error{std::string{path},
                      concat("Invalid value: \"", type_of(x), "\": ", path,
                             " in body must be of type ",
                             text(schema, {"type"}), ": \"", type_of(x), "\"")};
}

problem visit(const json& schema, json& x, const std::string& path);

problem visit_object(const json& schema, json& x, const std::string& path) {
  static const json none = json::object();
  const auto* known = look(schema, {"properties"});
  const auto* others = look(schema, {"additionalProperties"});
  if (const auto* required = look(schema, {"required"});
      required != nullptr && required->is_array())
    for (const auto& name : *required)
      if (name.is_string() && !x.contains(name.get<std::string>()))
        return schema_error{path + (path.empty() ? "" : ".")
                              + name.get<std::string>(),
                            "Required value"};
  auto keep = flag(schema, "x-kubernetes-preserve-unknown-fields")
              || (others != nullptr && !(*others == false));
  std::vector<std::string> unknown;
  for (auto& [name, value] : x.items()) {
    const auto* sub = look(known == nullptr ? none : *known, {name});
    if (sub == nullptr && others != nullptr && others->is_object())
      sub = others;
    // Nulls that no schema allows are dropped before anything is checked.
    auto stray = sub == nullptr ? !keep
                                : value.is_null() && !flag(*sub, "nullable");
    if (stray)
      unknown.push_back(name);
    else if (sub != nullptr)
      if (auto bad = visit(*sub, value,
                           path.empty() ? name : concat(path, ".", name)))
        return bad;
  }
  for (const auto& name : unknown)
    x.erase(name);
  return std::nullopt;
}

problem visit(const json& schema, json& x, const std::string& path) {
  if (!fits(schema, x))
    return wrong_type(schema, x, path);
  if (const auto* values = look(schema, {"enum"});
      values != nullptr && values->is_array()
      && std::ranges::find(*values, x) == values->end())
    return schema_error{path, concat("Unsupported value: ", x.dump())};
  if (x.is_object())
    return visit_object(schema, x, path);
  const auto* items = look(schema, {"items"});
  if (x.is_array() && items != nullptr)
    for (size_t i = 0; i < x.size(); ++i)
      if (auto bad = visit(*items, x[i], concat(path, "[", i, "]")))
        return bad;
  return std::nullopt;
}

} // namespace

std::optional<schema_error> apply_schema(const json& schema, json& object) {
  if (!schema.is_object() || !object.is_object())
    return std::nullopt;
  auto body = object;
  for (const auto* name : {"apiVersion", "kind", "metadata"})
    body.erase(name);
  if (auto bad = visit(schema, body, ""))
    return bad;
  for (const auto* name : {"apiVersion", "kind", "metadata"})
    if (auto i = object.find(name); i != object.end())
      body[name] = *i;
  object = std::move(body);
  return std::nullopt;
}

} // namespace natgw::emulator::kube
