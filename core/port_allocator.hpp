#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <expected>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/port_lane.hpp"
#include "core/port_text.hpp"
#include "messages/port.hpp"
#include "messages/time.hpp"

namespace natgw::core {

/// Ports that carriers on the way block (failure mode 24), in ascending order.
inline constexpr uint16_t carrier_blocked_ports[]
  = {42,   135,  137,  138,  139,  444,  445,  593,  1025, 1068, 1433, 1434,
     3127, 3128, 3129, 3130, 4444, 4789, 4790, 5554, 5800, 5900, 9996};

struct port_allocator_options {
  /// Inclusive; 1 to 65535.
  uint16_t first_port = 1;
  uint16_t last_port = 65535;
  /// Never handed out; a claim may still hold them.
  std::vector<uint16_t> blocked{std::begin(carrier_blocked_ports),
                                std::end(carrier_blocked_ports)};
  /// How long a freed port rests before it is handed out again.
  std::chrono::nanoseconds cool_down = std::chrono::seconds{60};
  /// Where to start, so that what was freed before a restart rests as well.
  uint64_t seed = 0;
};

/// External ports: of one EIP and one protocol, consecutive.
struct port_block {
  std::string eip;
  protocol proto = protocol::tcp;
  port_span ports;

  bool operator==(const port_block&) const = default;
};

/// A block and who holds it.
struct held_block {
  port_block block;
  holder_id holder = 0;

  bool operator==(const held_block&) const = default;
};

/// So many consecutive ports of a protocol.
struct run_shape {
  protocol proto = protocol::tcp;
  uint16_t count = 1;

  bool operator==(const run_shape&) const = default;
};

/// A part of a run that was asked for, or all of it.
struct run_piece {
  /// Index into the shapes of the request.
  uint32_t shape = 0;
  /// Of the piece's first port within that run.
  uint16_t offset = 0;
  port_span ports;

  bool operator==(const run_piece&) const = default;
};

struct allocation {
  /// The one EIP of all pieces.
  std::string eip;
  /// In the order of shapes and offsets.
  std::vector<run_piece> pieces;
};

struct allocation_request {
  holder_id holder = 0;
  std::span<const run_shape> shapes = {};
  /// Empty: any that takes allocations.
  std::string_view eip = {};
  /// Bound on the pieces (each is a forward entry), if runs must be split.
  uint32_t max_pieces = UINT32_MAX;
};

/// Why nothing was allocated.
struct port_shortage {
  /// True if enough ports are free on one EIP, but in too many pieces.
  bool fragmented = false;
  /// When the next cooling port comes free; absent if none is cooling.
  std::optional<instant> retry_at;
};

/// A port in the way of a claim.
struct claim_conflict {
  uint16_t port = 0;
  /// `held` by another (`holder`), or `foreign`.
  port_use use = port_use::held;
  holder_id holder = 0;
};

/// Ports of one protocol, by use. `free` counts what an allocation may get.
struct port_counts {
  uint32_t free = 0;
  uint32_t held = 0;
  uint32_t cooling = 0;
  uint32_t foreign = 0;

  bool operator==(const port_counts&) const = default;
};

/// Who has which external port of one gateway.
///
/// Invariants: a port is held by at most one holder; a freed port is handed
/// out again only after its cool-down, the longest free first; all pieces of
/// an allocation lie on one EIP. Ports that were never used since the start go
/// first; single ports and runs grow away from each other. Every operation is
/// O(log n) in ports and linear in the EIPs of the gateway (at most 20). Time
/// never goes back between calls.
class port_allocator {
public:
  explicit port_allocator(port_allocator_options options);

  port_allocator(port_allocator&&) noexcept;
  port_allocator& operator=(port_allocator&&) noexcept;
  ~port_allocator();

  // -- EIPs ------------------------------------------------------------------

  /// Makes an EIP known and open for allocations. Idempotent; an EIP that was
  /// drained or removed is open again.
  void add_eip(std::string_view eip);

  /// Keeps what the EIP holds, but allocates nothing more on it. Makes an
  /// unknown EIP known, for claims on it.
  void drain_eip(std::string_view eip);

  /// Forgets an EIP. Returns false, and merely drains it, while ports on it
  /// are held. What cools there goes on cooling in case it comes back.
  bool remove_eip(std::string_view eip);

