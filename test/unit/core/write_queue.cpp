#include "core/write_queue.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <random>
#include <string>

#include <rapidcheck.h>

using namespace natgw;
using namespace natgw::core;
using namespace std::chrono_literals;

namespace {

record_write record(std::string name, urgency priority = urgency::birth) {
  record_write x;
  x.key = {"games", std::move(name)};
  x.op = record_op::status;
  x.priority = priority;
  return x;
}

pod_patch patch(std::string name, std::string uid = "u") {
  pod_patch x;
  x.key = {"games", std::move(name)};
  x.uid = std::move(uid);
  return x;
}

filtered_event event(std::string message, bool warning = false) {
  filtered_event x;
  x.event.message = std::move(message);
  x.event.warning = warning;
  return x;
}

std::string name_of(const write_job& x) {
  if (const auto* write = std::get_if<record_write>(&x.what))
    return write->key.name;
  if (const auto* wish = std::get_if<pod_patch>(&x.what))
    return wish->key.name;
  return std::get<filtered_event>(x.what).event.message;
}

struct fixture {
  instant now = instant{} + 1h;
  write_queue aut{{}, now};

  std::string next() {
    auto x = aut.next(now);
    return x ? name_of(*x) : "";
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(write_queue_of_a_writer, fixture)

BOOST_AUTO_TEST_CASE(one_object_has_one_write_under_way) {
  auto first = aut.push(record("a"), now);
  auto second = aut.push(record("a"), now);
  auto job = aut.next(now);
  BOOST_TEST(job.value().id == first);
  BOOST_TEST(!aut.next(now).has_value());
  aut.done(*job, now);
  BOOST_TEST(aut.next(now).value().id == second);
}

BOOST_AUTO_TEST_CASE(pod_and_record_of_one_name_do_not_wait_for_each_other) {
  aut.push(record("a"), now);
  aut.push(patch("a"), now);
  BOOST_TEST(aut.next(now).has_value());
  BOOST_TEST(aut.next(now).has_value());
}

BOOST_AUTO_TEST_CASE(urgent_write_overtakes) {
  aut.push(record("late", urgency::background), now);
  aut.push(record("birth"), now);
  aut.push(record("harm", urgency::harm), now);
  BOOST_TEST(next() == "harm");
  BOOST_TEST(next() == "birth");
  BOOST_TEST(next() == "late");
}

BOOST_AUTO_TEST_CASE(waiting_raises) {
  aut.push(record("old", urgency::cleanup), now);
  now += 31s;
  aut.push(record("young"), now);
  BOOST_TEST(next() == "old");
}

BOOST_AUTO_TEST_CASE(urgent_write_pulls_those_before_it_in_its_line) {
  aut.push(record("a", urgency::background), now);
  aut.push(record("b"), now);
  aut.push(record("a", urgency::harm), now);
  auto job = aut.next(now);
  BOOST_TEST(name_of(job.value()) == "a");
  auto priority = std::get<record_write>(job->what).priority;
  BOOST_TEST((priority == urgency::background));
}

BOOST_AUTO_TEST_CASE(later_patch_merges_with_one_that_waits) {
  auto x = patch("a");
  x.status_annotation = "one";
  x.condition = pod_condition{.is_true = false, .reason = "r", .message = ""};
  auto y = patch("a");
  y.status_annotation = "two";
  auto first = aut.push(x, now);
  BOOST_TEST(aut.push(y, now) == first);
  BOOST_TEST(aut.waiting() == 1u);
  auto job = aut.next(now);
  auto sent = std::get<pod_patch>(job.value().what);
  BOOST_TEST(sent.status_annotation.value() == "two");
  BOOST_TEST(sent.condition.value().reason == "r");
}

BOOST_AUTO_TEST_CASE(patches_for_two_pods_of_one_name_do_not_merge) {
  auto first = aut.push(patch("a", "u1"), now);
  BOOST_TEST(aut.push(patch("a", "u2"), now) != first);
}

BOOST_AUTO_TEST_CASE(patch_does_not_merge_with_one_under_way) {
  auto first = aut.push(patch("a"), now);
  aut.next(now);
  BOOST_TEST(aut.push(patch("a"), now) != first);
}

BOOST_AUTO_TEST_CASE(failed_write_waits_and_keeps_its_place) {
  aut.push(record("a"), now);
  auto second = aut.push(record("a"), now);
  auto job = aut.next(now);
  auto id = job.value().id;
  aut.retry(*job, now + 5s, now);
  BOOST_TEST(!aut.next(now).has_value());
  BOOST_TEST((aut.wake(now).value() == now + 5s));
  now += 5s;
  job = aut.next(now);
  BOOST_TEST(job.value().id == id);
  aut.done(*job, now);
  BOOST_TEST(aut.next(now).value().id == second);
}

BOOST_AUTO_TEST_CASE(patch_merges_with_one_that_failed) {
  aut.push(patch("a"), now);
  auto job = aut.next(now);
  job->failures = 7;
  aut.retry(*job, now + 5s, now);
  BOOST_TEST(aut.push(patch("a"), now) == job->id);
  now += 5s;
  BOOST_TEST(aut.next(now).value().failures == 0u);
}

BOOST_AUTO_TEST_CASE(rate_is_kept) {
  aut = write_queue{{.limit = {.count = 10, .per = 1s}, .burst = 3}, now};
  for (int i = 0; i < 5; ++i)
    aut.push(record(std::to_string(i)), now);
  BOOST_TEST(next() != "");
  BOOST_TEST(next() != "");
  BOOST_TEST(next() != "");
  BOOST_TEST(next() == "");
  BOOST_TEST((aut.wake(now).value() == now + 100ms));
  now += 100ms;
  BOOST_TEST(next() != "");
  BOOST_TEST(next() == "");
}

BOOST_AUTO_TEST_CASE(writes_under_way_are_bounded) {
  aut = write_queue{{.max_in_flight = 2}, now};
  for (int i = 0; i < 5; ++i)
    aut.push(record(std::to_string(i)), now);
  auto job = aut.next(now);
  BOOST_TEST(next() != "");
  BOOST_TEST(next() == "");
  BOOST_TEST(!aut.wake(now).has_value());
  aut.done(job.value(), now);
  BOOST_TEST(next() != "");
}

BOOST_AUTO_TEST_CASE(held_queue_is_silent) {
  aut.push(record("a"), now);
  aut.hold(now + 7s);
  BOOST_TEST(next() == "");
  BOOST_TEST((aut.wake(now).value() == now + 7s));
  now += 7s;
  BOOST_TEST(next() == "a");
}

BOOST_AUTO_TEST_CASE(events_go_last_but_do_not_starve) {
  aut.push(event("e"), now);
  aut.push(record("a"), now);
  BOOST_TEST(next() == "a");
  now += 271s;
  aut.push(record("b"), now);
  BOOST_TEST(next() == "e");
}

BOOST_AUTO_TEST_CASE(too_many_events_drop_the_oldest_and_spare_warnings) {
  aut = write_queue{{.max_events = 3}, now};
  aut.push(event("warning", true), now);
  for (auto message : {"1", "2", "3", "4"})
    aut.push(event(message), now);
  BOOST_TEST(aut.events_waiting() == 3u);
  BOOST_TEST(aut.events_dropped() == 2u);
  BOOST_TEST(next() == "warning");
  BOOST_TEST(next() == "3");
  BOOST_TEST(next() == "4");
}

BOOST_AUTO_TEST_CASE(failed_event_waits) {
  aut.push(event("e"), now);
  auto job = aut.next(now);
  aut.retry(job.value(), now + 2s, now);
  BOOST_TEST(next() == "");
  BOOST_TEST((aut.wake(now).value() == now + 2s));
  now += 2s;
  BOOST_TEST(next() == "e");
}

BOOST_AUTO_TEST_CASE(dropped_jobs_do_not_leave) {
  aut.push(record("a"), now);
  auto doomed = aut.push(record("b"), now);
  auto ids = aut.drop_if([](const write_job& x) { return name_of(x) == "b"; },
                         now);
  BOOST_TEST(ids == std::vector{doomed}, boost::test_tools::per_element());
  BOOST_TEST(next() == "a");
  BOOST_TEST(next() == "");
  BOOST_TEST(aut.waiting() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

namespace {

// Pushes, sends, fails and finishes as a seed wills, and checks the rules: one
// write of an object at a time, in the order they were pushed, none lost, none
// made up, and `wake` never misses.
class random_traffic {
public:
  explicit random_traffic(uint64_t seed) : rng_(seed) {
  }

  void step() {
    now_ += std::chrono::milliseconds{rng_() % 500};
    switch (rng_() % 4) {
      case 0:
        push();
        break;
      case 1:
        finish();
        break;
      default:
        send();
    }
    RC_ASSERT(aut_.in_flight() == running_.size());
  }

  void drain() {
    while (!running_.empty() || aut_.waiting() > 0) {
      finish();
      if (auto at = aut_.wake(now_))
        now_ = std::max(now_, *at);
      else
        RC_ASSERT(!running_.empty() || aut_.waiting() == 0);
      send();
    }
    for (const auto& [name, ids] : pushed_)
      RC_ASSERT(ids.empty());
  }

private:
  void push() {
    auto name = std::to_string(rng_() % 5);
    auto priority = static_cast<urgency>(rng_() % 4);
    pushed_[name].push_back(aut_.push(record(name, priority), now_));
  }

  void send() {
    if (auto x = aut_.next(now_)) {
      auto name = name_of(*x);
      RC_ASSERT(!running_.contains(name));
      RC_ASSERT(pushed_[name].front() == x->id);
      running_.emplace(name, std::move(*x));
    }
  }

  void finish() {
    if (running_.empty())
      return;
    auto i = std::next(running_.begin(),
                       static_cast<ptrdiff_t>(rng_() % running_.size()));
    auto job = std::move(i->second);
    running_.erase(i);
    if (rng_() % 3 == 0) {
      aut_.retry(std::move(job), now_ + std::chrono::seconds{rng_() % 9}, now_);
      return;
    }
    pushed_[name_of(job)].pop_front();
    aut_.done(job, now_);
  }

  std::mt19937_64 rng_;
  instant now_{};
  write_queue aut_{{.max_in_flight = 3}, now_};
  std::map<std::string, std::deque<uint64_t>> pushed_;
  std::map<std::string, write_job> running_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(write_queue_properties)

BOOST_AUTO_TEST_CASE(every_schedule_keeps_the_rules) {
  BOOST_TEST(rc::check("rules", [](uint64_t seed) {
    random_traffic traffic{seed};
    for (int i = 0; i < 200; ++i)
      traffic.step();
    traffic.drain();
  }));
}

BOOST_AUTO_TEST_SUITE_END()
