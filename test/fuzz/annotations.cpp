#include <variant>

#include "core/annotations.hpp"
#include "test/fuzz/fuzz.hpp"

// What users write on pods.

using namespace natgw;

namespace {

void check(const dnat_request& x) {
  for (const auto& item : x.items) {
    fuzz::require(item.first > 0 && item.count > 0);
    fuzz::require(item.first + item.count - 1 <= 65535);
  }
  for (auto a = x.items.begin(); a != x.items.end(); ++a)
    for (auto b = a + 1; b != x.items.end(); ++b)
      fuzz::require(a->proto != b->proto || a->first + a->count <= b->first
                    || b->first + b->count <= a->first);
}

bool is_printable(std::string_view x) {
  for (auto c : x)
    if (c < ' ' || c > '~')
      return false;
  return true;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::parts in{fuzz::text_of(data, size)};
  pod_view pod;
  pod.key = {"default", "game-0"};
  pod.uid = "1";
  pod.host_network = (in.byte() & 1U) != 0;
  pod_annotations values;
  values.present = true;
  for (auto* x : {&values.dnat, &values.expose_port, &values.expose_protocol,
                  &values.fixed, &values.gateway, &values.zone,
                  &values.controller_class, &values.early})
    *x = in.next();
  pod.annotations = std::move(values);
  if (auto kind = in.next(); !kind.empty())
    pod.workload = owner_ref{"apps/v1", kind, "game", "2"};
  const node_view node{"n", "zone", false};
  const core::annotation_rules rules{.stateful_kinds = {"GameServer"},
                                     .max_ports = 1000};
  auto verdict = core::read_annotations(pod, rules, &node);
  if (const auto* wish = std::get_if<core::dnat_wish>(&verdict))
    check(wish->request);
  if (const auto* problem = std::get_if<error>(&verdict)) {
    fuzz::require(problem->code == ec::invalid_argument);
    fuzz::require(is_printable(problem->detail));
    fuzz::require(problem->detail.size() < 1000);
  }
  return 0;
}
