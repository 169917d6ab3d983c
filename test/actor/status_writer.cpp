#include "actors/status_writer.hpp"

#include <boost/test/unit_test.hpp>

#include "test/actor/kube_world.hpp"

using namespace natgw;
using namespace natgw::test;
using namespace std::chrono_literals;

namespace {

struct fixture : kube_world {
  inbox& told = make_inbox();
  caf::actor asker = spawn(recorder, &told);
  status_writer_actor aut;

  explicit fixture(actors::status_writer_config cfg = {}) {
    cfg.controller = {"kube-system", "natgw-controller"};
    aut = spawn(actors::status_writer, api, clock(), cfg);
    renew();
  }

  // The lease is won, or renewed.
  void renew(uint64_t epoch = 1) {
    tell(asker, aut, lease_term{.epoch = epoch, .ends = now() + 15s});
  }

  void advance_leading(std::chrono::seconds x) {
    for (; x > 0s; x -= 1s) {
      advance(1s);
      renew();
    }
  }

  static record_write record(record_op op, std::string name = "a") {
    record_write x;
    x.key = {"games", std::move(name)};
    x.op = op;
    if (op != record_op::create) {
      x.uid = "u1";
      x.resource_version = "5";
    }
    x.promise.gateway = "ngw-1";
    x.promise.external_ip = "114.55.0.10";
    x.promise.internal_ip = "10.0.0.1";
    return x;
  }

  static pod_patch patch(std::string text, std::string name = "a") {
    pod_patch x;
    x.key = {"games", std::move(name)};
    x.uid = "p1";
    x.status_annotation = std::move(text);
    return x;
  }

  static object_event event(std::string message) {
    return {.key = {"games", "a"},
            .uid = "p1",
            .reason = "DNATReady",
            .message = std::move(message)};
  }

  exchange& status_patch(std::string_view name = "a") {
    return net.the(http::method::patch,
                   "/poddnats/" + std::string{name} + "/status");
  }

  exchange& pod_request(std::string_view name = "a") {
    return net.the(http::method::patch, "/pods/" + std::string{name});
  }

  exchange& look(std::string_view name = "a") {
    return net.the(http::method::get, "/poddnats/" + std::string{name});
  }

  record_written written() {
    return told.take_one<record_written>();
  }

