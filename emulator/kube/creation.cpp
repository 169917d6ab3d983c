#include "emulator/kube/writer.hpp"

#include <memory>
#include <utility>

#include "emulator/kube/concat.hpp"
#include "emulator/kube/json_access.hpp"
#include "emulator/kube/rules.hpp"
#include "emulator/kube/schema.hpp"

namespace natgw::emulator::kube {

std::optional<refusal> writer::check_namespace(const address& at) const {
  if (!at.type->namespaced)
    return std::nullopt;
  const auto* spaces = objects_.types().find("", "v1", "namespaces");
  auto space = objects_.find(*spaces, at.ns);
  if (!space)
    return not_found(*spaces, at.ns);
  if (!is_deleting(space->body()))
    return std::nullopt;
  auto result = forbidden(*at.type, at.name,
                          concat("unable to create new content in namespace ",
                                 at.ns, " because it is being terminated"));
  result.details["causes"] = json::array(
    {{{"reason", "NamespaceTerminating"},
      {"message", concat("namespace ", at.ns, " is being terminated")},
      {"field", "metadata.namespace"}}});
  return result;
}

result<json> writer::prepare_fresh(const address& at, json body, instant now) {
  auto& metadata = member(body, "metadata");
  if (text(metadata, {"name"}).empty()
      && !text(metadata, {"generateName"}).empty())
    metadata["name"] = generate_name(text(metadata, {"generateName"}), random_);
  if (!text(metadata, {"resourceVersion"}).empty())
    return std::unexpected{
      refusal{500,
              "",
              "resourceVersion should not be set on objects to be created",
              {},
              {}}};
  if (auto bad = check_metadata(*at.type, body))
    return std::unexpected{std::move(*bad)};
  if (auto ns = text(metadata, {"namespace"}); !ns.empty() && ns != at.ns)
    return std::unexpected{
      bad_request("the namespace of the provided object does not match the "
                  "namespace sent on the request")};
  for (const auto* name :
       {"deletionTimestamp", "deletionGracePeriodSeconds", "generation",
        "selfLink", "managedFields", "resourceVersion"})
    metadata.erase(name);
  if (at.type->namespaced)
    metadata["namespace"] = at.ns;
  metadata["uid"] = make_uid(random_);
  auto time = wall(now);
  metadata["creationTimestamp"] = time;
  if (at.type->generation)
    metadata["generation"] = 1;
  drop_empty_fields(metadata);
  default_fresh(*at.type, body, time);
  if (auto bad = check_fresh(*at.type, body))
    return std::unexpected{std::move(*bad)};
  if (auto bad = apply_schema(at.type->schema, body))
    return std::unexpected{invalid(*at.type, name_of(body), bad->field,
                                   "FieldValueInvalid", bad->message)};
  return body;
}

result<written> writer::create(const address& at, json body, bool dry_run,
                               instant now) {
  auto fresh = prepare_fresh(at, std::move(body), now);
  if (!fresh)
    return std::unexpected{std::move(fresh.error())};
  auto home = at;
  home.name = name_of(*fresh);
  if (auto bad = check_namespace(home))
    return std::unexpected{std::move(*bad)};
  if (objects_.find(*at.type, home.key()))
    return std::unexpected{already_exists(*at.type, home.name)};
  if (dry_run)
    return written{
      std::make_shared<const object>(std::move(*fresh), 0), {}, 201};
  return written{
    objects_.put(*at.type, home.key(), std::move(*fresh), now), {}, 201};
}

} // namespace natgw::emulator::kube
