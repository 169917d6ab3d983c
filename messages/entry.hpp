#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "messages/error.hpp"
#include "messages/pod.hpp"
#include "messages/port.hpp"
#include "messages/record.hpp"

namespace natgw {

/// What one forward entry of ours should be. Ports: `external_port ..
/// external_port + count - 1`, likewise internal.
struct entry_spec {
  /// `<prefix>.<cluster>.<key>.<n>`, see core/entry_name.hpp.
  std::string name;
  std::string external_ip;
  std::string internal_ip;
  uint16_t external_port = 0;
  uint16_t internal_port = 0;
  uint16_t count = 1;
  protocol proto = protocol::tcp;

  bool operator==(const entry_spec&) const = default;
};

/// Status of a forward entry as the cloud tells it.
enum class entry_status : uint8_t { pending, available, deleting, unknown };

std::string_view to_string(entry_status x);

/// A forward entry as DescribeForwardTableEntries shows it, parsed.
struct forward_entry {
  std::string id;
  entry_spec spec;
  entry_status status = entry_status::unknown;
  /// True for an IP mapping (protocol and ports "any"): it occupies its whole
  /// external IP. Ports in `spec` are then 1..65535.
  bool any = false;

  bool operator==(const forward_entry&) const = default;
};

/// A wish of the pool: the table shall hold exactly this entry under this
/// name. Repeating a wish is harmless; a changed wish replaces the former.
struct entry_want {
  entry_spec spec;
  /// Parts of the ClientToken: the PodDNAT's uid and the promise's attempt.
  std::string record_uid;
  uint32_t attempt = 0;
  urgency priority = urgency::birth;
  /// The name of another entry of ours that should be turned into this one by
  /// a Modify (a successor's orphan, a recycled leaver); empty: create. If
  /// that entry does not exist (any more), this one is created.
  std::string replaces;
  /// True if no process before this one can have written the entry: the pool
  /// has made the promise itself. Only such a one may be created before the
  /// table has been listed, where a stand-by had mirrored it.
  bool fresh = false;
  /// The address that the promise had when it was found, if that was another
  /// one: a nameless entry that points there, and is as wished otherwise, is
  /// ours as well.
  std::string former_ip{};
};

/// A wish of the pool: no entry of this name shall exist. Also sent with the
/// external triple, so that an entry whose name never became known is found.
struct entry_drop {
  entry_spec spec;
  urgency priority = urgency::cleanup;
};

/// What the table has to say about one entry of ours.
enum class entry_fact : uint8_t {
  /// It is as wanted and Available. `id` is set.
  available,
  /// It was available and is not any more: edited, in transition by another
  /// hand, or deleted. The pool unpublishes it and wishes again.
  lost,
  /// Known gone: nothing of this name exists and no write is unanswered.
  gone,
  /// The wish was definitely refused (`reason`); the table forgot it.
  refused,
  /// An exact look shows it absent although a write had succeeded or may have
  /// succeeded; the wish stands still until it comes with a higher attempt.
  absent,
  /// The entry stays in its transition far longer than any other; told once.
  /// It is still looked at, ever more rarely, and the wish stands.
  late,
  /// Seen in the table with our cluster's name though nobody wished it.
  unclaimed,
};

std::string_view to_string(entry_fact x);

/// News of one entry of ours, from table to pool.
struct entry_news {
  entry_fact fact = entry_fact::available;
  /// What is in the table now, or what was wished. `spec.name` is always set.
  entry_spec spec;
  std::string id;
  ec reason = ec::rejected;
  std::string detail;
};

/// An entry that is not ours, whose external ports are therefore reserved.
struct foreign_entry {
  std::string id;
  std::string external_ip;
  uint16_t external_port = 0;
  uint16_t count = 1;
  /// An IP mapping occupies every port of both protocols.
  bool any = false;
  protocol proto = protocol::tcp;

  bool operator==(const foreign_entry&) const = default;
};

/// Foreign entries that appeared or went since the last news.
struct foreign_news {
  std::vector<foreign_entry> added;
  std::vector<foreign_entry> removed;
};

/// All entries of one table as one complete sweep has read them, its own and
/// foreign ones; and which pod has the address of each.
struct table_sweep {
  std::string gateway;
  std::vector<forward_entry> entries;
  /// Of the same length once placement has added them; null: no pod has it.
  std::vector<pod_ptr> owners;
};

using sweep_ptr = std::shared_ptr<const table_sweep>;

/// An EIP bound to the gateway.
struct gateway_eip {
  std::string address;
  std::string allocation_id;
  /// True if SNAT uses it too: ports above 1024 then need PortBreak.
  bool shared_with_snat = false;
  /// True if it is locked (for want of payment, or for security): it forwards
  /// nothing, though it is bound.
  bool locked = false;

  bool operator==(const gateway_eip&) const = default;
};

/// An EIP as DescribeEipAddresses shows it, parsed.
struct eip_view {
  std::string address;
  bool locked = false;

  bool operator==(const eip_view&) const = default;
};

/// A NAT gateway as DescribeNatGateways shows it, parsed.
struct gateway_view {
  std::string id;
  std::string vpc_id;
  std::string zone;
  std::string status;
  bool financial_locked = false;
  /// Its forward tables; one in practice.
  std::vector<std::string> forward_tables;
  std::vector<gateway_eip> eips;

  bool operator==(const gateway_view&) const = default;
};

/// The state of a table that its pool and the operator should know.
struct table_report {
  /// Whether DescribeNatGateways has found the gateway usable.
  bool usable = false;
  /// Why not; empty if usable.
  std::string problem;
  std::vector<gateway_eip> eips;
  std::string zone;
  /// True once the table has been read completely since this pair started.
  bool listed = false;
  /// True if a stand-by of this process had read it completely before that:
  /// the foreign entries it saw have been told, and fresh ones of ours may be
  /// created although the table is not listed yet.
  bool mirrored = false;
  /// Entries in the table, foreign ones included.
  uint32_t entries = 0;
  /// Entries that fit, if a refusal has taught it; 0 while unknown.
  uint32_t quota = 0;
  /// True once the last refusal is so old that more entries may be tried: the
  /// quota may have been raised. `quota` then follows the table as it grows.
  bool quota_in_doubt = false;
  /// Writes waiting or in flight.
  uint32_t queue_depth = 0;
  /// Writes that may be in flight at once (the learned window).
  uint32_t window = 1;

  bool operator==(const table_report&) const = default;
};

} // namespace natgw
