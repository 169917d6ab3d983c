#include "emulator/kube/json_access.hpp"

#include <algorithm>

namespace natgw::emulator::kube {

namespace {

constexpr int max_depth = 200;

const json* step(const json* at, std::string_view name) {
  if (at == nullptr || !at->is_object())
    return nullptr;
  auto i = at->find(name);
  return i == at->end() ? nullptr : &*i;
}

std::string_view as_text(const json* x) {
  return x != nullptr && x->is_string()
           ? std::string_view{x->get_ref<const std::string&>()}
           : std::string_view{};
}

bool too_deep(std::string_view text) {
  auto depth = 0;
  auto quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    auto c = text[i];
    if (quoted) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      if (++depth > max_depth)
        return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

} // namespace

const json* look(const json& x, std::initializer_list<std::string_view> path) {
  const auto* at = &x;
  for (auto name : path)
    at = step(at, name);
  return at;
}

const json* look(const json& x, std::string_view dotted) {
  const auto* at = &x;
  while (!dotted.empty() && at != nullptr) {
    auto dot = dotted.find('.');
    at = step(at, dotted.substr(0, dot));
    dotted = dot == std::string_view::npos ? std::string_view{}
                                           : dotted.substr(dot + 1);
  }
  return at;
}

std::string_view text(const json& x,
                      std::initializer_list<std::string_view> path) {
  return as_text(look(x, path));
}

std::string_view text(const json& x, std::string_view dotted) {
  return as_text(look(x, dotted));
}

json& member(json& x, std::string_view name) {
  if (!x.is_object())
    x = json::object();
  auto& result = x[std::string{name}];
  if (!result.is_object())
    result = json::object();
  return result;
}

std::optional<json> parse_json(std::string_view text) {
  if (too_deep(text))
    return std::nullopt;
  auto result = json::parse(text, nullptr, false);
  if (result.is_discarded())
    return std::nullopt;
  return result;
}

std::string_view name_of(const json& object) {
  return text(object, {"metadata", "name"});
}

std::string_view namespace_of(const json& object) {
  return text(object, {"metadata", "namespace"});
}

std::string_view uid_of(const json& object) {
  return text(object, {"metadata", "uid"});
}

bool is_deleting(const json& object) {
  return !text(object, {"metadata", "deletionTimestamp"}).empty();
}

bool has_finalizers(const json& object) {
  const auto* list = look(object, {"metadata", "finalizers"});
  return list != nullptr && list->is_array() && !list->empty();
}

bool has_finalizer(const json& object, std::string_view finalizer) {
  const auto* list = look(object, {"metadata", "finalizers"});
  return list != nullptr && list->is_array()
         && std::ranges::any_of(*list, [finalizer](const json& x) {
              return as_text(&x) == finalizer;
            });
}

} // namespace natgw::emulator::kube
