#include <cstdlib>
#include <iostream>
#include <map>
#include <random>
#include <set>

#include <boost/test/unit_test.hpp>

#include "forward_table_world.hpp"

using namespace std::chrono_literals;
using namespace natgw;
using namespace natgw::core;
using namespace natgw::core::test;

namespace {

/// What may go wrong in a run.
struct moods {
  double lost_before = 0;
  double lost_after = 0;
  double late = 0;
  double refused = 0;
  double meddling = 0;
  double crash = 0;
  double recycle = 0;
};

/// A pool that wishes at random, and remembers only what it was told.
struct random_pool {
  struct wish {
    entry_spec spec;
    uint32_t attempt = 0;
    std::string replaces;
    bool wanted = false;
    bool dropped = false;
    bool available = false;
    /// The process that wished it first.
    uint64_t born = 0;
  };

  explicit random_pool(uint64_t seed) : rng{seed} {
    w.latency = std::chrono::milliseconds{pick(1, 20)};
    w.cloud.pending = std::chrono::milliseconds{pick(0, 3000)};
    w.cloud.deleting = std::chrono::milliseconds{pick(0, 500)};
    w.cloud.barrier = chance(0.3);
    w.cloud.gap = chance(0.2) ? 50ms : 0ms;
    auto level = [this] { return chance(0.5) ? pick(1, 15) / 100.0 : 0.0; };
    mood = {level(),
            level(),
            level(),
            level(),
            chance(0.4) ? 0.05 : 0.0,
            chance(0.4) ? 0.01 : 0.0,
            chance(0.5) ? 0.5 : 0.0};
    // A token that is forgotten while its write is still on its way protects
    // nobody.
    if (mood.late == 0 && mood.crash == 0 && chance(0.3))
      w.cloud.retention = 1s;
    w.on_call = [this](api_call& x) { return meet_fate(x); };
    w.on_news = [this](const entry_news& x) { hear(x); };
    for (uint16_t i = 0; i < 5; ++i)
      foreign_ids.insert(
        w.cloud.put({i % 2 ? "web" : "", "1.0.0.2", "10.9.0.1",
                     static_cast<uint16_t>(1 + i), static_cast<uint16_t>(1 + i),
                     1, protocol::tcp}));
    for (uint16_t i = 0; i < 400; ++i)
      ports.push_back(static_cast<uint16_t>(2000 + i));
    for (int i = 0; i < 30; ++i)
      ips.push_back("10.0.0." + std::to_string(i + 1));
    begin();
  }

  int pick(int low, int high) {
    return std::uniform_int_distribution{low, high}(rng);
  }

  bool chance(double p) {
    return std::uniform_real_distribution{}(rng) < p;
  }

  void begin() {
    if (chance(0.5))
      begin_warm();
    else
      w.take(w.table->start(w.now));
    while (!w.report.listed)
      w.run(100ms);
    w.take(w.table->settled(w.now));
    std::vector<std::string> names;
    for (auto& [name, x] : wishes) {
      x.available = false;
      names.push_back(name);
    }
    for (auto& name : names)
      tell(name);
  }

  /// Stands by for a while, and is asked for births as soon as it leads.
  void begin_warm() {
    w.take(w.table->stand_by(w.now));
    w.run(std::chrono::milliseconds{pick(0, 2000)});
    if (chance(mood.meddling))
      meddle();
    w.foreign.clear();
    w.report = {};
    w.take(w.table->lead(w.generation, w.now));
    for (auto i = pick(0, 5); i > 0; --i) {
      give_birth();
      w.run(std::chrono::milliseconds{pick(0, 5)});
    }
  }

  // -- the network
  // -------------------------------------------------------------

  bool meet_fate(const api_call& x) {
    check_call(x);
    auto unanswered = [&](nanoseconds after) {
      api_reply reply;
      reply.id = x.id;
      reply.outcome = call_class::unanswered;
      reply.code = ec::timeout;
      w.answer(reply, after);
      if (is_write(x.action))
        answered_after(x, after);
    };
    if (chance(mood.lost_before)) {
      unanswered(std::chrono::milliseconds{pick(1, 500)});
      return true;
    }
    if (chance(mood.lost_after)) {
      w.at(w.now + w.latency, [this, x] { w.cloud.execute(x, w.now); });
      unanswered(std::chrono::milliseconds{pick(30, 500)});
      return true;
    }
    if (chance(mood.late)) {
      // Executed long after its answer was given up.
      w.at(w.now + std::chrono::milliseconds{pick(100, 9000)},
           [this, x] { w.cloud.execute(x, w.now); });
      unanswered(std::chrono::milliseconds{pick(30, 90)});
      return true;
    }
    if (is_write(x.action))
      answered_after(x, w.latency);
    if (chance(mood.refused)) {
      api_reply reply;
      reply.id = x.id;
      reply.outcome = chance(0.5) ? call_class::unsent : call_class::retry_soon;
      reply.code = ec::throttled;
      w.answer(reply, w.latency);
      return true;
    }
    return false;
  }

