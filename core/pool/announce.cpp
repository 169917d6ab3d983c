#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "core/pool/pool.hpp"
#include "core/pool/rules.hpp"

namespace natgw::core {

namespace {

/// OpenKruiseGame's webhook looks at a pod only when its metadata changes, and
/// may then have known the PodDNAT only as it was before.
constexpr uint32_t most_nudges = 5;
constexpr auto first_nudge = std::chrono::seconds{2};

} // namespace

std::string pool::annotation_of(const tenure& t, std::string_view state) const {
  std::vector<port_run> runs;
  for (auto& e : t.entries)
    if (!e.retiring)
      runs.push_back(e.run);
  return pod_annotation(state, t.external_ip, runs, options_.gateway);
}

/// Tells the pod, once for each change: its annotation, then (in the same
/// patch) its readiness gate.
void pool::announce(slot& s, const tenure& t, std::string_view state) {
  if (s.under_way != telling::nothing)
    return;
  auto ready = state == "ready";
  auto text = annotation_of(t, state);
  auto knows = text == without_nudge(s.told)
               || text == without_nudge(s.pod->status_annotation);
  auto opens = ready && s.pod->gate == gate_state::not_true && !s.told_gate;
  if (knows && !opens) {
    // Published by a former process: no news for anybody.
    s.said_ready = s.said_ready || (ready && s.told.empty());
    return;
  }
  pod_patch x{.key = s.key, .uid = s.pod->uid};
  if (!knows)
    x.status_annotation = text;
  if (opens)
    x.condition = pod_condition{true, "Forwarding", "DNAT entries forward"};
  s.told = std::move(text);
  s.told_gate = s.told_gate || opens;
  s.under_way = telling::mapping;
  out_.emplace_back(std::move(x));
}

/// Tells a pod again what it knows, in other words, where a consumer has not
/// taken it in after a while: a few times, ever more rarely.
void pool::nudge(slot& s, const tenure& t, instant now) {
  if (!s.pod->okg_waiting) {
    s.nudges = 0;
    s.nudge_at = {};
    return;
  }
  if (s.under_way != telling::nothing || s.nudges == most_nudges)
    return;
  if (s.nudge_at == instant{})
    s.nudge_at = now + first_nudge;
  if (now >= s.nudge_at) {
    ++s.nudges;
    s.nudge_at = now + first_nudge * (1U << s.nudges);
    s.told = with_nudge(annotation_of(t, "ready"), s.nudges);
    s.under_way = telling::mapping;
    out_.emplace_back(
      pod_patch{.key = s.key, .uid = s.pod->uid, .status_annotation = s.told});
  }
  if (s.nudges < most_nudges)
    wake_at(s, s.nudge_at);
}

/// Takes the annotation away from a pod that lives on without a mapping.
/// Returns true until that is done, or not needed.
bool pool::unannounce(slot& s) {
  auto& pod = s.pod ? s.pod : s.former;
  if (!pod || (!s.pod && s.former_gone) || s.told_end)
    return false;
  if (s.under_way != telling::nothing)
    return true;
  if (pod->status_annotation.empty() && s.told.empty())
    return false;
  pod_patch x{.key = s.key, .uid = pod->uid, .status_annotation = ""};
  if (pod->gate != gate_state::none)
    x.condition = pod_condition{false, "Released", "no DNAT mapping"};
  s.under_way = telling::end;
  out_.emplace_back(std::move(x));
  return true;
}

/// Says that a living pod's mapping cannot be made for now, once for each
/// reason.
void pool::tell_failure(slot& s, const std::string& why) {
  if (s.told_failure == why)
    return;
  s.told_failure = why;
  observe(pool_measure_kind::failure);
  note(s, "pod_failed", why, true);
  say(s, "DNATFailed", why, true);
  if (auto t = present(s); t && s.pod) {
    s.told.clear();
    announce(s, *t, "failed");
  }
}

} // namespace natgw::core
