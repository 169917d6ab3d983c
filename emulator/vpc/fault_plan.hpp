#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "emulator/vpc/dice.hpp"
#include "emulator/vpc/options.hpp"

namespace natgw::emulator {

/// Which call meets which fault: those of the script first, in their order,
/// then by chance.
class fault_plan {
public:
  fault_plan(std::vector<scripted_fault> script, uint64_t seed)
    : script_{std::move(script)},
      dice_{seed} {
    // nop
  }

  /// The fault of the next call of this kind.
  std::optional<scripted_fault> next(std::string_view action,
                                     std::string_view gateway,
                                     const vpc_behaviour& behaviour);

  void add(scripted_fault x) {
    script_.push_back(std::move(x));
  }
  /// Drops what is left of the script.
  void clear() {
    script_.clear();
  }
  /// Scripted faults that have not been met yet.
  size_t pending() const {
    return script_.size();
  }

private:
  std::optional<scripted_fault> scripted(std::string_view action,
                                         std::string_view gateway);

  std::vector<scripted_fault> script_;
  dice dice_;
};

} // namespace natgw::emulator