  pod_patched patched() {
    return told.take_one<pod_patched>();
  }
};

// Like above, before any lease.
struct standing_by : kube_world {
  inbox& told = make_inbox();
  caf::actor asker = spawn(recorder, &told);
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(status_writer, fixture)

// -- records ------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(write_is_answered_with_the_object) {
  tell(asker, aut, record(record_op::status));
  answer(status_patch(), 200, record_json("a", "u1", "6"));
  auto x = written();
  BOOST_TEST(!x.problem.has_value());
  BOOST_TEST((x.op == record_op::status));
  BOOST_TEST(x.now->resource_version == "6");
  BOOST_TEST(!x.absent);
}

BOOST_AUTO_TEST_CASE(writes_carry_the_fence_of_the_lease) {
  tell(asker, aut, record(record_op::status));
  auto fence = status_patch().request.not_after;
  BOOST_TEST((fence.value() == now() + 14s));
}

BOOST_AUTO_TEST_CASE(one_object_is_written_in_order) {
  tell(asker, aut, record(record_op::create));
  tell(asker, aut, record(record_op::status));
  tell(asker, aut, record(record_op::status, "b"));
  BOOST_TEST(net.open() == 2u);
  answer(net.the(http::method::post, "/poddnats"), 201,
         record_json("a", "u1", "5"));
  BOOST_TEST((written().op == record_op::create));
  BOOST_TEST(net.find(http::method::patch, "/poddnats/a/status") != nullptr);
}

BOOST_AUTO_TEST_CASE(record_that_is_gone_is_absent) {
  tell(asker, aut, record(record_op::status));
  answer(status_patch(), 404, status_body(404, "NotFound"));
  auto x = written();
  BOOST_TEST((x.problem->code == ec::not_found));
  BOOST_TEST(x.absent);
}

BOOST_AUTO_TEST_CASE(removed_record_is_absent) {
  tell(asker, aut, record(record_op::remove));
  answer(net.the(http::method::del, "/poddnats/a"), 200,
         R"({"kind":"Status","status":"Success"})");
  auto x = written();
  BOOST_TEST(!x.problem.has_value());
  BOOST_TEST(x.absent);
}

BOOST_AUTO_TEST_CASE(conflict_is_answered_with_the_present_object) {
  tell(asker, aut, record(record_op::status));
  answer(status_patch(), 409, status_body(409, "Conflict"));
  BOOST_TEST(told.empty());
  answer(look(), 200, record_json("a", "u1", "9"));
  auto x = written();
  BOOST_TEST((x.problem->code == ec::conflict));
  BOOST_TEST(x.now->resource_version == "9");
}

BOOST_AUTO_TEST_CASE(create_that_exists_is_answered_with_the_present_object) {
  tell(asker, aut, record(record_op::create));
  answer(net.the(http::method::post, "/poddnats"), 409,
         status_body(409, "AlreadyExists"));
  answer(look(), 200, record_json("a", "u7", "9"));
  auto x = written();
  BOOST_TEST((x.problem->code == ec::already_exists));
  BOOST_TEST(x.now->uid == "u7");
}

BOOST_AUTO_TEST_CASE(unknown_outcome_is_looked_up) {
  tell(asker, aut, record(record_op::status));
  fail(status_patch(), ec::timeout);
  answer(look(), 404, status_body(404, "NotFound"));
  auto x = written();
  BOOST_TEST((x.problem->code == ec::timeout));
  BOOST_TEST(x.absent);
}

BOOST_AUTO_TEST_CASE(look_is_repeated_until_it_is_answered) {
  tell(asker, aut, record(record_op::status));
  fail(status_patch(), ec::timeout);
  fail(look(), ec::transport);
  advance_leading(2s);
  answer(look(), 200, record_json("a", "u1", "9"));
  BOOST_TEST(written().now->resource_version == "9");
}

BOOST_AUTO_TEST_CASE(failing_server_is_tried_again_until_it_works) {
  tell(asker, aut, record(record_op::status));
  for (int i = 0; i < 3; ++i) {
    answer(status_patch(), 503, status_body(503, "ServiceUnavailable"));
    BOOST_TEST(told.empty());
    advance_leading(6s);
  }
  answer(status_patch(), 200, record_json("a", "u1", "6"));
  BOOST_TEST(!written().problem.has_value());
}

BOOST_AUTO_TEST_CASE(after_half_a_minute_the_asker_is_told) {
  tell(asker, aut, record(record_op::status));
  for (int i = 0; i < 60 && told.empty(); ++i) {
    if (auto* x = net.find(http::method::patch))
      fail(*x, ec::transport);
    if (auto* x = net.find(http::method::get))
      fail(*x, ec::transport);
    advance_leading(1s);
  }
  auto x = written();
  BOOST_TEST((x.problem->code == ec::transport));
  BOOST_TEST(!x.now);
  BOOST_TEST(!x.absent);
}

BOOST_AUTO_TEST_CASE(missing_right_is_told_and_logged_once) {
  auto lines = 0;
  observe::configure_log({.sink = [&](std::string_view line) {
    lines += line.find("cannot patch resource 'poddnats/status'")
                 != std::string_view::npos
               ? 1
               : 0;
  }});
  for (int i = 0; i < 3; ++i) {
    tell(asker, aut, record(record_op::status));
    answer(status_patch(), 403,
           status_body(403, "Forbidden",
                       "User 'x' cannot patch resource 'poddnats/status'"));
    BOOST_TEST((written().problem->code == ec::forbidden));
  }
  observe::configure_log({.sink = [](std::string_view) {}});
  BOOST_TEST(lines == 1);
}

// -- pods ---------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(patch_is_answered) {
  tell(asker, aut, patch("x"));
  answer(pod_request(), 200, pod_json("a", "p1", "9"));
  auto x = patched();
  BOOST_TEST(x.uid == "p1");
  BOOST_TEST(!x.problem.has_value());
}

