#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace natgw::emulator::kube {

using nlohmann::json;

/// The value at a path of object members; null if any step is missing.
const json* look(const json& x, std::initializer_list<std::string_view> path);

/// As `look`, with the path in one text ("spec.nodeName", dots between).
const json* look(const json& x, std::string_view dotted);

/// The text at a path; empty if it is absent or no text.
std::string_view text(const json& x,
                      std::initializer_list<std::string_view> path);
std::string_view text(const json& x, std::string_view dotted);

/// The member `name` of an object, made an empty object if it is absent or
/// something else. `x` becomes an object if it is none.
json& member(json& x, std::string_view name);

/// Parses JSON from outside: bounded in depth, so that recursion over the
/// result is safe. Nothing if it is no JSON.
std::optional<json> parse_json(std::string_view text);

/// The metadata of an object, read only. All texts are empty where absent.
std::string_view name_of(const json& object);
std::string_view namespace_of(const json& object);
std::string_view uid_of(const json& object);
bool is_deleting(const json& object);
bool has_finalizers(const json& object);
bool has_finalizer(const json& object, std::string_view finalizer);

} // namespace natgw::emulator::kube
