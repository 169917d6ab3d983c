#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/annotations.hpp"
#include "core/entry_name.hpp"
#include "messages/entry.hpp"
#include "messages/object_key.hpp"
#include "messages/pod.hpp"
#include "messages/record.hpp"

namespace natgw::core {

// -- what there is
// -------------------------------------------------------------

enum class gateway_access : uint8_t {
  usable,
  /// Found and refused, or known not to be there: nothing is written to it.
  unusable,
  /// Nobody knows: it, or its table, could not be read.
  unread,
};

/// A gateway, as the configuration wants it and as the cloud shows it.
struct adoption_gateway {
  std::string id;
  /// As the configuration has it, else as the cloud tells.
  std::string zone;
  /// False: only records name it. What is there stays, but nothing is added.
  bool configured = true;
  gateway_access access = gateway_access::usable;
  /// Why it is not usable; for people.
  std::string problem;
  /// The EIPs bound to it.
  std::vector<gateway_eip> eips;
  /// The EIPs to use, as addresses or allocation ids; empty: all of them.
  std::vector<std::string> wanted_eips;
  /// Of every EIP; inclusive.
  uint16_t first_port = 512;
  uint16_t last_port = 1024;
  /// The whole table, in the order of its pages.
  std::vector<forward_entry> entries;
};

/// Everything that a first start would find. Records and pods in any order.
struct adoption_snapshot {
  entry_names names;
  annotation_rules rules;
  /// External ports that are never given out, in ascending order.
  std::vector<uint16_t> blocked_ports;
  uint32_t orphan_limit_percent = 10;
  bool accept_orphans = false;
  std::vector<adoption_gateway> gateways;
  std::vector<record_view> records;
  /// Those that want nothing may be left out, unless a record has their name.
  std::vector<pod_view> pods;
  std::vector<node_view> nodes;
};

// -- what would be done
// ----------------------------------------------------------

/// What becomes of one object, or of one entry that belongs to none.
enum class adoption_kind : uint8_t {
  /// Everything stands as it was promised: nothing is written to the cloud.
  taken_over,
  /// The same, on a gateway that is not configured: until the pod goes.
  draining,
  /// The pod has no address yet; until then everything stays as it is.
  waiting,
  /// An entry that was promised does not stand, and is created.
  entry_missing,
  /// An entry that its name proves ours is not as promised, and is modified.
  entry_differs,
  /// The pod asks for other ports than were promised.
  ports_differ,
  /// A foreign entry has an external port: another one is taken.
  port_foreign,
  /// A foreign entry has the internal address and port: no entry can be made.
  address_foreign,
  /// The EIP is not bound to the gateway: what stands there stays; what does
  /// not cannot be made.
  eip_unbound,
  /// The record is another pod's of the same name: it goes, with its entries,
  /// and the pod gets a new mapping.
  superseded,
  /// Another record (`rival`) was promised the same port and keeps it.
  clash_lost,
  /// The record is being deleted while its pod lives: it comes back.
  remade,
  /// The pod is pinned to another gateway and moves there.
  moved,
  /// Nobody wants the mapping: record and entries go.
  released,
  /// A fixed mapping without a pod: the record stays, its entries go after a
  /// while.
  kept,
  /// The record says nothing that can be understood.
  unreadable,
  /// Nobody looks after the record: its gateway cannot be used, or is another
  /// controller's.
  left_alone,
  /// The record's gateway could not be read.
  unknown,
  /// A pod without a record gets a mapping.
  new_mapping,
  /// A pod without a record has annotations that do not hold.
  rejected,
  /// An entry that its name proves ours, without record and pod: deleted.
  orphan,
  /// The same, but there are so many that nothing is deleted.
  orphan_stopped,
  /// A second entry of one name: deleted.
  duplicate,
};

/// How many kinds there are.
inline constexpr size_t adoption_kind_count = 23;

std::string_view to_string(adoption_kind x);

enum class entry_step : uint8_t {
  stays,
  create,
  modify,
  remove,
  /// Created, but with another external port.
  other_port,
  /// Wanted, and in vain.
  refused,
};

std::string_view to_string(entry_step x);

struct adoption_entry {
  entry_step what = entry_step::stays;
  /// As it shall be; for `remove` as it is. External port 0: any free one.
  entry_spec spec;
  /// Of what stands there: the entry, or the foreign one in its way.
  std::string id;
};

/// Writes that would succeed. Events are not counted.
struct adoption_writes {
  uint32_t records = 0;
  uint32_t pods = 0;
  uint32_t creates = 0;
  uint32_t modifies = 0;
  uint32_t deletes = 0;

  uint32_t cloud() const {
    return creates + modifies + deletes;
  }

  adoption_writes& operator+=(const adoption_writes& x);

  bool operator==(const adoption_writes&) const = default;
};

struct adoption_step {
  adoption_kind kind = adoption_kind::taken_over;
  /// Of record and pod; empty for an entry without either.
  object_key key;
  /// Empty if it is not chosen yet.
  std::string gateway;
  bool fixed = false;
  /// True if no ports are free for what is needed.
  bool no_room = false;
  std::vector<adoption_entry> entries;
  adoption_writes writes;
  /// Who has what it cannot have.
  object_key rival;
  /// What is wrong with a record or an annotation, in words.
  std::string detail;
};

struct gateway_outlook {
  std::string id;
  bool configured = true;
  gateway_access access = gateway_access::usable;
  std::string problem;
  /// In the table now.
  uint32_t entries = 0;
  /// Of these, the ones that stay as they are.
  uint32_t taken_over = 0;
  /// Foreign ones, which are never touched, and the external ports that they
  /// keep from us. One that takes a whole EIP counts both protocols' ports.
  uint32_t foreign = 0;
  uint64_t foreign_ports = 0;
  uint32_t orphans = 0;
  /// True if there are so many that an operator has to say they may go.
  bool orphans_stopped = false;
  adoption_writes writes;
};

struct adoption_plan {
  /// In the order of the snapshot.
  std::vector<gateway_outlook> gateways;
  /// By namespace and name, then entries by gateway and id.
  std::vector<adoption_step> steps;
  adoption_writes total;
};

/// What a first start would do with what it finds, by the rules of placement,
/// pools and tables. Nothing is random in it: which free port is taken, and
/// which gateway for a pod without a record, is left open.
///
/// It looks at each object by itself. Where pods have swapped addresses, the
/// pool takes a few more writes than are counted here.
adoption_plan plan_adoption(const adoption_snapshot& x);

} // namespace natgw::core
