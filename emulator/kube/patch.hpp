#pragma once

#include <expected>
#include <string>

#include <nlohmann/json.hpp>

namespace natgw::emulator::kube {

using nlohmann::json;

/// JSON merge patch, RFC 7386.
void merge_patch(json& target, const json& patch);

/// JSON patch, RFC 6902. The error says which operation failed.
std::expected<json, std::string> json_patch(const json& target,
                                            const json& patch);

/// Kubernetes' strategic merge patch for the lists that pods, nodes and their
/// like have: merged by a key (conditions by type, containers by name, podIPs
/// by ip, ownerReferences by uid, ...), as sets (finalizers), else replaced.
/// Understands the directives `$patch: delete|replace|merge`,
/// `$deleteFromPrimitiveList/…`, `$setElementOrder/…` and `$retainKeys`.
std::expected<json, std::string> strategic_patch(const json& target,
                                                 const json& patch);

} // namespace natgw::emulator::kube
