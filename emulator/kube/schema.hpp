#pragma once

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

namespace natgw::emulator::kube {

using nlohmann::json;

/// A value that breaks a structural schema.
struct schema_error {
  /// Such as "spec.portMapping[0].externalPort".
  std::string field;
  /// Such as `Invalid value: "integer": … must be of type string: "integer"`.
  std::string message;
};

/// Drops the fields of a custom object that its structural schema does not
/// know (except apiVersion, kind and metadata) and nulls that it does not
/// allow; checks types, enums and required fields. A null schema lets
/// everything through.
std::optional<schema_error> apply_schema(const json& schema, json& object);

} // namespace natgw::emulator::kube
