#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "messages/error.hpp"
#include "messages/placement.hpp"
#include "messages/pod.hpp"
#include "messages/record.hpp"

namespace natgw::core {

/// What decides beside the pod whether its annotations hold.
struct annotation_rules {
  /// This controller's class; empty: it serves pods without a class.
  std::string controller_class;
  /// Kinds beside StatefulSet and bare pods whose pods may be fixed; compared
  /// without regard to case.
  std::vector<std::string> stateful_kinds;
  /// Ports of one protocol that a pod may ask for.
  uint32_t max_ports = 65535;
};

/// The pod is none of our business: the switch is off, or on for a controller
/// of another class.
struct not_ours {
  bool operator==(const not_ours&) const = default;
};

/// The pod wants a mapping.
struct dnat_wish {
  dnat_request request;
  /// What was ignored, in words for an event; empty as a rule.
  std::vector<std::string> notices;

  bool operator==(const dnat_wish&) const = default;
};

/// An `error` is always invalid_argument; its detail names the annotation,
/// the offending text (bounded and escaped) and the rule.
using annotation_verdict = std::variant<not_ours, dnat_wish, error>;

/// Reads the annotations of a pod. `node` is null while it is unknown; only
/// the rule about virtual nodes needs it.
annotation_verdict read_annotations(const pod_view& pod,
                                    const annotation_rules& rules,
                                    const node_view* node);

/// What a promise made long ago asks for: the wish of a pod whose annotations
/// have become unreadable since.
dnat_request request_of(const intent& promise);

/// "class "blue"", or "no class" of an empty name.
std::string class_name(const std::string& name);

/// Text of a user, made fit for an event or a log: at most `limit` bytes,
/// anything but printable ASCII as \xNN, quotes and backslashes escaped.
std::string quoted(std::string_view text, size_t limit = 64);

} // namespace natgw::core
