#include "core/leader_election.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <rapidcheck.h>

using namespace natgw;
using namespace natgw::core;
using namespace std::chrono_literals;

namespace {

election_config config_of(std::string identity) {
  election_config x;
  x.identity = std::move(identity);
  return x;
}

lease_seen held_by(std::string holder, uint64_t transitions,
                   std::string version, int64_t renewed_ms = 0) {
  return {.record
          = {.holder = std::move(holder),
             .duration = 15s,
             .acquired = {},
             .renewed = wall_time{std::chrono::milliseconds{renewed_ms}},
             .transitions = transitions},
          .resource_version = std::move(version)};
}

struct fixture {
  instant now = instant{} + 1h;
  wall_time wall{1'000'000ms};
  leader_election aut{config_of("me"), 3};
  election_steps last;

  void pass(std::chrono::milliseconds x) {
    now += x;
    wall += x;
  }

  void tick() {
    last = aut.tick(now, wall);
  }

  void reads(expected<lease_seen> x) {
    BOOST_REQUIRE(last.read);
    last = aut.on_read(x, now, wall);
  }

  // The API server takes the write.
  void accepts(std::string version) {
    BOOST_REQUIRE(last.write.has_value());
    last = aut.on_written(lease_seen{last.write->record, std::move(version)},
                          now, wall);
  }

  void refuses(ec code) {
    BOOST_REQUIRE(last.write.has_value());
    last = aut.on_written(fail(code), now, wall);
  }

