#pragma once

#include <string>

#include "emulator/kube/present.hpp"
#include "emulator/kube/refusal.hpp"
#include "emulator/kube/store.hpp"
#include "emulator/kube/target.hpp"
#include "emulator/kube/watch_hub.hpp"

namespace natgw::emulator::kube {

/// GET and LIST: paging over a consistent snapshot, resourceVersion rules,
/// selectors.
class reader {
public:
  reader(const store& objects, wall_time wall_origin,
         std::chrono::nanoseconds list_lag);

  /// The JSON text of one object.
  result<std::string> get(const resource& type, const target& what, form as,
                          instant now) const;

  /// The JSON text of a list.
  result<std::string> list(const resource& type, const target& what, form as,
                           instant now) const;

  /// What a watch request means; 400, 410 or 422 if nothing.
  result<watch_request> watch(const resource& type, const target& what, form as,
                              instant now,
                              std::chrono::seconds default_timeout) const;

private:
  struct page {
    /// The revision whose state is shown; 0: the present one.
    uint64_t revision = 0;
    /// What the list says about itself.
    uint64_t shown_revision = 0;
    std::string start;
    uint64_t limit = 0;
    bool continued = false;
  };

  result<page> plan(const resource& type, const target& what,
                    instant now) const;
  result<page> resume(const resource& type, std::string_view token) const;
  wall_time wall(instant now) const;

  const store& objects_;
  wall_time wall_origin_;
  std::chrono::nanoseconds list_lag_;
};

/// A continue token: the next page begins at `start` in the state at
/// `revision` (-1: whatever is there then).
std::string make_token(int64_t revision, std::string_view start);

} // namespace natgw::emulator::kube
