#include <algorithm>
#include <cstdint>
#include <memory>
#include <ranges>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "emulated_cloud.hpp"
#include "forward_table_world.hpp"

using namespace std::chrono_literals;

// What a cloud that fails costs a table that stands still while any of its
// entries is Pending. In virtual time, so that it can be told exactly.

using namespace natgw;
using namespace natgw::core;
using namespace natgw::core::test;
using emulator::fault_kind;

namespace {

constexpr int fleet = 125;

emulator::vpc_options behind_a_barrier(uint64_t seed, bool faults) {
  emulator::vpc_options result;
  result.seed = seed;
  result.gateways = emulator::make_gateways(1, 1, 1);
  auto& b = result.behaviour;
  b.pending = {50ms, 200ms};
  b.write_time = {5ms, 15ms};
  b.read_time = {2ms, 5ms};
  b.strict_pending = true;
  b.conflict = false;
  b.eip_binding = {};
  b.rate = {1e6, 1e6};
  b.quota = 1000;
  if (faults) {
    b.rate_of(fault_kind::reset_after) = 0.1;
    b.rate_of(fault_kind::error_before) = 0.05;
    b.rate_of(fault_kind::error_after) = 0.05;
    b.rate_of(fault_kind::throttle) = 0.1;
  }
  return result;
}

/// A fleet that comes at once to one gateway of the emulated cloud.
class burst {
public:
  burst(uint64_t seed, bool faults)
    : options_{behind_a_barrier(seed, faults)},
      cloud_{options_},
      w_{table_options{.gateway = options_.gateways.front().id,
                       .vpc = options_.vpc_id,
                       .names = world::names(),
                       .seed = seed}} {
    w_.on_call = [this](const api_call& x) {
      carry(x);
      return true;
    };
  }

  /// How long until every entry was told available.
  nanoseconds run() {
    w_.take(w_.table->start(w_.now));
    while (!w_.report.listed)
      w_.run(100ms);
    w_.take(w_.table->settled(w_.now));
    w_.run(11s);
    auto began = w_.now;
    auto ended = began;
    w_.on_news = [&](const entry_news& x) {
      BOOST_TEST((x.fact == entry_fact::available));
      ended = w_.now;
    };
    for (int i = 0; i < fleet; ++i) {
      auto spec = world::spec(i);
      spec.external_ip = options_.gateways.front().eips.front().address;
      spec.internal_ip = "172.16.0." + std::to_string(i + 1);
      w_.wish(world::want(spec));
    }
    w_.run(10min);
    w_.on_news = nullptr;
    BOOST_TEST(w_.told(entry_fact::available) == size_t{fleet});
    return ended - began;
  }

  /// Creates that the barrier refused.
  size_t refused() {
    return cloud_.core().log().counters().barriers;
  }

private:
  /// As the caller does: throttling never leaves it.
  void carry(const api_call& x) {
    w_.at(w_.now + 1ms, [this, x] {
      auto result = cloud_.execute(x, w_.now);
      if (result.reply.code == ec::throttled)
        carry(x);
      else
        w_.answer(result.reply, result.after + 1ms);
    });
  }

  emulator::vpc_options options_;
  emulated_cloud cloud_;
  world w_;
};

nanoseconds median(const std::vector<nanoseconds>& x) {
  auto sorted = x;
  std::ranges::sort(sorted);
  return sorted[sorted.size() / 2];
}

} // namespace

BOOST_AUTO_TEST_SUITE(forward_table_barrier)

BOOST_AUTO_TEST_CASE(failing_calls_do_not_make_the_table_stand_still) {
  std::vector<nanoseconds> fine;
  std::vector<nanoseconds> failing;
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    fine.push_back(burst{seed, false}.run());
    burst x{seed, true};
    failing.push_back(x.run());
    BOOST_TEST_MESSAGE(seed << ": " << fine.back() / 1ms << " ms, "
                            << failing.back() / 1ms << " ms, " << x.refused()
                            << " creates refused");
    BOOST_TEST(x.refused() <= size_t{fleet} / 4);
  }
  BOOST_TEST((std::ranges::max(failing) <= 1.3 * median(fine)));
}

