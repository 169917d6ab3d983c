#include "core/port_allocator.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

namespace natgw::core {

namespace {

constexpr std::array both_protocols{protocol::tcp, protocol::udp};

constexpr size_t index_of(protocol x) {
  return x == protocol::tcp ? 0 : 1;
}

std::shared_ptr<const port_limits>
make_limits(const port_allocator_options& options) {
  auto result = std::make_shared<port_limits>();
  result->first = std::max<uint16_t>(options.first_port, 1);
  result->last = std::max(options.last_port, result->first);
  const uint32_t size = uint32_t{result->last} - result->first + 1;
  result->eligible.set({result->first, static_cast<uint16_t>(size)});
  for (auto port : options.blocked)
    result->eligible.reset({port, 1});
  result->count = result->eligible.count();
  return result;
}

/// SplitMix64: lanes start at places that have nothing to do with each other.
uint64_t mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31U);
}

/// Calls `f(first, count, held)` for each stretch of one holder (or none).
template <class F>
void each_stretch(const port_holders& holders, port_span ports, F f) {
  uint32_t port = ports.first;
  const uint32_t end = port + ports.count;
  while (port < end) {
    const auto next = holders.end_of_run(port, end);
    f(port_span{static_cast<uint16_t>(port),
                static_cast<uint16_t>(next - port)},
      holders.held(port));
    port = next;
  }
}

/// Ports asked for, by protocol.
std::array<uint64_t, 2> needs_of(std::span<const run_shape> shapes) {
  std::array<uint64_t, 2> result{};
  for (const auto& x : shapes)
    result[index_of(x.proto)] += x.count;
  return result;
}

} // namespace

struct port_allocator::eip_ports {
  std::string address;
  uint32_t index = 0;
  /// True while it takes allocations.
  bool open = false;
  /// True once it is known by more than foreign entries.
  bool known = false;
  /// IP mappings of others on it.
  uint32_t whole = 0;
  /// Made when they are first used.
  std::array<std::unique_ptr<port_lane>, 2> lanes;

  const port_lane* lane(protocol proto) const {
    return lanes[index_of(proto)].get();
  }

  bool idle() const {
    return std::ranges::all_of(lanes, [](const auto& x) {
      return !x || (x->held_count() == 0 && x->cooling_count() == 0);
    });
  }
};

struct port_allocator::cooling_run {
  instant end;
  uint32_t eip = 0;
  port_span ports;
  protocol proto = protocol::tcp;
};

port_allocator::port_allocator(port_allocator_options options)
  : options_(std::move(options)),
    limits_(make_limits(options_)) {
  // nop
}

port_allocator::port_allocator(port_allocator&&) noexcept = default;
port_allocator& port_allocator::operator=(port_allocator&&) noexcept = default;
port_allocator::~port_allocator() = default;

// -- EIPs --------------------------------------------------------------------

const port_allocator::eip_ports*
port_allocator::find(std::string_view eip) const {
  const auto i = by_address_.find(eip);
  return i == by_address_.end() ? nullptr : eips_[i->second].get();
}

port_allocator::eip_ports* port_allocator::find(std::string_view eip) {
  const auto i = by_address_.find(eip);
  return i == by_address_.end() ? nullptr : eips_[i->second].get();
}

port_allocator::eip_ports& port_allocator::find_or_add(std::string_view eip) {
  if (auto* x = find(eip))
    return *x;
  auto made = std::make_unique<eip_ports>();
  made->address = eip;
  made->index = static_cast<uint32_t>(eips_.size());
  by_address_.emplace(eip, made->index);
  return *eips_.emplace_back(std::move(made));
}

port_lane& port_allocator::lane(eip_ports& x, protocol proto) {
  auto& result = x.lanes[index_of(proto)];
  if (!result) {
    const auto place = uint64_t{x.index} * 2 + index_of(proto);
    const auto start = mix(options_.seed ^ mix(place));
    result = std::make_unique<port_lane>(limits_,
                                         static_cast<uint32_t>(start >> 32U));
  }
  return *result;
}

