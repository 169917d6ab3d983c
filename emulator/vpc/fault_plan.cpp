#include "emulator/vpc/fault_plan.hpp"

namespace natgw::emulator {

std::optional<scripted_fault> fault_plan::scripted(std::string_view action,
                                                   std::string_view gateway) {
  for (auto it = script_.begin(); it != script_.end(); ++it) {
    const bool meant = (it->action.empty() || it->action == action)
                       && (it->gateway.empty() || it->gateway == gateway);
    if (!meant)
      continue;
    if (it->skip > 0) {
      --it->skip;
      continue;
    }
    auto result = *it;
    if (it->count <= 1)
      script_.erase(it);
    else
      --it->count;
    return result;
  }
  return std::nullopt;
}

std::optional<scripted_fault> fault_plan::next(std::string_view action,
                                               std::string_view gateway,
                                               const vpc_behaviour& behaviour) {
  if (auto x = scripted(action, gateway))
    return x;
  for (size_t i = 0; i < fault_kind_count; ++i) {
    const auto kind = static_cast<fault_kind>(i);
    // A refusal needs a code, which only a script has.
    if (kind == fault_kind::refuse || !dice_.chance(behaviour.fault_rates[i]))
      continue;
    scripted_fault result{.kind = kind};
    using std::chrono::milliseconds;
    result.time
      = kind == fault_kind::drip
          ? milliseconds{20}
          : std::chrono::floor<milliseconds>(dice_.draw(behaviour.fault_delay));
    return result;
  }
  return std::nullopt;
}

} // namespace natgw::emulator