BOOST_AUTO_TEST_CASE(repeated_write_is_looked_at_when_its_first_try_is_done) {
  world w;
  w.cloud.pending = 1s;
  w.begin();
  for (int i = 0; i < 20; ++i) {
    w.wish(world::want(world::spec(i)));
    w.run(3s);
  }
  // Executed, and not answered for so long that it is done meanwhile.
  w.on_call = [&](api_call& call) {
    if (!is_write(call.action))
      return false;
    w.on_call = nullptr;
    auto reply = w.cloud.execute(call, w.now);
    reply.outcome = call_class::unanswered;
    w.answer(reply, 1500ms);
    return true;
  };
  w.wish(world::want(world::spec(20)));
  w.run(1500ms + 60ms);
  BOOST_TEST(w.told(entry_fact::available, world::name(20)) == 1U);
}

BOOST_AUTO_TEST_CASE(failed_look_is_repeated_soon_however_late_the_entry_is) {
  world w;
  w.cloud.pending = 20s;
  w.begin();
  w.wish(world::want(world::spec(1)));
  // Many looks in vain.
  w.run(10s);
  BOOST_TEST(w.sent(api_action::describe_entries) >= 10U);
  instant failed;
  instant repeated;
  w.on_call = [&](api_call& call) {
    if (call.action != api_action::describe_entries)
      return false;
    if (failed != instant{}) {
      repeated = w.now;
      w.on_call = nullptr;
      return false;
    }
    failed = w.now;
    api_reply reply;
    reply.id = call.id;
    reply.outcome = call_class::unanswered;
    w.answer(reply, w.latency);
    return true;
  };
  w.run(10s);
  BOOST_TEST((repeated > failed));
  BOOST_TEST((repeated - failed <= 60ms));
}

BOOST_AUTO_TEST_CASE(barrier_lets_the_repetition_of_an_unanswered_write_pass) {
  world w;
  w.cloud.pending = 300ms;
  w.cloud.barrier = true;
  w.begin();
  for (int i = 0; i < 6; ++i)
    w.wish(world::want(world::spec(i)));
  w.run(10s);
  auto before = w.sent(api_action::create_entry);
  // The first create is executed and not answered; the table has others to do.
  auto unanswered = 1;
  w.on_call = [&](api_call& call) {
    if (!is_write(call.action) || unanswered-- <= 0)
      return false;
    auto reply = w.cloud.execute(call, w.now);
    reply.outcome = call_class::unanswered;
    w.answer(reply, w.latency);
    return true;
  };
  for (int i = 6; i < 9; ++i)
    w.wish(world::want(world::spec(i)));
  w.run(5s);
  BOOST_TEST(w.told(entry_fact::available) == 9U);
  // Three, and one repetition: nothing was sent to be refused.
  BOOST_TEST(w.sent(api_action::create_entry) - before == 4U);
}

BOOST_AUTO_TEST_CASE(write_that_is_never_answered_blocks_no_other) {
  world w;
  w.cloud.pending = 100ms;
  w.cloud.barrier = true;
  w.begin();
  for (int i = 0; i < 6; ++i)
    w.wish(world::want(world::spec(i)));
  w.run(10s);
  w.on_call = [&](api_call& call) {
    if (!is_write(call.action) || call.spec.name != world::name(6))
      return false;
    api_reply reply;
    reply.id = call.id;
    reply.outcome = call_class::unanswered;
    w.answer(reply, w.latency);
    return true;
  };
  for (int i = 6; i < 26; ++i)
    w.wish(world::want(world::spec(i)));
  w.run(10s);
  BOOST_TEST(w.told(entry_fact::available) == 25U);
}

BOOST_AUTO_TEST_SUITE_END()
