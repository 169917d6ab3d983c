#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/adoption/seat.hpp"
#include "core/adoption_plan.hpp"
#include "messages/placement.hpp"

namespace natgw::core {

/// A record, and the pod of its name.
struct claimant {
  const record_view* record = nullptr;
  /// Null: there is none.
  const pod_view* pod = nullptr;
  /// What the pod asks for; nothing if it wants no mapping.
  std::optional<dnat_request> request;
  /// The pod lives and wants no mapping: a fixed one ends too.
  bool forfeited = false;
  /// Null: nobody looks after the record, or another controller does.
  adoption_seat* seat = nullptr;
  holder_id handle = 0;
  /// Which of the promised runs it holds.
  std::vector<bool> claimed;
  /// Whom it lost a port to.
  const record_view* winner = nullptr;
  adoption_kind fate = adoption_kind::taken_over;
};

/// The third part of the names of the entries that a record promises.
std::string identity_of(const claimant& x);

entry_spec promised_spec(std::string name, const std::string& external_ip,
                         const std::string& internal_ip, const port_run& run);

// -- writes to Kubernetes
// ------------------------------------------------------

/// To remove a record.
uint32_t remove_writes(const record_view& x);

/// For a mapping that goes on.
/// @param runs what was promised and stays
/// @param stay their entries
/// @param grows there are new ones besides
adoption_writes
upkeep_writes(const claimant& x, const std::vector<port_run>& runs,
              const std::vector<adoption_entry>& stay, bool grows);

} // namespace natgw::core