void port_allocator::add_eip(std::string_view eip) {
  auto& x = find_or_add(eip);
  x.open = true;
  x.known = true;
}

void port_allocator::drain_eip(std::string_view eip) {
  auto& x = find_or_add(eip);
  x.open = false;
  x.known = true;
}

bool port_allocator::remove_eip(std::string_view eip) {
  auto* x = find(eip);
  if (x == nullptr)
    return true;
  x->open = false;
  const auto held = counts(eip, protocol::tcp).held
                    + counts(eip, protocol::udp).held;
  x->known = held != 0;
  return !x->known;
}

std::vector<std::string> port_allocator::eips() const {
  std::vector<std::string> result;
  for (const auto& [address, index] : by_address_)
    if (eips_[index]->known)
      result.push_back(address);
  return result;
}

// -- allocating --------------------------------------------------------------

uint32_t port_allocator::free_on(const eip_ports& x, protocol proto) const {
  if (!x.open || x.whole != 0)
    return 0;
  const auto* found = x.lane(proto);
  return found != nullptr ? found->free_count() : limits_->count;
}

// EIPs with enough free ports, the emptiest first, which spreads the load.
std::vector<port_allocator::eip_ports*>
port_allocator::candidates(const allocation_request& request) {
  const auto needs = needs_of(request.shapes);
  std::vector<std::pair<uint64_t, eip_ports*>> found;
  for (auto& x : eips_) {
    if (!x->open || x->whole != 0
        || (!request.eip.empty() && x->address != request.eip))
      continue;
    const uint64_t tcp = free_on(*x, protocol::tcp);
    const uint64_t udp = free_on(*x, protocol::udp);
    if (tcp < needs[0] || udp < needs[1])
      continue;
    found.emplace_back((needs[0] != 0 ? tcp : 0) + (needs[1] != 0 ? udp : 0),
                       x.get());
  }
  std::ranges::stable_sort(found, std::ranges::greater{},
                           &std::pair<uint64_t, eip_ports*>::first);
  std::vector<eip_ports*> result;
  for (const auto& [room, x] : found)
    result.push_back(x);
  return result;
}

// Takes the pieces of one shape; false if the lane has no room.
bool port_allocator::take_shape(eip_ports& x, const allocation_request& request,
                                uint32_t shape, bool split,
                                std::vector<run_piece>& pieces) {
  const auto [proto, count] = request.shapes[shape];
  auto& from = lane(x, proto);
  uint32_t offset = 0;
  while (offset < count) {
    uint32_t size = count - offset;
    if (split)
      size = std::min(size, from.longest());
    if (pieces.size() >= request.max_pieces)
      return false;
    const auto taken = from.take(size, request.holder);
    if (!taken)
      return false;
    pieces.push_back({shape, static_cast<uint16_t>(offset), *taken});
    offset += size;
  }
  return true;
}

