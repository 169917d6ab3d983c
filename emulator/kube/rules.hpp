#pragma once

#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "emulator/kube/refusal.hpp"
#include "emulator/kube/resource.hpp"
#include "messages/time.hpp"

namespace natgw::emulator::kube {

/// Calendar time at `now`, if it was `origin` at the instant zero.
wall_time wall_time_at(wall_time origin, instant now);

/// A random uid of version 4.
std::string make_uid(std::mt19937_64& random);

/// `prefix` and five random characters, as generateName makes names.
std::string generate_name(std::string_view prefix, std::mt19937_64& random);

/// Checks the types within metadata and the form of the name.
std::optional<refusal> check_metadata(const resource& type, const json& object);

/// Takes empty labels, annotations, finalizers and ownerReferences out of
/// metadata, as the real server never shows them.
void drop_empty_fields(json& metadata);

/// Sets what a fresh object of a type gets by default; drops what a creator
/// may not set (such as status).
void default_fresh(const resource& type, json& object, std::string_view now);

/// Checks a fresh object beyond its metadata.
std::optional<refusal> check_fresh(const resource& type, const json& object);

/// Checks what may change from `before` to `after` beyond metadata.
std::optional<refusal> check_change(const resource& type, const json& before,
                                    const json& after);

/// An event of events.k8s.io/v1 as the core/v1 event that is stored, and back.
/// Any other object is left as it is.
json inward(const resource& type, json object);
json outward(const resource& type, const json& stored);

} // namespace natgw::emulator::kube
