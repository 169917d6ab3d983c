#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "emulated_cloud.hpp"
#include "forward_table_world.hpp"

using namespace std::chrono_literals;
// The table against the emulator of the real API: requests are signed and
// encoded, answers parsed and classified as in production.

using namespace natgw;
using namespace natgw::core;
using namespace natgw::core::test;

namespace {

emulator::vpc_options emulated(uint64_t seed) {
  std::mt19937_64 rng{seed};
  auto chance = [&rng](double p) {
    return std::uniform_real_distribution{}(rng) < p;
  };
  emulator::vpc_options result;
  result.seed = seed;
  result.gateways = emulator::make_gateways(1, 1, 2);
  auto& b = result.behaviour;
  b.pending = {0ms, chance(0.5) ? 3000ms : 100ms};
  b.deleting = {0ms, 1000ms};
  b.write_time = {1ms, chance(0.5) ? 200ms : 10ms};
  b.read_time = {1ms, 20ms};
  b.strict_pending = chance(0.4);
  b.conflict = chance(0.6);
  b.conflict_gap = chance(0.3) ? 50ms : 0ms;
  b.rate = {1e6, 1e6};
  b.gone = emulator::gone_spelling::mixed;
  b.quota = chance(0.2) ? 12 : 100;
  using emulator::fault_kind;
  for (auto kind :
       {fault_kind::delay, fault_kind::error_before, fault_kind::error_after,
        fault_kind::reset_before, fault_kind::reset_after,
        fault_kind::truncated, fault_kind::wrong_type, fault_kind::throttle})
    if (chance(0.4))
      b.rate_of(kind) = 0.05;
  return result;
}

/// Wishes at random against the emulator.
class emulated_run {
public:
  explicit emulated_run(uint64_t seed)
    : rng_{seed * 7 + 1},
      options_{emulated(seed)},
      cloud_{options_},
      w_{table_options{.gateway = options_.gateways.front().id,
                       .vpc = options_.vpc_id,
                       .names = world::names()}} {
    w_.on_call = [this](api_call& x) {
      carry(x);
      return true;
    };
    w_.on_news = [this](const entry_news& x) { hear(x); };
    for (uint16_t i = 0; i < 3; ++i)
      intrude(static_cast<uint16_t>(3000 + i));
  }

  std::string run() {
    w_.take(w_.table->start(w_.now));
    while (!w_.report.listed)
      w_.run(100ms);
    w_.take(w_.table->settled(w_.now));
    for (int i = 0; i < 100 && failure_.empty(); ++i) {
      live();
      w_.run(std::chrono::milliseconds{pick(0, 500)});
      check_names();
    }
    if (failure_.empty())
      calm_down();
    return failure_;
  }

  const std::vector<std::string>& trace() const {
    return w_.trace;
  }

private:
  struct wish {
    entry_spec spec;
    uint32_t attempt = 0;
    bool wanted = true;
    bool available = false;
  };

  int pick(int low, int high) {
    return std::uniform_int_distribution{low, high}(rng_);
  }

  void expect(bool fine, const std::string& what) {
    if (!fine && failure_.empty())
      failure_ = what;
  }

  const emulator::forward_table& entries() {
    cloud_.advance(w_.now);
    return cloud_.core()
      .resources()
      .gateways()
      .at(options_.gateways.front().id)
      .table;
  }

  void carry(const api_call& x) {
    w_.at(w_.now + 1ms, [this, x] {
      auto result = cloud_.execute(x, w_.now);
      auto after = std::min<nanoseconds>(result.after, 5s);
      w_.answer(result.reply, after + 1ms);
    });
  }

  void intrude(uint16_t port) {
    emulator::entry x;
    auto external = *emulator::parse_ipv4(address());
    x.name = "web";
    x.external = {external, port, 1, emulator::entry_protocol::tcp};
    x.internal = {*emulator::parse_ipv4("172.20.0.1"), port, 1,
                  emulator::entry_protocol::tcp};
    x.state = emulator::entry_state::available;
    auto id = cloud_.core().resources().foreign_create(
      options_.gateways.front().id, x);
    if (id)
      foreign_.insert(*id);
  }

  std::string address() const {
    return options_.gateways.front().eips.front().address;
  }

  void tell(const std::string& name) {
    auto i = wishes_.find(name);
    if (i == wishes_.end())
      return;
    auto& x = i->second;
    if (x.wanted)
      w_.wish(entry_want{x.spec, "uid-" + name, x.attempt, urgency::birth, {}});
    else
      w_.wish(entry_drop{x.spec});
  }

  void later(const std::string& name, nanoseconds delay) {
    w_.at(w_.now + delay, [this, name] { tell(name); });
  }