  void answered_after(const api_call& x, nanoseconds delay) {
    w.at(w.now + delay, [this, name = name_of(x), of = w.generation] {
      if (of == w.generation)
        --in_flight[name];
    });
  }

  std::string name_of(const api_call& x) {
    if (!x.spec.name.empty())
      return x.spec.name;
    auto i = w.cloud.entries.find(x.entry_id);
    return i == w.cloud.entries.end() ? x.entry_id : i->second.spec.name;
  }

  void check_call(const api_call& x) {
    if (!is_write(x.action))
      return;
    expect(++in_flight[name_of(x)] == 1, "two writes in flight for one name");
    expect(!foreign_ids.contains(x.entry_id), "a foreign entry is written");
    auto [i, fresh] = tokens.try_emplace(x.client_token, x);
    expect(fresh
             || (i->second.spec == x.spec && i->second.entry_id == x.entry_id
                 && i->second.action == x.action),
           "a token with two meanings");
  }

  void expect(bool fine, const std::string& what) {
    if (!fine && failure.empty())
      failure = what;
  }

  // -- the pool
  // ----------------------------------------------------------------

  void tell(const std::string& name) {
    auto i = wishes.find(name);
    if (i == wishes.end())
      return;
    auto& x = i->second;
    if (x.wanted)
      w.wish(entry_want{x.spec, "uid-" + name, x.attempt, urgency::birth,
                        x.replaces, x.born == w.generation});
    else if (x.dropped)
      w.wish(entry_drop{x.spec});
  }

  void later(const std::string& name, nanoseconds delay) {
    w.at(w.now + delay, [this, name, of = w.generation] {
      if (of == w.generation)
        tell(name);
    });
  }

  void hear(const entry_news& x) {
    auto& y = wishes[x.spec.name];
    switch (x.fact) {
      case entry_fact::available:
        check_available(x);
        y.available = true;
        break;
      case entry_fact::gone:
        expect(w.cloud.named(x.spec.name) == nullptr || meddled,
               "gone is not gone: " + x.spec.name);
        if (y.dropped) {
          ports.push_back(y.spec.external_port);
          wishes.erase(x.spec.name);
        }
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
        // A leaver that could not be recycled goes, the arriver is made.
        if (auto i = wishes.find(std::exchange(y.replaces, {}));
            i != wishes.end() && i->second.dropped)
          later(i->first, 5ms);
        later(x.spec.name, 500ms);
        break;
      case entry_fact::late:
      case entry_fact::unclaimed:
        if (!y.wanted && !recycled(x.spec.name)) {
          y.dropped = true;
          y.spec = x.spec;
          later(x.spec.name, 5ms);
        }
        break;
    }
  }

  bool recycled(const std::string& name) {
    for (auto& [other, x] : wishes)
      if (x.wanted && x.replaces == name && !x.available)
        return true;
    return false;
  }

  void check_available(const entry_news& x) {
    auto i = w.cloud.entries.find(x.id);
    w.cloud.advance(w.now);
    expect(meddled
             || (i != w.cloud.entries.end()
                 && i->second.status == entry_status::available
                 && i->second.spec == x.spec),
           "available is not available: " + x.spec.name);
  }

  std::string random_wish(bool wanted) {
    std::vector<std::string> names;
    for (auto& [name, x] : wishes)
      if (x.wanted == wanted)
        names.push_back(name);
    if (names.empty())
      return {};
    return names[static_cast<size_t>(
      pick(0, static_cast<int>(names.size()) - 1))];
  }

  void give_birth() {
    if (wishes.size() > 20 || ips.empty() || ports.empty())
      return;
    auto n = ++births;
    auto& x = wishes[world::name(n)];
    x.wanted = true;
    x.born = w.generation;
    x.spec = {world::name(n), "1.0.0.1", take_ip(), ports.front(), 80, 1,
              protocol::tcp};
    ports.erase(ports.begin());
    if (auto leaver = random_wish(true);
        chance(mood.recycle) && leaver != x.spec.name)
      leave(leaver, x.spec.name);
    tell(x.spec.name);
  }

  /// The leaver's entry becomes the arriver's.
  void leave(const std::string& name, const std::string& arriver) {
    auto& x = wishes[name];
    x.wanted = false;
    x.dropped = true;
    ips.insert(ips.begin(), x.spec.internal_ip);
    wishes[arriver].replaces = name;
    if (chance(0.3))
      tell(name);
  }

