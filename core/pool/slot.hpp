#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "messages/entry.hpp"
#include "messages/object_key.hpp"
#include "messages/placement.hpp"
#include "messages/pod.hpp"
#include "messages/record.hpp"
#include "messages/time.hpp"

namespace natgw::core {

/// How far one forward entry of ours has come, as the pool knows it.
enum class entry_phase : uint8_t {
  /// Not wished, or lost; nothing in the table unless `may_stand`.
  idle,
  /// Wished; the table has not said yet that it forwards.
  asked,
  /// The table has seen it Available as wished.
  available,
  /// Its end is wished.
  dropping,
  /// Known gone.
  gone,
};

/// What a patch of the pod that is under way says.
enum class telling : uint8_t { nothing, mapping, end };

/// One forward entry of a tenure.
struct held_entry {
  port_run run;
  /// The name it carries or should carry.
  std::string name;
  entry_phase phase = entry_phase::idle;
  /// The cloud's id, once it has been available.
  std::string id;
  /// The last wish sent, to tell whether another one is needed.
  entry_spec wished;
  uint32_t wished_attempt = 0;
  /// The entry of ours that the cloud shall turn into this one.
  std::string replaces;
  /// The entry that this one is being turned into, or will be.
  std::string heir;
  /// The entry that has to give up ports first (a trimmed run).
  std::string waits_for;
  /// True if the table has been seen to hold it though nobody had wished it.
  bool seen = false;
  /// True if it has stood before and was taken away since: its ports rest,
  /// whether or not it comes again.
  bool stood = false;
  /// True if an idle entry may well be in the table, or on its way there: a
  /// former process promised it, or somebody else has changed it.
  bool may_stand = false;
  /// True while nobody but a former process's status has said whether it
  /// forwards: that is believed until the table knows better.
  bool unheard = false;
  /// True if what the status names has been seen at another address.
  bool strayed = false;
  /// True while the allocator counts its ports as held by the tenure.
  bool claimed = false;
  /// True once the port list of the pod no longer contains it: it is dropped
  /// as soon as its successors forward.
  bool retiring = false;
};

/// The time during which an owner (a pod's uid, or a fixed name) holds ports.
struct tenure {
  /// Handle in the allocator and in the pool's indexes; never 0, never reused.
  uint32_t handle = 0;
  object_key key;
  /// The third part of its entries' names.
  std::string identity;
  std::string pod_uid;
  bool fixed = false;
  std::string external_ip;
  std::string internal_ip;
  /// The address in the record's promise when it was taken over.
  std::string promised_ip;
  /// Addresses that its entries may still point at, because a Modify to the
  /// present one is not confirmed.
  std::vector<std::string> former_ips;
  /// Parts of the ClientTokens.
  std::string record_uid;
  uint32_t attempt = 0;
  std::vector<port_item> items;
  std::vector<held_entry> entries;
  /// External ports that trimmed runs have given up: free once the trimmed
  /// entries forward.
  std::vector<port_run> given_up;
  /// True once its slot has let go of it: every entry is to be dropped, or
  /// turned into one of the slot's next tenure.
  bool ending = false;
  /// True for entries found in the table whose owner is not known. They are
  /// dropped only after a fresh list has shown that nobody claims them.
  bool unproven = false;
  /// How urgent its end is.
  urgency haste = urgency::cleanup;
};

/// Everything the pool knows about one object key.
struct slot {
  object_key key;
  /// The pod that wants a mapping; null if none does.
  pod_ptr pod;
  dnat_request request;
  /// The pod that was there last, for its events and annotations. Its object
  /// may be gone.
  pod_ptr former;
  bool former_gone = true;
  /// When the present wish began.
  instant wished_at{};
  /// When the last wish ended.
  instant ended_at{};

  /// The record as last seen; null if known absent (or `record_unknown`).
  record_ptr record;
  /// A create may have happened although nobody saw it: counts as naming its
  /// ports until list number `known_from` has been told.
  bool record_unknown = false;
  uint64_t known_from = 0;
  /// A write of the record is under way; its answer moves the slot on.
  bool busy = false;

  /// Handle of the present tenure, 0 if none.
  uint32_t tenure = 0;
  /// Handles of tenures that end under this slot's care.
  std::vector<uint32_t> leaving;

  /// Entries of the present tenure that do not forward yet, as last counted.
  uint32_t awaited = 0;

  /// Another record promises one of its ports: nothing is written until the
  /// table's own list decides.
  bool contested = false;
  /// Another pod has the tenure's internal address.
  bool stolen = false;
  /// Why it leaves this pool although the pod lives; placement looks further.
  std::optional<error> evicted;
  /// The promise in the record lost a clash: it is not to be taken over.
  bool disowned = false;
  /// The last failure told, so that each is told once.
  std::string told_failure;
  /// True once the person's or the workload's will ended a fixed mapping.
  bool forfeited = false;
  /// The pod has seen its mapping published (since it was wished).
  bool published = false;
  /// The status annotation as last written by us, empty if not yet.
  std::string told;
  telling under_way = telling::nothing;
  bool told_gate = false;
  /// The pod that lives on without a mapping knows that it has none.
  bool told_end = false;
  /// How often the pod was told the same again because somebody has not looked
  /// since, and when it may be the next time; the epoch: not decided yet.
  uint32_t nudges = 0;
  instant nudge_at{};
  /// Events said about the present wish.
  bool said_allocated = false;
  bool said_ready = false;
  bool said_released = false;

  /// Consecutive failures, and when to try again.
  uint32_t failures = 0;
  instant retry_at{};
  /// Fixed mapping without a pod: when its entry may go, when to ask again
  /// whether its workload lives, and the question under way.
  instant linger_until{};
  instant probe_at{};
  bool probing = false;
};

} // namespace natgw::core
