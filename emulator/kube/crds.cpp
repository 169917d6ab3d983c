#include "emulator/kube/resource.hpp"

#include <initializer_list>
#include <utility>

namespace natgw::emulator::kube {

namespace {

json strings(std::initializer_list<const char*> names) {
  auto result = json::object();
  for (const auto* name : names)
    result[name] = {{"type", "string"}};
  return result;
}

json object_of(json properties) {
  return {{"type", "object"}, {"properties", std::move(properties)}};
}

json list_of(json properties) {
  return {{"type", "array"}, {"items", object_of(std::move(properties))}};
}

json open_schema() {
  return {{"type", "object"}, {"x-kubernetes-preserve-unknown-fields", true}};
}

json definition(const char* group, const char* version, const char* kind,
                const char* plural, json short_names, json schema) {
  json names{{"kind", kind},
             {"listKind", std::string{kind} + "List"},
             {"plural", plural},
             {"shortNames", std::move(short_names)}};
  names["singular"]
    = std::string_view{plural}.substr(0, std::string_view{plural}.size() - 1);
  json one{{"name", version},
           {"served", true},
           {"storage", true},
           {"subresources", {{"status", json::object()}}},
           {"schema", {{"openAPIV3Schema", std::move(schema)}}}};
  return {{"apiVersion", "apiextensions.k8s.io/v1"},
          {"kind", "CustomResourceDefinition"},
          {"metadata", {{"name", std::string{plural} + "." + group}}},
          {"spec",
           {{"group", group},
            {"scope", "Namespaced"},
            {"names", std::move(names)},
            {"versions", json::array({std::move(one)})}}}};
}

json column(const char* name, const char* type, const char* path) {
  return {{"name", name}, {"type", type}, {"jsonPath", path}};
}

json wide_column(const char* name, const char* type, const char* path) {
  auto result = column(name, type, path);
  result["priority"] = 1;
  return result;
}

} // namespace

json poddnat_crd() {
  auto spec = strings({"eni", "vswitch", "externalIP", "internalIP", "protocol",
                       "tableId", "zoneID"});
  spec["portMapping"] = list_of(strings({"externalPort", "internalPort"}));
  auto entries
    = list_of(strings({"externalIP", "externalPort", "forwardEntryId",
                       "internalIP", "internalPort", "ipProtocol"}));
  auto status = json::object();
  status["entries"] = std::move(entries);
  status["state"] = {{"type", "string"}};
  auto schema = object_of({{"spec", object_of(std::move(spec))},
                           {"status", object_of(std::move(status))}});
  auto crd = definition("alibabacloud.com", "v1beta1", "PodDNAT", "poddnats",
                        {"pdnat"}, std::move(schema));
  crd["spec"]["versions"][0]["additionalPrinterColumns"]
    = {column("Gateway", "string", ".spec.tableId"),
       column("External IP", "string", ".spec.externalIP"),
       column("Ports", "string", ".spec.portMapping[*].externalPort"),
       column("State", "string", ".status.state"),
       wide_column("Internal IP", "string", ".spec.internalIP"),
       wide_column("Forwarding", "string", ".status.entries[*].externalPort"),
       column("Age", "date", ".metadata.creationTimestamp")};
  return crd;
}

json podeni_crd() {
  return definition("network.alibabacloud.com", "v1beta1", "PodENI", "podenis",
                    json::array(), open_schema());
}

json gameserverset_crd() {
  return definition("game.kruise.io", "v1alpha1", "GameServerSet",
                    "gameserversets", {"gss"}, open_schema());
}

} // namespace natgw::emulator::kube
