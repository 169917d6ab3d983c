#pragma once

#include <string>
#include <string_view>

#include "messages/record.hpp"

// Bodies of the writes to PodDNATs. Every patch carries the metadata.uid and
// metadata.resourceVersion of its record_write as preconditions.

namespace natgw::kube {

inline constexpr std::string_view finalizer = "natgw-controller";

/// The class of the controller whose record it is; absent: no class.
inline constexpr std::string_view class_annotation
  = "k8s.aliyun.com/pod-dnat-class";

/// POST: finalizer, owner, annotation and spec.
std::string create_body(const record_write& x);

/// Merge patch of annotation, spec and, only if they change, ownerReferences.
/// `spec.eni` and `spec.vswitch` stay as they are if nothing is known of them,
/// and go if the address they are of does. `base` is the object as it stands.
std::string promise_body(const record_write& x, const record_view& base);

/// Merge patch on the status subresource.
std::string status_body(const record_write& x);

/// Merge patch that takes our finalizer off and keeps those of `base`.
std::string release_body(const record_write& x, const record_view& base);

} // namespace natgw::kube