  std::string take_ip() {
    auto result = ips.front();
    ips.erase(ips.begin());
    return result;
  }

  void die() {
    auto name = random_wish(true);
    if (name.empty())
      return;
    auto& x = wishes[name];
    x.wanted = false;
    x.dropped = true;
    ips.insert(ips.begin(), x.spec.internal_ip);
    tell(name);
  }

  void move() {
    auto name = random_wish(true);
    if (name.empty() || ips.empty())
      return;
    auto& x = wishes[name];
    auto old = x.spec.internal_ip;
    x.spec.internal_ip = take_ip();
    ips.push_back(old);
    x.available = false;
    tell(name);
  }

  void meddle() {
    if (w.cloud.entries.empty())
      return;
    auto i = w.cloud.entries.begin();
    std::advance(i, pick(0, static_cast<int>(w.cloud.entries.size()) - 1));
    if (foreign_ids.contains(i->first))
      return;
    meddled = true;
    if (chance(0.5))
      w.cloud.entries.erase(i);
    else
      i->second.spec.internal_ip = "10.7.0." + std::to_string(pick(1, 250));
  }

  void crash() {
    in_flight.clear();
    w.restart();
    begin();
  }

  void live(int steps) {
    for (int i = 0; i < steps && failure.empty(); ++i) {
      switch (pick(0, 5)) {
        case 0:
        case 1:
          give_birth();
          break;
        case 2:
          die();
          break;
        case 3:
          move();
          break;
        case 4:
          if (auto name = random_wish(true); !name.empty())
            tell(name);
          break;
        default:
          break;
      }
      if (chance(mood.meddling))
        meddle();
      if (chance(mood.crash))
        crash();
      w.run(std::chrono::milliseconds{pick(0, 400)});
      check_names();
    }
  }

  void check_names() {
    std::set<std::string> seen;
    for (auto& [id, x] : w.cloud.entries)
      expect(x.spec.name.empty() || foreign_ids.contains(id)
               || seen.insert(x.spec.name).second,
             "two entries of one name");
  }

  /// Faults stop; everything must become as wished.
  void calm_down() {
    mood = {};
    for (auto& [name, x] : wishes)
      if (x.dropped)
        later(name, 1s);
    w.run(20min);
    std::map<std::string, entry_spec> expected;
    for (auto& [name, x] : wishes) {
      expect(x.wanted, "a drop was never told gone: " + name);
      expect(!x.wanted || x.available, "never told available: " + name);
      expected[name] = x.spec;
    }
    std::map<std::string, entry_spec> actual;
    size_t foreign = 0;
    for (auto& [id, x] : w.cloud.entries)
      if (foreign_ids.contains(id))
        ++foreign;
      else
        actual[x.spec.name] = x.spec;
    expect(foreign == foreign_ids.size(), "a foreign entry is gone");
    expect(actual == expected, "the table is not as wished");
    expect(w.foreign.size() == foreign_ids.size(), "strangers miscounted");
    expect(w.report.queue_depth == 0, "something still waits");
  }

  std::mt19937_64 rng;
  moods mood;
  world w;
  std::map<std::string, wish> wishes;
  std::vector<uint16_t> ports;
  std::vector<std::string> ips;
  std::set<std::string> foreign_ids;
  std::map<std::string, int> in_flight;
  std::map<std::string, api_call> tokens;
  int births = 0;
  bool meddled = false;
  std::string failure;
};

std::string run_seed(uint64_t seed, bool print) {
  random_pool x{seed};
  x.live(120);
  if (x.failure.empty())
    x.calm_down();
  if (print || !x.failure.empty())
    for (auto& line : x.w.trace)
      if (print)
        std::cout << line << '\n';
  return x.failure;
}

} // namespace

BOOST_AUTO_TEST_SUITE(forward_table_chaos)

// NATGW_SEED replays one seed with its transcript, NATGW_SEEDS runs more.
BOOST_AUTO_TEST_CASE(the_table_becomes_as_wished_whatever_goes_wrong) {
  if (auto* one = std::getenv("NATGW_SEED")) {
    BOOST_TEST(run_seed(std::strtoull(one, nullptr, 10), true) == "");
    return;
  }
  auto* many = std::getenv("NATGW_SEEDS");
  auto seeds = many != nullptr ? std::strtoull(many, nullptr, 10) : 300;
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    auto failure = run_seed(seed, false);
    BOOST_TEST_REQUIRE(failure == "", "seed " << seed << ": " << failure);
  }
}

BOOST_AUTO_TEST_SUITE_END()
