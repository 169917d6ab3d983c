#pragma once

#include <chrono>
#include <cstdlib>
#include <string>

#include "test/kube/eventually.hpp"
#include "test/kube/real_cluster.hpp"
#include "test/kube/scenario.hpp"
#include "test/kube/workloads.hpp"

// What scenarios of outages, faults and scale have in common.

namespace natgw::test {

/// NATGW_LONG asks for the forms that take minutes.
inline bool is_long() {
  return std::getenv("NATGW_LONG") != nullptr;
}

/// For what must last a while: an outage, a measurement.
inline void let_pass(std::chrono::milliseconds time) {
  eventually([] { return false; }, time);
}

inline real_cluster& as_real(cluster& x) {
  return dynamic_cast<real_cluster&>(x);
}

/// Requests of the controller since `since`; an empty text matches all.
inline size_t requests(cluster& where, instant since, const std::string& verb,
                       const std::string& resource) {
  size_t result = 0;
  for (const auto& x : where.audit(since))
    if (x.user.ends_with(":natgw-controller")
        && (verb.empty() || x.verb == verb)
        && (resource.empty() || x.resource == resource))
      ++result;
  return result;
}

} // namespace natgw::test
