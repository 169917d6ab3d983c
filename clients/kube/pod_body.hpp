#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "messages/record.hpp"
#include "messages/time.hpp"

// Bodies of the writes to and about pods.

namespace natgw::kube {

inline constexpr std::string_view status_annotation
  = "k8s.aliyun.com/pod-dnat-status";
inline constexpr std::string_view gate_condition = "k8s.aliyun.com/pod-dnat";

/// Merge patch of the pod with our annotation, which must be set in `x`.
std::string annotation_body(const pod_patch& x);

/// Strategic merge patch of the pod's status with our condition alone, which
/// must be set in `x`. `since` becomes lastTransitionTime.
std::string condition_body(const pod_patch& x, wall_time since);

/// How often and when an event was seen.
struct event_times {
  uint32_t count = 1;
  wall_time first{};
  wall_time last{};
};

/// A core/v1 Event about the pod or the Lease. `suffix` makes its name unique
/// among the events of that object; the message is cut to 1,024 bytes.
std::string event_body(const object_event& x, const event_times& seen,
                       uint64_t suffix);

} // namespace natgw::kube