BOOST_AUTO_TEST_CASE(waiting_patches_become_one) {
  tell(asker, aut, patch("one"));
  tell(asker, aut, patch("two"));
  tell(asker, aut, patch("three"));
  answer(pod_request(), 200, pod_json("a", "p1", "9"));
  BOOST_TEST(pod_request().request.body.find("three") != std::string::npos);
  answer(pod_request(), 200, pod_json("a", "p1", "10"));
  BOOST_TEST(told.size() == 2u);
  BOOST_TEST(net.open() == 0u);
}

BOOST_AUTO_TEST_CASE(conflict_on_a_pod_is_tried_again) {
  tell(asker, aut, patch("x"));
  answer(pod_request(), 409, status_body(409, "Conflict", "was modified"));
  BOOST_TEST(told.empty());
  advance_leading(1s);
  answer(pod_request(), 200, pod_json("a", "p1", "9"));
  BOOST_TEST(!patched().problem.has_value());
}

BOOST_AUTO_TEST_CASE(pod_with_another_uid_is_not_found) {
  tell(asker, aut, patch("x"));
  answer(pod_request(), 409,
         status_body(409, "Conflict",
                     "Precondition failed: UID in precondition: p1, UID in "
                     "object meta: p2"));
  BOOST_TEST((patched().problem->code == ec::not_found));
}

BOOST_AUTO_TEST_CASE(patch_is_given_up_after_some_attempts) {
  tell(asker, aut, patch("x"));
  auto attempts = 0;
  for (int i = 0; i < 100 && told.empty(); ++i) {
    if (auto* x = net.find(http::method::patch)) {
      ++attempts;
      answer(*x, 500, status_body(500, "InternalError"));
    }
    advance_leading(1s);
  }
  BOOST_TEST(attempts == 8);
  BOOST_TEST((patched().problem->code == ec::unavailable));
}

BOOST_AUTO_TEST_CASE(throttled_writer_leaves_the_server_alone) {
  tell(asker, aut, patch("x"));
  pod_request().answer(429, status_body(429, "TooManyRequests"),
                       {{"retry-after", "5"}});
  run();
  tell(asker, aut, patch("y", "b"));
  BOOST_TEST(net.open() == 0u);
  advance_leading(4s);
  BOOST_TEST(net.open() == 0u);
  advance_leading(1s);
  BOOST_TEST(net.open() == 2u);
}

// -- events -------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(event_is_written_once) {
  tell(asker, aut, event("ready"));
  tell(asker, aut, event("ready"));
  answer(net.the(http::method::post, "/events"), 201, "{}");
  BOOST_TEST(net.open() == 0u);
  BOOST_TEST(told.empty());
}

BOOST_AUTO_TEST_CASE(event_about_the_controller_is_one_of_its_lease) {
  tell(asker, aut,
       object_event{.reason = "QuotaReached",
                    .message = "100",
                    .about = event_subject::controller});
  auto& sent = net.the(http::method::post, "/events").request;
  BOOST_TEST(sent.url.find("/namespaces/kube-system/events")
             != std::string::npos);
  BOOST_TEST(sent.body.find(R"("name":"natgw-controller")")
             != std::string::npos);
}

BOOST_AUTO_TEST_CASE(event_is_given_up_after_some_attempts) {
  tell(asker, aut, event("ready"));
  for (int i = 0; i < 60; ++i) {
    if (auto* x = net.find(http::method::post, "/events"))
      fail(*x, ec::transport);
    advance_leading(1s);
  }
  BOOST_TEST(net.exchanges.size() == 3u);
}

// -- life ---------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(nothing_leaves_in_the_last_second_of_the_lease) {
  advance(14s);
  tell(asker, aut, record(record_op::status));
  BOOST_TEST(net.open() == 0u);
  renew();
  BOOST_TEST(net.open() == 1u);
}

