#include "emulator/kube/rules.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <utility>

#include "emulator/kube/concat.hpp"
#include "emulator/kube/json_access.hpp"

namespace natgw::emulator::kube {

namespace {

constexpr size_t max_annotation_bytes = size_t{256} * 1024;

bool is_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_subdomain(std::string_view name) {
  if (name.empty() || name.size() > 253)
    return false;
  auto previous = '.';
  for (auto c : name) {
    if (!is_alnum(c) && c != '-' && c != '.')
      return false;
    if (previous == '.' && !is_alnum(c))
      return false;
    if (c == '.' && !is_alnum(previous))
      return false;
    previous = c;
  }
  return is_alnum(previous);
}

std::optional<refusal> wrong_shape(const resource& type,
                                   std::string_view field) {
  return bad_request(concat(type.kind, " in version \"", type.version,
                            "\" cannot be handled as a ", type.kind,
                            ": json: cannot unmarshal into Go struct field "
                            "ObjectMeta.metadata.",
                            field));
}

bool all_strings(const json& x) {
  return std::ranges::all_of(x, [](const json& y) { return y.is_string(); });
}

bool is_owner(const json& x) {
  return x.is_object() && !text(x, {"uid"}).empty()
         && !text(x, {"name"}).empty() && !text(x, {"kind"}).empty();
}

void set_default(json& object, const char* name, json value) {
  if (!object.contains(name))
    object[name] = std::move(value);
}

void default_pod(json& pod) {
  auto& spec = member(pod, "spec");
  set_default(spec, "restartPolicy", "Always");
  set_default(spec, "terminationGracePeriodSeconds", 30);
  set_default(spec, "dnsPolicy", "ClusterFirst");
  set_default(spec, "schedulerName", "default-scheduler");
  set_default(spec, "securityContext", json::object());
  set_default(spec, "enableServiceLinks", true);
  if (auto list = spec.find("containers"); list != spec.end())
    for (auto& container : *list)
      if (container.is_object()) {
        set_default(container, "resources", json::object());
        set_default(container, "imagePullPolicy", "IfNotPresent");
        set_default(container, "terminationMessagePath",
                    "/dev/termination-log");
        set_default(container, "terminationMessagePolicy", "File");
      }
  pod["status"] = {{"phase", "Pending"}, {"qosClass", "BestEffort"}};
}

void default_definition(json& crd, std::string_view now) {
  auto condition = [now](const char* kind, const char* reason,
                         const char* message) {
    return json{{"type", kind},
                {"status", "True"},
                {"lastTransitionTime", now},
                {"reason", reason},
                {"message", message}};
  };
  auto& names = member(member(crd, "spec"), "names");
  auto kind = std::string{text(names, {"kind"})};
  set_default(names, "listKind", kind + "List");
  if (!names.contains("singular")) {
    std::ranges::transform(kind, kind.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    names["singular"] = kind;
  }
  auto stored = json::array();
  if (const auto* versions = look(crd, {"spec", "versions"}))
    for (const auto& version : *versions)
      stored.push_back(text(version, {"name"}));
  crd["status"]
    = {{"acceptedNames", names},
       {"storedVersions", std::move(stored)},
       {"conditions",
        {condition("NamesAccepted", "NoConflicts", "no conflicts found"),
         condition("Established", "InitialNamesAccepted",
                   "the initial names have been accepted")}}};
}

// The parts of a pod's spec that an update may change.
json without_mutable(json spec) {
  for (const auto* name : {"activeDeadlineSeconds", "tolerations",
                           "terminationGracePeriodSeconds", "schedulingGates"})
    spec.erase(name);
  for (const auto* name : {"containers", "initContainers"})
    if (auto list = spec.find(name); list != spec.end() && list->is_array())
      for (auto& container : *list)
        if (container.is_object())
          container.erase("image");
  return spec;
}

using rename = std::pair<const char*, const char*>;

// core/v1 -> events.k8s.io/v1.
constexpr std::array<rename, 7> event_names{{
  {"involvedObject", "regarding"},
  {"message", "note"},
  {"source", "deprecatedSource"},
  {"firstTimestamp", "deprecatedFirstTimestamp"},
  {"lastTimestamp", "deprecatedLastTimestamp"},
  {"count", "deprecatedCount"},
  {"reportingComponent", "reportingController"},
}};

void move_member(json& object, const char* from, const char* to) {
  if (auto i = object.find(from); i != object.end()) {
    object[to] = std::move(*i);
    object.erase(from);
  }
}

} // namespace

wall_time wall_time_at(wall_time origin, instant now) {
  return origin
         + std::chrono::duration_cast<std::chrono::milliseconds>(
           now.time_since_epoch());
}

std::string make_uid(std::mt19937_64& random) {
  auto high = random();
  auto low = random();
  std::array<char, 40> out{};
  std::snprintf(out.data(), out.size(), "%08x-%04x-4%03x-%04x-%012llx",
                static_cast<unsigned>(high >> 32U),
                static_cast<unsigned>((high >> 16U) & 0xffffU),
                static_cast<unsigned>(high & 0xfffU),
                static_cast<unsigned>(0x8000U | ((low >> 48U) & 0x3fffU)),
                static_cast<unsigned long long>(low & 0xffffffffffffULL));
  return out.data();
}

std::string generate_name(std::string_view prefix, std::mt19937_64& random) {
  constexpr std::string_view letters = "bcdfghjklmnpqrstvwxz2456789";
  std::string result{prefix.substr(0, 58)};
  for (auto i = 0; i < 5; ++i)
    result += letters[random() % letters.size()];
  return result;
}

std::optional<refusal> check_metadata(const resource& type,
                                      const json& object) {
  const auto* metadata = look(object, {"metadata"});
  if (metadata == nullptr || !metadata->is_object())
    return wrong_shape(type, "");
  for (const auto* field :
       {"name", "generateName", "namespace", "uid", "resourceVersion"})
    if (const auto* x = look(*metadata, {field});
        x != nullptr && !x->is_string())
      return wrong_shape(type, field);
  for (const auto* field : {"labels", "annotations"})
    if (const auto* x = look(*metadata, {field});
        x != nullptr && !(x->is_object() && all_strings(*x)))
      return wrong_shape(type, field);
  if (const auto* x = look(*metadata, {"finalizers"});
      x != nullptr && !(x->is_array() && all_strings(*x)))
    return wrong_shape(type, "finalizers");
  auto name = name_of(object);
  if (const auto* x = look(*metadata, {"ownerReferences"}); x != nullptr) {
    if (!x->is_array())
      return wrong_shape(type, "ownerReferences");
    if (!std::ranges::all_of(*x, is_owner))
      return invalid(type, name, "metadata.ownerReferences",
                     "FieldValueInvalid",
                     "Invalid value: kind, name and uid must not be empty");
  }
  if (name.empty())
    return invalid(type, "", "metadata.name", "FieldValueRequired",
                   "Required value: name or generateName is required");
  if (!is_subdomain(name))
    return invalid(
      type, name, "metadata.name", "FieldValueInvalid",
      concat("Invalid value: \"", name,
             "\": a lowercase RFC 1123 subdomain must consist of lower case "
             "alphanumeric characters, '-' or '.', and must start and end "
             "with an alphanumeric character (e.g. 'example.com', regex used "
             "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]"
             "([-a-z0-9]*[a-z0-9])?)*')"));
  if (const auto* x = look(*metadata, {"annotations"});
      x != nullptr
      && x->dump(-1, ' ', false, json::error_handler_t::replace).size()
           > max_annotation_bytes)
    return invalid(type, name, "metadata.annotations", "FieldValueTooLong",
                   "Too long: must have at most 262144 bytes");
  return std::nullopt;
}

void default_fresh(const resource& type, json& object, std::string_view now) {
  if (type.kind == "Pod" && type.group.empty())
    return default_pod(object);
  if (type.plural == "namespaces") {
    object["spec"] = {{"finalizers", {"kubernetes"}}};
    object["status"] = {{"phase", "Active"}};
    member(member(object, "metadata"), "labels")["kubernetes.io/metadata.name"]
      = name_of(object);
  } else if (type.plural == "customresourcedefinitions") {
    default_definition(object, now);
  } else if (type.status && type.plural != "nodes") {
    object.erase("status");
    if (!type.custom)
      object["status"] = json::object();
  }
}

void drop_empty_fields(json& metadata) {
  for (const auto* name :
       {"finalizers", "ownerReferences", "labels", "annotations"})
    if (auto i = metadata.find(name);
        i != metadata.end() && (i->is_null() || i->empty()))
      metadata.erase(name);
}

std::optional<refusal> check_fresh(const resource& type, const json& object) {
  if (type.group.empty() && type.plural == "pods") {
    const auto* list = look(object, {"spec", "containers"});
    if (list == nullptr || !list->is_array() || list->empty())
      return invalid(type, name_of(object), "spec.containers",
                     "FieldValueRequired", "Required value");
  }
  if (type.plural == "customresourcedefinitions") {
    auto wanted = concat(text(object, {"spec", "names", "plural"}), ".",
                         text(object, {"spec", "group"}));
    const auto* versions = look(object, {"spec", "versions"});
    if (name_of(object) != wanted)
      return invalid(type, name_of(object), "metadata.name",
                     "FieldValueInvalid",
                     concat("Invalid value: \"", name_of(object),
                            "\": must be spec.names.plural+\".\"+spec.group"));
    if (versions == nullptr || !versions->is_array() || versions->empty())
      return invalid(type, name_of(object), "spec.versions",
                     "FieldValueRequired", "Required value");
  }
  return std::nullopt;
}

std::optional<refusal> check_change(const resource& type, const json& before,
                                    const json& after) {
  if (type.group.empty() && type.plural == "pods") {
    const auto* old_spec = look(before, {"spec"});
    const auto* new_spec = look(after, {"spec"});
    if (old_spec != nullptr
        && (new_spec == nullptr
            || (*old_spec != *new_spec
                && without_mutable(*old_spec) != without_mutable(*new_spec))))
      return invalid(
        type, name_of(before), "spec", "FieldValueForbidden",
        "Forbidden: pod updates may not change fields other than "
        "`spec.containers[*].image`,`spec.initContainers[*].image`,"
        "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to "
        "existing tolerations),`spec.terminationGracePeriodSeconds` (allow it "
        "to be set to 1 if it was previously negative)");
  }
  return std::nullopt;
}

json inward(const resource& type, json object) {
  if (type.group != "events.k8s.io")
    return object;
  for (auto [stored, shown] : event_names)
    move_member(object, shown, stored);
  object["apiVersion"] = "v1";
  return object;
}

json outward(const resource& type, const json& stored) {
  auto object = stored;
  if (type.group == "events.k8s.io")
    for (auto [inside, shown] : event_names)
      move_member(object, inside, shown);
  object["apiVersion"] = type.api_version();
  return object;
}

} // namespace natgw::emulator::kube
