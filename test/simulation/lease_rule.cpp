#include "test/simulation/lease_rule.hpp"

#include "emulator/kube/json_access.hpp"

namespace natgw::simulation {

void lease_rule::see(const emulator::kube::change& x) {
  const auto& body = x.now->body();
  known_ = true;
  holder_ = emulator::kube::text(body, {"spec", "holderIdentity"});
  const auto* span = emulator::kube::look(body,
                                          {"spec", "leaseDurationSeconds"});
  ends_ = x.at;
  if (span != nullptr && span->is_number_integer())
    ends_ += std::chrono::seconds{span->get<int>()};
}

void lease_rule::judge(const std::string& who, checker& to, instant now) const {
  if (!known_)
    return;
  if (who != holder_)
    to.breach(9, now, who + " writes while '" + holder_ + "' has the lease");
  else if (now >= ends_)
    to.breach(9, now, who + " writes after its lease");
}

} // namespace natgw::simulation