BOOST_AUTO_TEST_CASE(fenced_write_goes_out_after_the_renewal) {
  tell(asker, aut, record(record_op::status));
  fail(status_patch(), ec::fenced);
  BOOST_TEST(told.empty());
  advance_leading(1s);
  answer(status_patch(), 200, record_json("a", "u1", "6"));
  BOOST_TEST(!written().problem.has_value());
}

BOOST_AUTO_TEST_CASE(dead_asker_leaves_nothing_in_the_queue) {
  auto& unheard = make_inbox();
  auto doomed = spawn(recorder, &unheard);
  tell(doomed, aut, record(record_op::status));
  tell(doomed, aut, record(record_op::status));
  tell(asker, aut, record(record_op::status));
  caf::anon_send_exit(doomed, caf::exit_reason::kill);
  run();
  answer(status_patch(), 200, record_json("a", "u1", "6"));
  answer(status_patch(), 200, record_json("a", "u1", "7"));
  BOOST_TEST(written().now->resource_version == "7");
  BOOST_TEST(net.open() == 0u);
}

BOOST_AUTO_TEST_CASE(write_of_a_dead_asker_is_finished_but_not_repeated) {
  auto& unheard = make_inbox();
  auto doomed = spawn(recorder, &unheard);
  tell(doomed, aut, record(record_op::create));
  tell(doomed, aut, patch("x"));
  tell(asker, aut, record(record_op::create));
  caf::anon_send_exit(doomed, caf::exit_reason::kill);
  run();
  BOOST_TEST(net.open() == 2u);
  fail(net.the(http::method::post, "/poddnats"), ec::transport);
  fail(pod_request(), ec::transport);
  // That of the living one comes at once, and nothing else later.
  answer(net.the(http::method::post, "/poddnats"), 201,
         record_json("a", "u1", "5"));
  BOOST_TEST(!written().problem.has_value());
  advance_leading(20s);
  BOOST_TEST(net.open() == 0u);
}

BOOST_AUTO_TEST_CASE(stop_drains_first) {
  tell(asker, aut, record(record_op::status));
  tell(asker, aut, record(record_op::status));
  tell(asker, aut, atom::stop_v);
  BOOST_TEST(alive(aut));
  answer(status_patch(), 200, record_json("a", "u1", "6"));
  BOOST_TEST(alive(aut));
  answer(status_patch(), 200, record_json("a", "u1", "7"));
  BOOST_TEST(!alive(aut));
  BOOST_TEST(told.size() == 2u);
}

BOOST_AUTO_TEST_CASE(drain_is_bounded) {
  tell(asker, aut, record(record_op::status));
  tell(asker, aut, record(record_op::status));
  tell(asker, aut, atom::stop_v);
  advance_leading(9s);
  BOOST_TEST(alive(aut));
  advance_leading(1s);
  BOOST_TEST(!alive(aut));
  BOOST_TEST((written().problem->code == ec::cancelled));
}

BOOST_AUTO_TEST_CASE(idle_writer_stops_at_once) {
  tell(asker, aut, atom::stop_v);
  BOOST_TEST(!alive(aut));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(status_writer_of_a_stand_by, standing_by)

BOOST_AUTO_TEST_CASE(nothing_leaves_before_the_lease_is_won) {
  status_writer_actor aut = spawn(actors::status_writer, api, clock(),
                                  actors::status_writer_config{});
  tell(asker, aut, fixture::record(record_op::status));
  BOOST_TEST(net.open() == 0u);
  tell(asker, aut, lease_term{.epoch = 1, .ends = now() + 15s});
  BOOST_TEST(net.open() == 1u);
}

BOOST_AUTO_TEST_CASE(lease_may_be_waived) {
  actors::status_writer_config cfg;
  cfg.lease_required = false;
  status_writer_actor aut = spawn(actors::status_writer, api, clock(), cfg);
  tell(asker, aut, fixture::record(record_op::status));
  BOOST_TEST(!net.the(http::method::patch).request.not_after.has_value());
}

BOOST_AUTO_TEST_SUITE_END()