  void hear(const entry_news& x) {
    auto i = wishes_.find(x.spec.name);
    if (i == wishes_.end())
      return;
    auto& y = i->second;
    switch (x.fact) {
      case entry_fact::available:
        check_available(x);
        y.available = true;
        break;
      case entry_fact::gone:
        if (!y.wanted)
          wishes_.erase(i);
        break;
      case entry_fact::lost:
      case entry_fact::absent:
        y.available = false;
        ++y.attempt;
        later(x.spec.name, 5ms);
        break;
      case entry_fact::refused:
        y.available = false;
        ++y.attempt;
        // As a pool would, on an external clash.
        if (x.reason == ec::duplicate_entry)
          y.spec.external_port = static_cast<uint16_t>(++ports_);
        later(x.spec.name, 2s);
        break;
      case entry_fact::late:
      case entry_fact::unclaimed:
        break;
    }
  }

  void check_available(const entry_news& x) {
    const auto* entry = entries().find(x.id);
    expect(entry != nullptr && entry->state == emulator::entry_state::available
             && entry->name == x.spec.name
             && emulator::format_ipv4(entry->internal.address)
                  == x.spec.internal_ip,
           "available is not available: " + x.spec.name);
  }

  void check_names() {
    std::set<std::string> seen;
    entries().for_each([&](const emulator::entry& x) {
      expect(foreign_.contains(x.id) || seen.insert(x.name).second,
             "two entries of one name");
    });
  }

  wish* any_wanted() {
    std::vector<wish*> all;
    for (auto& [name, x] : wishes_)
      if (x.wanted)
        all.push_back(&x);
    if (all.empty())
      return nullptr;
    return all[static_cast<size_t>(pick(0, static_cast<int>(all.size()) - 1))];
  }

  void live() {
    auto choice = pick(0, 9);
    if (choice < 5 && wishes_.size() < 11) {
      auto name = world::name(++births_);
      auto& x = wishes_[name];
      // Now and then somebody else was quicker.
      auto port = static_cast<uint16_t>(++ports_);
      if (pick(0, 15) == 0)
        intrude(port);
      x.spec = {name,         address(), next_ip(),
                port,         80,        static_cast<uint16_t>(1),
                protocol::tcp};
      tell(name);
    } else if (auto* x = any_wanted(); x != nullptr) {
      if (choice < 8)
        x->wanted = false;
      else
        x->spec.internal_ip = next_ip();
      x->available = false;
      tell(std::string{x->spec.name});
    }
  }

  std::string next_ip() {
    ++ips_;
    return "172.16." + std::to_string(ips_ / 200) + '.'
           + std::to_string(1 + ips_ % 200);
  }

  void calm_down() {
    cloud_.core().behaviour().fault_rates.fill(0);
    cloud_.core().behaviour().quota = 100;
    w_.run(20min);
    std::map<std::string, std::string> expected_entries;
    for (auto& [name, x] : wishes_) {
      expect(x.wanted, "never told gone: " + name);
      expect(!x.wanted || x.available, "never told available: " + name);
      expected_entries[name] = x.spec.internal_ip;
    }
    std::map<std::string, std::string> actual;
    size_t foreign = 0;
    entries().for_each([&](const emulator::entry& x) {
      if (foreign_.contains(x.id))
        ++foreign;
      else
        actual[x.name] = emulator::format_ipv4(x.internal.address);
    });
    expect(actual == expected_entries, "the table is not as wished");
    expect(foreign == foreign_.size(), "a foreign entry is gone");
  }

  std::mt19937_64 rng_;
  emulator::vpc_options options_;
  emulated_cloud cloud_;
  world w_;
  std::map<std::string, wish> wishes_;
  std::set<std::string> foreign_;
  int births_ = 0;
  int ports_ = 2000;
  int ips_ = 0;
  std::string failure_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(forward_table_emulated)

// NATGW_SEED replays one seed with its transcript, NATGW_SEEDS runs more.
BOOST_AUTO_TEST_CASE(the_emulator_s_table_becomes_as_wished) {
  if (auto* one = std::getenv("NATGW_SEED")) {
    emulated_run run{std::strtoull(one, nullptr, 10)};
    auto failure = run.run();
    for (auto& line : run.trace())
      std::cout << line << '\n';
    BOOST_TEST(failure == "");
    return;
  }
  auto* many = std::getenv("NATGW_SEEDS");
  auto seeds = many != nullptr ? std::strtoull(many, nullptr, 10) : 100;
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    emulated_run run{seed};
    auto failure = run.run();
    BOOST_TEST_REQUIRE(failure == "", "seed " << seed << ": " << failure);
  }
}

BOOST_AUTO_TEST_SUITE_END()