port_allocator::attempt
port_allocator::try_eip(eip_ports& x, const allocation_request& request,
                        bool split) {
  // The longest first: what is left over suits the shorter ones better.
  std::vector<uint32_t> order(request.shapes.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::stable_sort(order, std::ranges::greater{},
                           [&](uint32_t i) { return request.shapes[i].count; });
  std::vector<run_piece> pieces;
  for (auto i : order) {
    if (take_shape(x, request, i, split, pieces))
      continue;
    for (const auto& piece : pieces)
      lane(x, request.shapes[piece.shape].proto).release(piece.ports, false);
    return std::nullopt;
  }
  std::ranges::sort(pieces, {}, [](const run_piece& piece) {
    return std::pair{piece.shape, piece.offset};
  });
  return pieces;
}

std::expected<allocation, port_shortage>
port_allocator::allocate(const allocation_request& request, instant now) {
  advance(now);
  const auto places = candidates(request);
  for (bool split : {false, true})
    for (auto* x : places)
      if (auto pieces = try_eip(*x, request, split))
        return allocation{x->address, std::move(*pieces)};
  return std::unexpected{port_shortage{!places.empty(), next_cooled()}};
}

// -- claiming and freeing ----------------------------------------------------

std::optional<claim_conflict>
port_allocator::obstacle(const eip_ports& x, holder_id holder,
                         const port_block& block, bool over_foreign) const {
  const auto* found = x.lane(block.proto);
  if (x.whole != 0 && !over_foreign)
    return claim_conflict{block.ports.first, port_use::foreign, 0};
  if (found == nullptr)
    return std::nullopt;
  std::optional<claim_conflict> result;
  each_stretch(found->holders(), block.ports, [&](port_span run, bool held) {
    if (result)
      return;
    if (held) {
      const auto other = found->holders().at(run.first);
      if (other != holder)
        result = {run.first, port_use::held, other};
      return;
    }
    const auto port = found->foreign().first_in(run);
    if (port <= run.last() && !over_foreign)
      result = {static_cast<uint16_t>(port), port_use::foreign, 0};
  });
  return result;
}

std::expected<void, claim_conflict>
port_allocator::claim(holder_id holder, const port_block& block, instant now,
                      bool over_foreign) {
  advance(now);
  auto& x = find_or_add(block.eip);
  if (auto problem = obstacle(x, holder, block, over_foreign))
    return std::unexpected{*problem};
  x.known = true;
  auto& to = lane(x, block.proto);
  overtake(x, block);
  std::vector<port_span> gaps;
  each_stretch(to.holders(), block.ports, [&](port_span run, bool held) {
    if (!held)
      gaps.push_back(run);
  });
  for (auto gap : gaps)
    to.hold(gap, holder);
  return {};
}

// The entry in the queue of ports that cool has lost its meaning.
void port_allocator::overtake(eip_ports& x, const port_block& block) {
  auto& from = lane(x, block.proto);
  if (from.cooling_count() == 0)
    return;
  for (uint32_t i = 0; i < block.ports.count; ++i) {
    const auto port = block.ports.first + i;
    if (from.cooling(port))
      ++overtaken_[cooling_key(x.index, block.proto, port)];
  }
}

uint64_t port_allocator::cooling_key(uint32_t eip, protocol proto,
                                     uint32_t port) {
  return (uint64_t{eip} * 2 + index_of(proto)) << 16U | port;
}

std::vector<port_span> port_allocator::spans_of(holder_id holder,
                                                const eip_ports& x,
                                                const port_block& block) {
  std::vector<port_span> result;
  const auto* found = x.lane(block.proto);
  if (found == nullptr)
    return result;
  each_stretch(found->holders(), block.ports, [&](port_span run, bool held) {
    if (held && found->holders().at(run.first) == holder)
      result.push_back(run);
  });
  return result;
}

uint32_t port_allocator::free(holder_id holder, const port_block& block,
                              instant now, bool rest) {
  advance(now);
  auto* x = find(block.eip);
  if (x == nullptr)
    return 0;
  const bool cool = rest && options_.cool_down > std::chrono::nanoseconds{0};
  uint32_t result = 0;
  for (auto run : spans_of(holder, *x, block)) {
    lane(*x, block.proto).release(run, cool);
    if (cool)
      cooling_.push_back(
        {now + options_.cool_down, x->index, run, block.proto});
    result += run.count;
  }
  return result;
}

// -- foreign entries ---------------------------------------------------------

std::vector<held_block>
port_allocator::reserve_foreign(const port_block& block) {
  lane(find_or_add(block.eip), block.proto).set_foreign(block.ports, true);
  return holders(block);
}

void port_allocator::release_foreign(const port_block& block) {
  auto* x = find(block.eip);
  if (x != nullptr && x->lane(block.proto) != nullptr)
    lane(*x, block.proto).set_foreign(block.ports, false);
}

std::vector<held_block>
port_allocator::reserve_foreign_eip(std::string_view eip) {
  auto& x = find_or_add(eip);
  ++x.whole;
  std::vector<held_block> result;
  for (auto proto : both_protocols)
    for (auto& each : holders({x.address, proto, {1, 65535}}))
      result.push_back(std::move(each));
  return result;
}

void port_allocator::release_foreign_eip(std::string_view eip) {
  auto* x = find(eip);
  if (x != nullptr && x->whole != 0)
    --x->whole;
}

// -- time --------------------------------------------------------------------

void port_allocator::advance(instant now) {
  while (!cooling_.empty() && cooling_.front().end <= now) {
    cool(cooling_.front());
    cooling_.pop_front();
  }
}

void port_allocator::cool(const cooling_run& run) {
  auto& x = *eips_[run.eip];
  auto& to = lane(x, run.proto);
  if (overtaken_.empty()) {
    to.rest(run.ports);
  } else {
    for (uint32_t i = 0; i < run.ports.count; ++i) {
      const auto port = run.ports.first + i;
      const auto found = overtaken_.find(cooling_key(run.eip, run.proto, port));
      if (found == overtaken_.end())
        to.rest({static_cast<uint16_t>(port), 1});
      else if (--found->second == 0)
        overtaken_.erase(found);
    }
  }
  if (!x.known && x.idle())
    shrink(x);
}

// An EIP that has left needs no memory but for the foreign ports on it.
void port_allocator::shrink(eip_ports& x) {
  for (auto& each : x.lanes)
    if (each && each->foreign_count() == 0)
      each.reset();
}

std::optional<instant> port_allocator::next_cooled() const {
  if (cooling_.empty())
    return std::nullopt;
  return cooling_.front().end;
}

// -- questions ---------------------------------------------------------------

uint32_t port_allocator::free_ports(protocol proto) const {
  uint32_t result = 0;
  for (const auto& x : eips_)
    result += free_on(*x, proto);
  return result;
}

port_counts port_allocator::counts(std::string_view eip, protocol proto) const {
  const auto* x = find(eip);
  if (x == nullptr)
    return {};
  port_counts result{free_on(*x, proto), 0, 0, 0};
  if (const auto* found = x->lane(proto)) {
    result.held = found->held_count();
    result.cooling = found->cooling_count();
    result.foreign = found->foreign_count();
  }
  if (x->whole != 0)
    result.foreign = 65535;
  return result;
}

port_counts port_allocator::counts(protocol proto) const {
  port_counts result;
  for (const auto& x : eips_) {
    const auto each = counts(x->address, proto);
    result.free += each.free;
    result.held += each.held;
    result.cooling += each.cooling;
    result.foreign += each.foreign;
  }
  return result;
}

port_state port_allocator::state(std::string_view eip, protocol proto,
                                 uint16_t port) const {
  const auto* x = find(eip);
  if (x == nullptr || port == 0)
    return {};
  const auto* found = x->lane(proto);
  if (found != nullptr && found->use(port) == port_use::held)
    return {port_use::held, found->holders().at(port)};
  if (x->whole != 0)
    return {port_use::foreign, 0};
  if (found != nullptr)
    return {found->use(port), 0};
  const bool eligible = limits_->eligible.test(port);
  return {eligible ? port_use::free : port_use::blocked, 0};
}

std::vector<held_block> port_allocator::holders(const port_block& block) const {
  std::vector<held_block> result;
  const auto* x = find(block.eip);
  const auto* found = x != nullptr ? x->lane(block.proto) : nullptr;
  if (found == nullptr)
    return result;
  each_stretch(found->holders(), block.ports, [&](port_span run, bool held) {
    if (held)
      result.push_back(
        {{block.eip, block.proto, run}, found->holders().at(run.first)});
  });
  return result;
}

} // namespace natgw::core
