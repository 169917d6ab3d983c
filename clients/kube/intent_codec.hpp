#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "messages/error.hpp"
#include "messages/port.hpp"
#include "messages/record.hpp"

// The annotation `k8s.aliyun.com/pod-dnat-intent`:
//   {"v":1,"gw":gateway,"z":zone,"ext":external_ip,"int":internal_ip,
//    "uid":pod_uid,"own":[apiVersion,kind,name,uid],"fix":true,
//    "try":attempt,"ep":epoch,
//    "items":[["tcp",first,count],...],
//    "runs":[[n,"tcp",external,internal,count],...]}
// Members with their zero value are left out. Unknown members are ignored; a
// version that is not 1 is an error.

namespace natgw::kube {

inline constexpr std::string_view intent_annotation
  = "k8s.aliyun.com/pod-dnat-intent";

std::string encode_intent(const intent& x);

/// Decodes and validates (see `check_intent`). Errors: malformed.
expected<intent> decode_intent(std::string_view text);

/// Every rule an intent must keep: forms of gateway, zone and addresses;
/// ports in range; no item and no run overlaps another of its protocol (runs:
/// on either side); numbers of runs differ; the runs cover every port of the
/// items once and nothing else. Errors: invalid_argument.
expected<void> check_intent(const intent& x);

/// One item as `spec.portMapping` and `status.entries` write it: "512" or
/// "512-527", pieces joined by commas.
struct item_ports {
  protocol proto = protocol::tcp;
  std::string external;
  std::string internal;

  auto operator<=>(const item_ports&) const = default;
};

/// The items of a valid intent with the external ports they got, in order.
std::vector<item_ports> project_items(const intent& x);

} // namespace natgw::kube
