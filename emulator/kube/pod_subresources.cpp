#include "emulator/kube/writer.hpp"

#include <utility>

#include "emulator/kube/concat.hpp"
#include "emulator/kube/json_access.hpp"
#include "emulator/kube/patch.hpp"

namespace natgw::emulator::kube {

result<written> writer::bind(const address& pod, const json& binding,
                             instant now) {
  auto old = objects_.find(*pod.type, pod.key());
  if (!old)
    return std::unexpected{not_found(*pod.type, pod.name)};
  auto node = std::string{text(binding, {"target", "name"})};
  auto bound = text(old->body(), {"spec", "nodeName"});
  if (node.empty())
    return std::unexpected{invalid(*pod.type, pod.name, "target.name",
                                   "FieldValueRequired", "Required value")};
  auto named = *pod.type;
  named.plural = "pods/binding";
  if (is_deleting(old->body()))
    return std::unexpected{
      conflict(named, pod.name,
               concat("pod ", pod.name,
                      " is being deleted, cannot be assigned to a "
                      "host"))};
  if (!bound.empty())
    return std::unexpected{
      conflict(named, pod.name,
               concat("pod ", pod.name, " is already assigned to node \"",
                      bound, "\""))};
  auto body = old->body();
  member(body, "spec")["nodeName"] = node;
  if (const auto* extra = look(binding, {"metadata", "annotations"});
      extra != nullptr && extra->is_object())
    member(member(body, "metadata"), "annotations").update(*extra);
  json patch{
    {"status",
     {{"conditions", json::array({{{"type", "PodScheduled"},
                                   {"status", "True"},
                                   {"lastProbeTime", nullptr},
                                   {"lastTransitionTime", wall(now)}}})}}}};
  if (auto done = strategic_patch(body, patch))
    body = std::move(*done);
  objects_.put(*pod.type, pod.key(), std::move(body), now);
  return written{nullptr,
                 {{"kind", "Status"},
                  {"apiVersion", "v1"},
                  {"metadata", json::object()},
                  {"status", "Success"},
                  {"code", 201}},
                 201};
}

result<written> writer::evict(const address& pod, const json& eviction,
                              instant now) {
  delete_options how;
  if (const auto* grace = look(eviction,
                               {"deleteOptions", "gracePeriodSeconds"});
      grace != nullptr && grace->is_number_integer())
    how.grace_seconds = grace->get<int64_t>();
  how.uid = text(eviction, {"deleteOptions", "preconditions", "uid"});
  auto done = remove(pod, std::move(how), now);
  if (!done)
    return done;
  return written{nullptr,
                 {{"kind", "Status"},
                  {"apiVersion", "v1"},
                  {"metadata", json::object()},
                  {"status", "Success"},
                  {"code", 201}},
                 201};
}

} // namespace natgw::emulator::kube
