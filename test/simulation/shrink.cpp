#include "test/simulation/shrink.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

#include "test/simulation/world.hpp"

namespace natgw::simulation {

namespace {

using emulator::fault_kind_count;

class shrinker {
public:
  explicit shrinker(plan x) : best_{std::move(x)} {
    // nop
  }

  plan run_all() {
    broken_ = broken_by(best_);
    drop_faults();
    for (auto size = best_.acts.size() / 2; size > 0; size /= 2)
      drop_acts(size);
    return std::move(best_);
  }

private:
  /// The invariant that a plan breaks first, as a text; empty: none.
  static std::string broken_by(const plan& x) {
    auto problems = run(x, {.lines = 1}).problems;
    return problems.empty() ? std::string{} : problems.front().substr(0, 1);
  }

  /// Keeps the change if the plan still fails.
  bool keep(const std::function<void(plan&)>& change) {
    if (budget_ == 0)
      return false;
    --budget_;
    auto next = best_;
    change(next);
    if (broken_by(next) != broken_)
      return false;
    best_ = std::move(next);
    return true;
  }

  void drop_faults() {
    keep([](plan& x) { x.sky = {}; });
    for (auto rate :
         {&weather::lost_before, &weather::lost_after, &weather::slow,
          &weather::twice, &weather::cut, &weather::stall, &weather::silence})
      if (best_.sky.*rate > 0)
        keep([rate](plan& x) { x.sky.*rate = 0; });
    keep([](plan& x) { x.cluster_faults.clear(); });
    keep([](plan& x) { x.cloud.fault_rates = {}; });
    for (size_t i = 0; i < fault_kind_count; ++i)
      if (best_.cloud.fault_rates[i] > 0)
        keep([i](plan& x) { x.cloud.fault_rates[i] = 0; });
    keep([](plan& x) { x.overtaking = 0; });
    keep([](plan& x) { x.list_lag = {}; });
    keep([](plan& x) { x.replicas = 1; });
  }

  void drop_acts(size_t size) {
    for (size_t at = 0; at < best_.acts.size();) {
      auto last = std::min(at + size, best_.acts.size());
      auto gone = keep([at, last](plan& x) {
        x.acts.erase(x.acts.begin() + static_cast<std::ptrdiff_t>(at),
                     x.acts.begin() + static_cast<std::ptrdiff_t>(last));
      });
      if (!gone)
        at = last;
    }
  }

  plan best_;
  std::string broken_;
  size_t budget_ = 600;
};

} // namespace

plan shrink(plan failing) {
  return shrinker{std::move(failing)}.run_all();
}

} // namespace natgw::simulation
