#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace natgw::emulator::kube {

using nlohmann::json;

/// A column of `kubectl get`.
struct printer_column {
  std::string name;
  /// string, integer or date.
  std::string type;
  /// The simple form of JSONPath that CRDs use: ".spec.externalIP".
  std::string path;
  /// Columns above 0 are shown by `-o wide` only.
  int priority = 0;
};

/// A resource type: where it lives and which rules it follows.
struct resource {
  std::string group;
  std::string version;
  std::string plural;
  std::string singular;
  std::string kind;
  std::vector<std::string> short_names;
  bool namespaced = true;
  /// Has a status subresource.
  bool status = false;
  /// Counts changes of its specification in metadata.generation.
  bool generation = false;
  /// Comes from a CRD: no strategic merge patch, updates need a version.
  bool custom = false;
  /// PUT may leave out the resourceVersion.
  bool unconditional_update = true;
  /// PUT creates the object if it is absent.
  bool create_on_update = false;
  /// DELETE answers with the object rather than with a Status.
  bool returns_deleted = false;
  /// What a field selector may name beyond metadata.name and .namespace.
  std::vector<std::string> fields;
  std::vector<printer_column> columns;
  /// The structural schema of a CRD; null if there is none.
  json schema;
  /// Stored as this type; null if as itself (events.k8s.io is core's event).
  const resource* storage = nullptr;

  /// "v1" or "apps/v1".
  std::string api_version() const;
  /// "pods" or "poddnats.alibabacloud.com": how errors name it.
  std::string qualified() const;
  const resource& stored() const {
    return storage == nullptr ? *this : *storage;
  }
};

/// All resource types. Pointers to them stay valid for the catalog's life.
class catalog {
public:
  catalog();

  /// Null if there is no such type (any more).
  const resource* find(std::string_view group, std::string_view version,
                       std::string_view plural) const;

  /// A type by its plural alone; built-in ones win.
  const resource* find(std::string_view plural) const;

  /// A type by apiVersion and kind, as an ownerReference names it.
  const resource* find_kind(std::string_view api_version,
                            std::string_view kind) const;

  /// Adds or replaces the types of a CustomResourceDefinition.
  void define(const json& crd);

  /// Takes the types of a CustomResourceDefinition away; returns them.
  std::vector<const resource*> undefine(const json& crd);

  /// Types in the order of their definition.
  const std::vector<const resource*>& all() const {
    return active_;
  }

private:
  const resource& add(resource x);

  std::vector<std::unique_ptr<resource>> owned_;
  std::vector<const resource*> active_;
};

/// The CRD of PodDNAT, as this controller's manifests install it.
json poddnat_crd();
/// The CRD of Terway's PodENI, with an open schema. Most clusters have none, so
/// it is there only where somebody creates it.
json podeni_crd();
/// The CRD of a neighbour, with an open schema.
json gameserverset_crd();

} // namespace natgw::emulator::kube