  void win() {
    last = aut.start(now, wall);
    reads(fail(ec::not_found));
    accepts("1");
    BOOST_REQUIRE(last.term.has_value());
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(leader_election_of_a_process, fixture)

BOOST_AUTO_TEST_CASE(absent_lease_is_created) {
  last = aut.start(now, wall);
  reads(fail(ec::not_found));
  BOOST_TEST(last.write->resource_version == "");
  BOOST_TEST(last.write->record.holder == "me");
  BOOST_TEST(last.write->record.transitions == 0u);
  auto sent = now;
  pass(300ms);
  accepts("1");
  BOOST_TEST(aut.leading());
  BOOST_TEST(last.term->epoch == 0u);
  BOOST_TEST((last.term->ends == sent + 15s));
}

BOOST_AUTO_TEST_CASE(leader_renews_every_period_without_reading) {
  win();
  BOOST_TEST((last.wake.value() == now + 2s));
  pass(2s);
  tick();
  BOOST_TEST(!last.read);
  BOOST_TEST(last.write->resource_version == "1");
  BOOST_TEST((last.write->record.renewed == wall));
  BOOST_TEST((last.write->record.acquired == wall - 2s));
  accepts("2");
  BOOST_TEST((last.term->ends == now + 15s));
  BOOST_TEST(last.term->epoch == 0u);
}

BOOST_AUTO_TEST_CASE(living_holder_is_left_alone) {
  last = aut.start(now, wall);
  reads(held_by("other", 4, "7"));
  BOOST_TEST(!last.write.has_value());
  BOOST_TEST((last.wake.value() >= now + 2s));
  BOOST_TEST((last.wake.value() <= now + 4'400ms));
  for (int i = 0; i < 20; ++i) {
    pass(5s);
    tick();
    reads(held_by("other", 4, std::to_string(8 + i), 1 + i));
    BOOST_TEST(!last.write.has_value());
  }
}

BOOST_AUTO_TEST_CASE(silent_holder_is_replaced_after_the_whole_duration) {
  last = aut.start(now, wall);
  reads(held_by("other", 4, "7"));
  pass(14'900ms);
  tick();
  reads(held_by("other", 4, "7"));
  BOOST_TEST(!last.write.has_value());
  pass(5s);
  tick();
  reads(held_by("other", 4, "7"));
  BOOST_TEST(last.write->record.transitions == 5u);
  BOOST_TEST(last.write->resource_version == "7");
  accepts("8");
  BOOST_TEST(last.term->epoch == 5u);
}

// The holder's clock may be hours off: only our own counts.
BOOST_AUTO_TEST_CASE(clock_of_the_holder_does_not_matter) {
  last = aut.start(now, wall);
  reads(held_by("other", 4, "7", -1'000'000'000));
  BOOST_TEST(!last.write.has_value());
}

// Somebody annotates the Lease: a new version, but no sign of life.
BOOST_AUTO_TEST_CASE(version_alone_is_no_sign_of_life) {
  last = aut.start(now, wall);
  reads(held_by("other", 4, "7"));
  pass(16s);
  tick();
  reads(held_by("other", 4, "99"));
  BOOST_REQUIRE(last.write.has_value());
  BOOST_TEST(last.write->resource_version == "99");
}

BOOST_AUTO_TEST_CASE(released_lease_is_taken_at_once) {
  last = aut.start(now, wall);
  reads(held_by("", 4, "7"));
  BOOST_TEST(last.write->record.transitions == 5u);
}

BOOST_AUTO_TEST_CASE(lost_race_waits) {
  last = aut.start(now, wall);
  reads(held_by("", 4, "7"));
  refuses(ec::conflict);
  BOOST_TEST(!aut.leading());
  BOOST_TEST(last.wake.has_value());
  pass(5s);
  tick();
  BOOST_TEST(last.read);
}

BOOST_AUTO_TEST_CASE(write_of_unknown_outcome_is_looked_at) {
  last = aut.start(now, wall);
  reads(held_by("", 4, "7"));
  refuses(ec::timeout);
  BOOST_TEST(!last.term.has_value());
  pass(5s);
  tick();
  reads(held_by("me", 5, "8"));
  BOOST_TEST(last.write->record.transitions == 5u);
  accepts("9");
  BOOST_TEST(last.term->epoch == 5u);
}

BOOST_AUTO_TEST_CASE(leader_gives_up_at_the_deadline) {
  win();
  auto won = now;
  while (!last.lost) {
    BOOST_REQUIRE(last.wake.has_value());
    pass(std::chrono::ceil<std::chrono::milliseconds>(*last.wake - now));
    tick();
    if (last.write)
      refuses(ec::unavailable);
    else if (last.read)
      reads(fail(ec::unavailable));
  }
  BOOST_TEST((now - won == 10s));
  BOOST_TEST(last.finished);
  BOOST_TEST(!aut.leading());
  BOOST_TEST((last.lost->ends == won + 15s));
}

BOOST_AUTO_TEST_CASE(leader_whose_call_hangs_gives_up_at_the_deadline) {
  win();
  pass(2s);
  tick();
  BOOST_REQUIRE(last.write.has_value());
  BOOST_TEST((last.wake.value() == now + 8s));
  pass(8s);
  tick();
  BOOST_TEST(last.lost.has_value());
}

BOOST_AUTO_TEST_CASE(deadline_counts_from_when_the_renewal_was_sent) {
  win();
  pass(2s);
  tick();
  pass(3s);
  accepts("2");
  pass(2s);
  tick();
  BOOST_REQUIRE(last.write.has_value());
  BOOST_TEST((last.wake.value() == now + 5s));
}

BOOST_AUTO_TEST_CASE(frozen_leader_is_no_leader_any_more) {
  win();
  pass(2s);
  tick();
  pass(60s);
  accepts("2");
  BOOST_TEST(last.lost.has_value());
  BOOST_TEST(!last.term.has_value());
}

BOOST_AUTO_TEST_CASE(answer_that_comes_too_late_does_not_win) {
  last = aut.start(now, wall);
  reads(held_by("", 4, "7"));
  pass(60s);
  accepts("8");
  BOOST_TEST(!last.term.has_value());
  BOOST_TEST(!aut.leading());
}

BOOST_AUTO_TEST_CASE(leader_that_finds_another_holder_has_lost) {
  win();
  pass(2s);
  tick();
  refuses(ec::conflict);
  pass(2s);
  tick();
  reads(held_by("other", 1, "5"));
  BOOST_TEST(last.lost.has_value());
}

BOOST_AUTO_TEST_CASE(leader_survives_a_foreign_edit_of_its_lease) {
  win();
  pass(2s);
  tick();
  refuses(ec::conflict);
  pass(2s);
  tick();
  reads(held_by("me", 0, "5"));
  BOOST_TEST(last.write->resource_version == "5");
  accepts("6");
  BOOST_TEST(last.term.has_value());
}

BOOST_AUTO_TEST_CASE(deleted_lease_does_not_set_the_epoch_back) {
  last = aut.start(now, wall);
  reads(held_by("other", 4, "7"));
  pass(5s);
  tick();
  reads(fail(ec::not_found));
  BOOST_TEST(last.write->record.transitions == 5u);
}

BOOST_AUTO_TEST_CASE(stop_hands_the_lease_over) {
  win();
  last = aut.stop(now, wall);
  BOOST_TEST(last.write->record.holder == "");
  BOOST_TEST((last.write->record.duration == 1s));
  BOOST_TEST(last.write->resource_version == "1");
  accepts("2");
  BOOST_TEST(last.finished);
  BOOST_TEST(!last.term.has_value());
}

BOOST_AUTO_TEST_CASE(stop_waits_for_the_renewal_under_way) {
  win();
  pass(2s);
  tick();
  auto renewal = last;
  last = aut.stop(now, wall);
  BOOST_TEST(!last.write.has_value());
  last = renewal;
  accepts("2");
  BOOST_TEST(last.write->record.holder == "");
  BOOST_TEST(last.write->resource_version == "2");
}

BOOST_AUTO_TEST_CASE(stop_looks_at_a_lease_in_doubt) {
  win();
  pass(2s);
  tick();
  auto renewal = last;
  aut.stop(now, wall);
  last = renewal;
  refuses(ec::timeout);
  reads(held_by("me", 0, "2"));
  BOOST_TEST(last.write->record.holder == "");
}

BOOST_AUTO_TEST_CASE(stop_of_a_stand_by_writes_nothing) {
  last = aut.start(now, wall);
  reads(held_by("other", 4, "7"));
  last = aut.stop(now, wall);
  BOOST_TEST(!last.write.has_value());
  BOOST_TEST(last.finished);
}

BOOST_AUTO_TEST_CASE(stop_of_a_stand_by_waits_for_no_answer) {
  last = aut.start(now, wall);
  BOOST_REQUIRE(last.read);
  auto steps = aut.stop(now, wall);
  BOOST_TEST(steps.finished);
  BOOST_TEST(!steps.write.has_value());
  // The answer comes late and is nobody's.
  reads(held_by("", 4, "7"));
  BOOST_TEST(!last.write.has_value());
}

BOOST_AUTO_TEST_CASE(release_is_noticed_by_the_first_poll_after_it) {
  last = aut.start(now, wall);
  reads(held_by("other", 4, "7"));
  auto begin = now;
  pass(1s);
  // Released: the holder is empty, as client-go writes it.
  auto released = held_by("", 4, "8", 1'000);
  now = *last.wake;
  tick();
  reads(released);
  BOOST_REQUIRE(last.write.has_value());
  BOOST_TEST(last.write->record.holder == "me");
  BOOST_TEST((now - begin <= 4400ms));
}

BOOST_AUTO_TEST_SUITE_END()

namespace {

/// The Lease as the API server holds it.
struct server {
  std::optional<lease_record> lease;
  uint64_t version = 0;

  expected<lease_seen> get() const {
    if (!lease)
      return fail(ec::not_found);
    return lease_seen{*lease, std::to_string(version)};
  }

  expected<lease_seen> put(const lease_update& x) {
    if (x.resource_version.empty() && lease)
      return fail(ec::already_exists);
    if (!x.resource_version.empty()
        && (!lease || x.resource_version != std::to_string(version)))
      return fail(ec::conflict);
    lease = x.record;
    ++version;
    return get();
  }
};

/// A process with a calendar of its own, behind a network that delays and
/// loses questions and answers, and that freezes at times.
struct process {
  leader_election election;
  std::chrono::hours skew;
  election_steps todo{};
  std::optional<expected<lease_seen>> read{};
  std::optional<expected<lease_seen>> written{};
  std::optional<lease_term> term{};
  instant frozen_until{};
  bool over = false;
};

class random_world {
public:
  explicit random_world(uint64_t seed) : rng_(seed) {
    for (int i = 0; i < 3; ++i)
      enter();
  }

  void step() {
    now_ += std::chrono::milliseconds{rng_() % 1'500};
    auto& x = processes_[rng_() % processes_.size()];
    if (now_ < x.frozen_until)
      return;
    if (x.over)
      x = make();
    else if (rng_() % 5 == 0)
      x.frozen_until = now_ + std::chrono::seconds{rng_() % 16};
    else if (rng_() % 100 == 0)
      obey(x, x.election.stop(now_, wall(x)));
    else
      advance(x);
    check();
  }

private:
  process make() {
    auto number = ++entered_;
    return {.election = leader_election{config_of("p" + std::to_string(number)),
                                        rng_()},
            .skew = std::chrono::hours{number * 37 % 11}};
  }

  void enter() {
    processes_.push_back(make());
    auto& x = processes_.back();
    obey(x, x.election.start(now_, wall(x)));
  }

  void advance(process& x) {
    if (auto answer = std::exchange(x.read, std::nullopt))
      obey(x, x.election.on_read(lossy(*answer), now_, wall(x)));
    else if (auto outcome = std::exchange(x.written, std::nullopt))
      obey(x, x.election.on_written(lossy(*outcome), now_, wall(x)));
    else
      obey(x, x.election.start(now_, wall(x)));
    if (!x.over)
      obey(x, x.election.tick(now_, wall(x)));
  }

  expected<lease_seen> lossy(const expected<lease_seen>& x) {
    return rng_() % 8 == 0 ? fail(ec::timeout) : x;
  }

  void obey(process& x, const election_steps& todo) {
    if (todo.term) {
      x.term = todo.term;
      RC_ASSERT(todo.term->epoch >= epoch_);
      epoch_ = todo.term->epoch;
    }
    if (todo.lost)
      x.term.reset();
    if (todo.read)
      x.read = lossy(server_.get());
    // A released lease ends at once: the drain came before.
    if (todo.write && todo.write->record.holder.empty())
      x.term.reset();
    if (todo.write)
      x.written = rng_() % 8 == 0 ? fail(ec::transport)
                                  : server_.put(*todo.write);
    x.over = x.over || todo.finished;
  }

  void check() {
    auto writers = std::ranges::count_if(processes_, [&](const process& x) {
      return !x.over && x.term && now_ < x.term->ends;
    });
    RC_ASSERT(writers <= 1);
  }

  wall_time wall(const process& x) const {
    return wall_time{std::chrono::floor<std::chrono::milliseconds>(
      now_.time_since_epoch() + x.skew)};
  }

  std::mt19937_64 rng_;
  instant now_{};
  server server_;
  std::vector<process> processes_;
  int entered_ = 0;
  uint64_t epoch_ = 0;
};

} // namespace

BOOST_AUTO_TEST_SUITE(leader_election_properties)

// Whatever is lost or late, and whatever calendars say: never two writers, and
// epochs never go back.
BOOST_AUTO_TEST_CASE(at_most_one_process_may_write) {
  BOOST_TEST(rc::check("one writer", [](uint64_t seed) {
    random_world world{seed};
    for (int i = 0; i < 1'000; ++i)
      world.step();
  }));
}

BOOST_AUTO_TEST_SUITE_END()
