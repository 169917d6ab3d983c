#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include <boost/test/unit_test.hpp>
#include <rapidcheck.h>

#include "core/port_allocator.hpp"

using namespace natgw;
using namespace natgw::core;
using namespace std::chrono_literals;

namespace {

using port_key = std::tuple<std::string, protocol, uint32_t>;

constexpr auto cool_down = 60s;

/// The allocator as a map of ports; decides nothing, only knows what may be.
struct naive_model {
  uint32_t first = 0;
  uint32_t last = 0;
  std::set<uint32_t> blocked;
  std::set<std::string> open;
  std::map<port_key, holder_id> held;
  std::map<port_key, instant> cooling;
  std::set<port_key> foreign;

  bool is_free(const port_key& x, instant now) const {
    const auto& [eip, proto, port] = x;
    const auto rest = cooling.find(x);
    return open.contains(eip) && port >= first && port <= last
           && !blocked.contains(port) && !held.contains(x)
           && !foreign.contains(x)
           && (rest == cooling.end() || rest->second <= now);
  }

  uint32_t free_on(const std::string& eip, protocol proto, instant now) const {
    uint32_t result = 0;
    for (auto port = first; port <= last; ++port)
      result += is_free({eip, proto, port}, now) ? 1 : 0;
    return result;
  }

  uint32_t longest_on(const std::string& eip, protocol proto,
                      instant now) const {
    uint32_t run = 0;
    uint32_t result = 0;
    for (auto port = first; port <= last; ++port) {
      run = is_free({eip, proto, port}, now) ? run + 1 : 0;
      result = std::max(result, run);
    }
    return result;
  }
};

const std::vector<std::string> addresses{"1.0.0.1", "1.0.0.2"};

struct checked_allocator {
  naive_model model;
  port_allocator aut;
  instant now{};

  explicit checked_allocator(port_allocator_options options) : aut(options) {
    model.first = options.first_port;
    model.last = options.last_port;
    model.blocked = {options.blocked.begin(), options.blocked.end()};
    for (const auto& eip : addresses) {
      aut.add_eip(eip);
      model.open.insert(eip);
    }
  }

  protocol some_protocol() {
    return *rc::gen::element(protocol::tcp, protocol::udp);
  }

  port_block some_block() {
    const auto begin = std::max(model.first, 3U) - 2;
    const auto limit = std::min(model.last + 2, 65535U);
    const auto port = *rc::gen::inRange(begin, limit + 1);
    const auto count = *rc::gen::inRange(1U, 12U);
    const auto size = std::min(count, limit + 1 - port);
    return {*rc::gen::elementOf(addresses),
            some_protocol(),
            {static_cast<uint16_t>(port), static_cast<uint16_t>(size)}};
  }

  template <class F>
  static void each(const port_block& x, F f) {
    for (uint32_t i = 0; i < x.ports.count; ++i)
      f(port_key{x.eip, x.proto, x.ports.first + i});
  }

  void allocate() {
    const auto holder = *rc::gen::inRange<holder_id>(1, 6);
    std::vector<run_shape> wanted;
    const auto size = *rc::gen::inRange(1, 4);
    for (int i = 0; i < size; ++i)
      wanted.push_back({some_protocol(), *rc::gen::inRange<uint16_t>(1, 9)});
    const auto got = aut.allocate({holder, wanted}, now);
    if (got)
      accept(holder, wanted, *got);
    else
      check_refusal(wanted, got.error());
  }

  void accept(holder_id holder, const std::vector<run_shape>& wanted,
              const allocation& got) {
    std::vector<uint32_t> total(wanted.size());
    for (const auto& piece : got.pieces) {
      const auto proto = wanted[piece.shape].proto;
      RC_ASSERT(piece.offset == total[piece.shape]);
      total[piece.shape] += piece.ports.count;
      each({got.eip, proto, piece.ports},
           [&](const port_key& x) { RC_ASSERT(model.is_free(x, now)); });
    }
    for (size_t i = 0; i < wanted.size(); ++i)
      RC_ASSERT(total[i] == wanted[i].count);
    if (got.pieces.size() > wanted.size() && wanted.size() == 1)
      for (const auto& eip : model.open)
        RC_ASSERT(model.longest_on(eip, wanted[0].proto, now)
                  < wanted[0].count);
    for (const auto& piece : got.pieces)
      each({got.eip, wanted[piece.shape].proto, piece.ports},
           [&](const port_key& x) {
             RC_ASSERT(!model.held.contains(x));
             model.held[x] = holder;
             model.cooling.erase(x);
           });
  }

  void check_refusal(const std::vector<run_shape>& wanted,
                     const port_shortage& why) {
    std::map<protocol, uint32_t> need;
    for (const auto& x : wanted)
      need[x.proto] += x.count;
    for (const auto& eip : model.open)
      RC_ASSERT(model.free_on(eip, protocol::tcp, now) < need[protocol::tcp]
                || model.free_on(eip, protocol::udp, now)
                     < need[protocol::udp]);
    RC_ASSERT(!why.fragmented);
  }