  /// The EIPs known and not removed, in order.
  std::vector<std::string> eips() const;

  // -- holding ---------------------------------------------------------------

  /// Takes ports for all shapes on one EIP, or none at all. A run is split
  /// only if no EIP has room for it in one piece.
  std::expected<allocation, port_shortage>
  allocate(const allocation_request& request, instant now);

  /// Takes exactly these ports, or none: a promise found at the start, a fixed
  /// mapping. Range, block list and cool-down do not stand in the way, nor
  /// does what this holder has already; foreign entries only unless
  /// `over_foreign`. Makes an unknown EIP known as a draining one.
  std::expected<void, claim_conflict>
  claim(holder_id holder, const port_block& block, instant now,
        bool over_foreign = false);

  /// Gives back those ports of the block that `holder` has; others stay as
  /// they are. Returns how many. `rest`: false for ports that nobody outside
  /// has ever been told of, which need no cool-down.
  uint32_t free(holder_id holder, const port_block& block, instant now,
                bool rest = true);

  // -- foreign entries -------------------------------------------------------

  /// Keeps ports of somebody else's entry from being handed out. Returns which
  /// of them we hold ourselves. Tell removals before additions: what is
  /// foreign is a set, not a count.
  std::vector<held_block> reserve_foreign(const port_block& block);
  void release_foreign(const port_block& block);

  /// The same for an IP mapping, which occupies the whole EIP; counted.
  std::vector<held_block> reserve_foreign_eip(std::string_view eip);
  void release_foreign_eip(std::string_view eip);

  // -- time ------------------------------------------------------------------

  /// Ends the cool-downs that are over. The other calls with a time do it too.
  void advance(instant now);

  /// When the next cool-down ends; absent if nothing cools.
  std::optional<instant> next_cooled() const;

  // -- questions (as of the latest time told) --------------------------------

  /// Free ports on EIPs open for allocations.
  uint32_t free_ports(protocol proto) const;

  /// The counts of one EIP; zeros if it is unknown. `free` is 0 while it
  /// drains or an IP mapping occupies it.
  port_counts counts(std::string_view eip, protocol proto) const;

  /// The counts over all EIPs.
  port_counts counts(protocol proto) const;

  /// What a port is used for, and by whom if it is held.
  port_state state(std::string_view eip, protocol proto, uint16_t port) const;

  /// The holders of a block, piece by piece, in order.
  std::vector<held_block> holders(const port_block& block) const;

private:
  struct eip_ports;
  struct cooling_run;

  using attempt = std::optional<std::vector<run_piece>>;

  const eip_ports* find(std::string_view eip) const;
  eip_ports* find(std::string_view eip);
  eip_ports& find_or_add(std::string_view eip);
  port_lane& lane(eip_ports& x, protocol proto);
  uint32_t free_on(const eip_ports& x, protocol proto) const;
  std::vector<eip_ports*> candidates(const allocation_request& request);
  attempt try_eip(eip_ports& x, const allocation_request& request, bool split);
  bool take_shape(eip_ports& x, const allocation_request& request,
                  uint32_t shape, bool split, std::vector<run_piece>& pieces);
  std::optional<claim_conflict> obstacle(const eip_ports& x, holder_id holder,
                                         const port_block& block,
                                         bool over_foreign) const;
  void overtake(eip_ports& x, const port_block& block);
  void cool(const cooling_run& run);
  static void shrink(eip_ports& x);
  static uint64_t cooling_key(uint32_t eip, protocol proto, uint32_t port);
  static std::vector<port_span> spans_of(holder_id holder, const eip_ports& x,
                                         const port_block& block);

  port_allocator_options options_;
  std::shared_ptr<const port_limits> limits_;
  /// Never shrinks; `by_address_` and `cooling_` point into it by index.
  std::vector<std::unique_ptr<eip_ports>> eips_;
  std::map<std::string, uint32_t, std::less<>> by_address_;
  /// Freed runs, the oldest first.
  std::deque<cooling_run> cooling_;
  /// Ports that were claimed while they cooled, with the number of their
  /// entries in `cooling_` that mean nothing any more.
  std::unordered_map<uint64_t, uint32_t> overtaken_;
};

} // namespace natgw::core
