#include "clients/kube/pod_body.hpp"

#include "clients/kube/json_writer.hpp"
#include "clients/kube/metadata.hpp"
#include "core/time_text.hpp"

namespace natgw::kube {

namespace {

constexpr size_t max_note = 1024;
constexpr std::string_view component = "natgw-controller";

// Cut where a character begins.
std::string_view bound(std::string_view text, size_t limit) {
  if (text.size() <= limit)
    return text;
  while (limit > 0
         && (static_cast<unsigned char>(text[limit]) & 0xC0U) == 0x80U)
    --limit;
  return text.substr(0, limit);
}

std::string event_name(std::string_view pod, uint64_t suffix) {
  auto tail = '.' + std::to_string(suffix);
  auto head = bound(pod, max_name - tail.size());
  // A part of a name ends with a letter or digit.
  while (head.ends_with('-') || head.ends_with('.'))
    head.remove_suffix(1);
  return std::string{head} + tail;
}

} // namespace

std::string annotation_body(const pod_patch& x) {
  json_writer out;
  out.begin_object().key("metadata").begin_object().member("uid", x.uid);
  out.key("annotations")
    .begin_object()
    .member_or_null(status_annotation, x.status_annotation.value_or(""))
    .end_object();
  return out.end_object().end_object().take();
}

std::string condition_body(const pod_patch& x, wall_time since) {
  auto condition = x.condition.value_or(pod_condition{});
  json_writer out;
  out.begin_object().key("metadata").begin_object().member("uid", x.uid);
  out.end_object();
  out.key("status").begin_object().key("conditions").begin_array();
  out.begin_object()
    .member("type", gate_condition)
    .member("status", condition.is_true ? "True" : "False")
    .member("reason", condition.reason)
    .member("message", bound(condition.message, max_note))
    .member("lastTransitionTime", core::format_time(since))
    .end_object();
  return out.end_array().end_object().end_object().take();
}

std::string event_body(const object_event& x, const event_times& seen,
                       uint64_t suffix) {
  auto on_pod = x.about == event_subject::pod;
  json_writer out;
  out.begin_object().member("apiVersion", "v1").member("kind", "Event");
  out.key("metadata")
    .begin_object()
    .member("name", event_name(x.key.name, suffix))
    .member("namespace", x.key.ns)
    .end_object();
  out.key("involvedObject")
    .begin_object()
    .member("apiVersion", on_pod ? "v1" : "coordination.k8s.io/v1")
    .member("kind", on_pod ? "Pod" : "Lease")
    .member("namespace", x.key.ns)
    .member("name", x.key.name)
    .member("uid", x.uid)
    .end_object();
  out.member("reason", x.reason)
    .member("message", bound(x.message, max_note))
    .member("type", x.warning ? "Warning" : "Normal");
  out.key("source").begin_object().member("component", component).end_object();
  out.member("reportingComponent", component)
    .member_number("count", seen.count)
    .member("firstTimestamp", core::format_time(seen.first))
    .member("lastTimestamp", core::format_time(seen.last));
  return out.end_object().take();
}

} // namespace natgw::kube