  void claim() {
    const auto holder = *rc::gen::inRange<holder_id>(1, 6);
    const auto block = some_block();
    bool clear = true;
    each(block, [&](const port_key& x) {
      const auto other = model.held.find(x);
      const bool ours = other != model.held.end() && other->second == holder;
      clear = clear
              && (ours
                  || (other == model.held.end() && !model.foreign.contains(x)));
    });
    const auto got = aut.claim(holder, block, now);
    RC_ASSERT(got.has_value() == clear);
    if (!got)
      return;
    each(block, [&](const port_key& x) {
      model.held[x] = holder;
      model.cooling.erase(x);
    });
  }

  void free() {
    if (model.held.empty())
      return;
    auto block = some_block();
    const auto holder = *rc::gen::inRange<holder_id>(1, 6);
    const bool rest = *rc::gen::weightedElement<bool>({{4, true}, {1, false}});
    uint32_t count = 0;
    each(block, [&](const port_key& x) {
      const auto other = model.held.find(x);
      if (other == model.held.end() || other->second != holder)
        return;
      model.held.erase(other);
      if (rest)
        model.cooling[x] = now + cool_down;
      ++count;
    });
    RC_ASSERT(aut.free(holder, block, now, rest) == count);
  }

  void change_foreign() {
    const auto block = some_block();
    if (*rc::gen::arbitrary<bool>()) {
      const auto ours = aut.reserve_foreign(block);
      uint32_t count = 0;
      for (const auto& x : ours)
        count += x.block.ports.count;
      each(block, [&](const port_key& x) {
        count -= model.held.contains(x) ? 1 : 0;
        model.foreign.insert(x);
      });
      RC_ASSERT(count == 0U);
    } else {
      aut.release_foreign(block);
      each(block, [&](const port_key& x) { model.foreign.erase(x); });
    }
  }

  void change_eip() {
    const auto eip = *rc::gen::elementOf(addresses);
    if (model.open.erase(eip) != 0) {
      const bool remove = *rc::gen::arbitrary<bool>();
      if (!remove)
        aut.drain_eip(eip);
      else
        aut.remove_eip(eip);
    } else {
      aut.add_eip(eip);
      model.open.insert(eip);
    }
  }

  void step() {
    now += *rc::gen::inRange(0, 25) * 1s;
    switch (*rc::gen::weightedElement<int>(
      {{6, 0}, {3, 1}, {6, 2}, {1, 3}, {1, 4}})) {
      case 0:
        return allocate();
      case 1:
        return claim();
      case 2:
        return free();
      case 3:
        return change_foreign();
      default:
        return change_eip();
    }
  }

  void compare() {
    aut.advance(now);
    for (auto proto : {protocol::tcp, protocol::udp}) {
      uint32_t total = 0;
      for (const auto& eip : addresses) {
        const auto count = model.free_on(eip, proto, now);
        RC_ASSERT(aut.counts(eip, proto).free == count);
        total += count;
        for (auto port = std::max(model.first, 3U) - 2;
             port <= std::min(model.last + 2, 65535U); ++port)
          compare({eip, proto, port});
      }
      RC_ASSERT(aut.free_ports(proto) == total);
    }
  }

  void compare(const port_key& x) {
    const auto& [eip, proto, port] = x;
    const auto got = aut.state(eip, proto, static_cast<uint16_t>(port));
    const auto holder = model.held.find(x);
    const auto rest = model.cooling.find(x);
    if (holder != model.held.end())
      RC_ASSERT((got == port_state{port_use::held, holder->second}));
    else if (model.foreign.contains(x))
      RC_ASSERT((got.use == port_use::foreign));
    else if (rest != model.cooling.end() && rest->second > now)
      RC_ASSERT((got.use == port_use::cooling));
    else if (model.open.contains(eip))
      RC_ASSERT((got.use == port_use::free) == model.is_free(x, now));
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(port_allocator_model)

BOOST_AUTO_TEST_CASE(never_twice_never_early_never_split_in_vain) {
  BOOST_TEST(rc::check([] {
    port_allocator_options options;
    const auto first = *rc::gen::element<uint32_t>(1, 1020, 65500);
    const auto size = *rc::gen::inRange(1U, 36U);
    options.first_port = static_cast<uint16_t>(first);
    options.last_port = static_cast<uint16_t>(first + size - 1);
    options.cool_down = cool_down;
    options.seed = *rc::gen::arbitrary<uint64_t>();
    options.blocked = {static_cast<uint16_t>(first + size / 2)};
    checked_allocator aut{options};
    const auto steps = *rc::gen::inRange(1, 80);
    for (int i = 0; i < steps; ++i) {
      aut.step();
      aut.compare();
    }
  }));
}

BOOST_AUTO_TEST_SUITE_END()
