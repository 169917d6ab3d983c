#include "emulator/kube/operations.hpp"

#include <utility>
#include <vector>

#include "emulator/kube/concat.hpp"
#include "emulator/kube/json_access.hpp"
#include "emulator/kube/present.hpp"
#include "emulator/kube/rules.hpp"

namespace natgw::emulator::kube {

namespace {

result<json> body_of(const request& x, const resource& type) {
  auto body = parse_json(x.body);
  if (!body || !body->is_object())
    return std::unexpected{bad_request(
      concat("the object provided is unrecognized (must be of type ", type.kind,
             "): couldn't get version/kind; json parse error"))};
  return std::move(*body);
}

// The object that a POST or PUT sends; a Binding and its like are no object
// of the type.
result<json> object_of(const request& x, const resource& type) {
  auto body = body_of(x, type);
  if (!body)
    return body;
  auto version = text(*body, {"apiVersion"});
  auto kind = text(*body, {"kind"});
  if ((!version.empty() && version != type.api_version())
      || (!kind.empty() && kind != type.kind))
    return std::unexpected{bad_request(concat(
      kind, " in version \"", version, "\" cannot be handled as a ", type.kind,
      ": the API version in the data (", version,
      ") does not match the expected API version (", type.api_version(), ")"))};
  (*body)["apiVersion"] = type.api_version();
  (*body)["kind"] = type.kind;
  auto inside = inward(type, std::move(*body));
  inside["apiVersion"] = type.stored().api_version();
  return inside;
}

void read_propagation(std::string_view policy, delete_options& out) {
  if (policy == "Background")
    out.policy = propagation::background;
  else if (policy == "Foreground")
    out.policy = propagation::foreground;
  else if (policy == "Orphan")
    out.policy = propagation::orphan;
}

result<delete_options> options_of(const request& x, const target& what) {
  delete_options how;
  how.dry_run = what.param("dryRun") == "All";
  if (auto grace = parse_number(what.param("gracePeriodSeconds")))
    how.grace_seconds = static_cast<int64_t>(*grace & 0x7fffffffU);
  read_propagation(what.param("propagationPolicy"), how);
  if (x.body.empty())
    return how;
  auto body = parse_json(x.body);
  if (!body || !body->is_object())
    return std::unexpected{bad_request("error decoding DeleteOptions")};
  if (const auto* grace = look(*body, {"gracePeriodSeconds"});
      grace != nullptr && grace->is_number_integer())
    how.grace_seconds = grace->get<int64_t>();
  if (const auto* orphan = look(*body, {"orphanDependents"});
      orphan != nullptr && orphan->is_boolean())
    how.policy = orphan->get<bool>() ? propagation::orphan
                                     : propagation::background;
  read_propagation(text(*body, {"propagationPolicy"}), how);
  how.uid = text(*body, {"preconditions", "uid"});
  how.resource_version = text(*body, {"preconditions", "resourceVersion"});
  if (const auto* dry = look(*body, {"dryRun"});
      dry != nullptr && dry->is_array() && !dry->empty())
    how.dry_run = true;
  return how;
}

response to_answer(const resource& type, const result<written>& done,
                   const request& x, wall_time now) {
  if (!done)
    return to_response(done.error());
  response answer;
  answer.status = done->code;
  if (!done->object)
    answer.body = done->status.dump() + "\n";
  else if (wanted_form(x.accept) == form::table)
    answer.body = to_table(type, {done->object}, json::object(), now).dump()
                  + "\n";
  else
    answer.body = show(type, *done->object) + "\n";
  return answer;
}

} // namespace

operations::operations(store& objects, writer& rules, reader& reads)
  : objects_(objects),
    rules_(rules),
    reads_(reads) {
  // nop
}

response operations::get(const request& x, const target& what,
                         const resource& type, instant now) const {
  auto as = wanted_form(x.accept);
  auto done = what.name.empty() ? reads_.list(type, what, as, now)
                                : reads_.get(type, what, as, now);
  if (!done)
    return to_response(done.error());
  response answer;
  answer.body = std::move(*done);
  return answer;
}

result<written> operations::create(const address& at, const request& x,
                                   bool dry_run, instant now) {
  const auto& sub = at.subresource;
  if (sub == "binding" || sub == "eviction") {
    auto body = body_of(x, *at.type);
    if (!body)
      return std::unexpected{std::move(body.error())};
    return sub == "binding" ? rules_.bind(at, *body, now)
                            : rules_.evict(at, *body, now);
  }
  if (!at.name.empty() || !sub.empty())
    return std::unexpected{method_not_allowed()};
  auto body = object_of(x, *at.type);
  if (!body)
    return std::unexpected{std::move(body.error())};
  return rules_.create(at, std::move(*body), dry_run, now);
}

result<written> operations::patch(const address& at, const request& x,
                                  bool dry_run, instant now) {
  auto media = std::string_view{x.content_type};
  media = media.substr(0, media.find(';'));
  auto how = patch_form::merge;
  if (media == "application/json-patch+json")
    how = patch_form::json_patch;
  else if (media == "application/strategic-merge-patch+json"
           && !at.type->custom)
    how = patch_form::strategic;
  else if (media != "application/merge-patch+json")
    return std::unexpected{unsupported_media_type(
      at.type->custom ? "application/json-patch+json, "
                        "application/merge-patch+json"
                      : "application/json-patch+json, "
                        "application/merge-patch+json, "
                        "application/strategic-merge-patch+json")};
  auto body = parse_json(x.body);
  if (!body)
    return std::unexpected{
      bad_request("error decoding patch: invalid character in JSON")};
  return rules_.patch(at, how, *body, dry_run, now);
}

result<written> operations::write(const request& x, const target& what,
                                  const resource& type, instant now) {
  address at{&type, what.ns, what.name, what.subresource};
  auto dry_run = what.param("dryRun") == "All";
  if (type.namespaced && at.ns.empty())
    return std::unexpected{method_not_allowed()};
  if (x.method == "POST")
    return create(at, x, dry_run, now);
  if (at.name.empty())
    return std::unexpected{method_not_allowed()};
  if (x.method == "PATCH")
    return patch(at, x, dry_run, now);
  if (x.method == "PUT") {
    auto body = object_of(x, type);
    if (!body)
      return std::unexpected{std::move(body.error())};
    return rules_.replace(at, std::move(*body), dry_run, now);
  }
  if (!at.subresource.empty())
    return std::unexpected{method_not_allowed()};
  auto how = options_of(x, what);
  if (!how)
    return std::unexpected{std::move(how.error())};
  return rules_.remove(at, std::move(*how), now);
}

response operations::remove_all(const request& x, const target& what,
                                const resource& type, instant now) {
  auto how = options_of(x, what);
  if (!how)
    return to_response(how.error());
  auto filter = selector::parse(type.stored(), what.param("labelSelector"),
                                what.param("fieldSelector"));
  if (!filter)
    return to_response(bad_request(filter.error()));
  std::vector<object_ptr> found;
  auto prefix = what.ns.empty() ? std::string{} : what.ns + "/";
  objects_.scan(type, 0, prefix, {},
                [&](const std::string&, const object_ptr& one) {
                  if (filter->matches(one->body()))
                    found.push_back(one);
                  return true;
                });
  for (const auto& one : found)
    (void)rules_.remove({&type, std::string{namespace_of(one->body())},
                         std::string{name_of(one->body())}, ""},
                        *how, now);
  response answer;
  answer.body = show_list(
    type, found, {{"resourceVersion", std::to_string(objects_.revision())}});
  return answer;
}

response operations::run(const request& x, const target& what,
                         const resource& type, instant now) {
  if (x.method == "GET")
    return get(x, what, type, now);
  if (x.method == "DELETE" && what.name.empty())
    return remove_all(x, what, type, now);
  return to_answer(type, write(x, what, type, now), x,
                   rules_.wall_time_at(now));
}

} // namespace natgw::emulator::kube
