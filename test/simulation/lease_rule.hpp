#pragma once

#include <string>

#include "emulator/kube/store.hpp"
#include "messages/time.hpp"
#include "test/simulation/checker.hpp"

namespace natgw::simulation {

/// Nobody sends a write but who holds the lease, and as long as he does.
class lease_rule {
public:
  /// The Lease has changed.
  void see(const emulator::kube::change& x);

  /// A write leaves, of whoever calls himself `who`.
  void judge(const std::string& who, checker& to, instant now) const;

private:
  bool known_ = false;
  std::string holder_;
  /// At the earliest: its holder counts from before it asked for the renewal.
  instant ends_{};
};

} // namespace natgw::simulation
