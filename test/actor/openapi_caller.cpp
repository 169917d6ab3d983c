#include "actors/openapi_caller.hpp"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/retry_classifier.hpp"
#include "test/actor/fake_transport.hpp"
#include "test/actor/fixture.hpp"
#include "test/secrets.hpp"

using namespace natgw;
using namespace std::chrono_literals;

namespace {

using enum api_action;
using exchange = test::fake_transport::exchange;
using asker_actor = caf::typed_actor<caf::reacts_to<api_reply>>;

credentials_ptr make_keys(std::string id = "testid",
                          std::optional<wall_time> expires = {}) {
  return std::make_shared<const aliyun::credentials>(aliyun::credentials{
    std::move(id), aliyun::secret{test::marked_secret()}, {}, expires});
}

struct outside {
  test::fake_transport net;
  std::vector<std::string> attempts;
  std::vector<bool> circuit;
};

api_call make_call(api_action action, std::string gateway = "ngw-1") {
  api_call result;
  result.action = action;
  result.gateway = std::move(gateway);
  result.table_id = "ftb-1";
  result.entry_id = "fwd-1";
  result.spec = {.name = "n",
                 .external_ip = "203.0.113.1",
                 .internal_ip = "192.168.0.1",
                 .external_port = 512,
                 .internal_port = 80};
  result.client_token = "token";
  return result;
}

std::string refusal(std::string_view code, std::string_view message = "why") {
  return R"({"Code":")" + std::string{code} + R"(","Message":")"
         + std::string{message} + R"(","RequestId":"r"})";
}

std::string header_of(const exchange& x, std::string_view name) {
  for (const auto& h : x.request.headers)
    if (h.name == name)
      return h.value;
  return {};
}

struct world : outside, test::deterministic {
  test::inbox& replies = make_inbox();
  asker_actor asker = spawn_recorder<asker_actor>(replies);
  test::inbox& refusals = make_inbox();
  credential_keeper_actor keeper
    = spawn_recorder<credential_keeper_actor>(refusals);
  test::inbox& events = make_inbox();
  status_writer_actor writer = spawn_recorder<status_writer_actor>(events);
  openapi_caller_actor aut;
  uint64_t last_id = 0;

  explicit world(
    bool with_lease = true,
    const std::function<void(actors::openapi_caller_config&)>& change = {}) {
    actors::openapi_caller_config cfg;
    cfg.endpoint.region = "cn-hangzhou";
    cfg.dispatch.limits.fill({.quota = {10, 1s}, .burst = 10});
    cfg.seed = 1;
    cfg.on_attempt = [this](const actors::call_observation& x) {
      attempts.emplace_back(x.code);
    };
    cfg.on_circuit = [this](bool x) { circuit.push_back(x); };
    if (change)
      change(cfg);
    aut = spawn(actors::openapi_caller, &net, keeper, writer, clock(), cfg);
    give(make_keys());
    if (with_lease)
      tell(asker, aut, lease_term{1, instant::max()});
  }

  /// What the keeper has to say.
  void give(credentials_ptr keys, std::string reason = {}) {
    tell(keeper, aut, credential_news{std::move(keys), std::move(reason)});
  }

  uint64_t call(api_call x) {
    x.id = ++last_id;
    tell(asker, aut, x);
    return x.id;
  }

  uint64_t call(api_action x) {
    return call(make_call(x));
  }

  /// The open requests of an action, oldest first.
  std::vector<exchange*> open_of(api_action x) {
    std::vector<exchange*> result;
    for (auto& e : net.exchanges)
      if (e.open && header_of(e, "x-acs-action") == to_string(x))
        result.push_back(&e);
    return result;
  }

  exchange& the(api_action x) {
    auto all = open_of(x);
    BOOST_REQUIRE(!all.empty());
    return *all.front();
  }

  void answer(exchange& x, int status, std::string body,
              std::vector<http::header> headers = {}) {
    x.answer(status, std::move(body), std::move(headers));
    run();
  }

  void answer_ok(exchange& x) {
    answer(x, 200, R"({"RequestId":"r","ForwardEntryId":"fwd-9"})");
  }

  api_reply reply() {
    return replies.take_one<api_reply>();
  }

  void stop() {
    tell(asker, aut, atom::stop_v);
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(openapi_caller)

BOOST_AUTO_TEST_CASE(call_is_signed_sent_and_answered) {
  world w;
  auto id = w.call(create_entry);
  auto& sent = w.the(create_entry);
  BOOST_TEST(
    sent.request.url.starts_with("https://vpc-vpc.cn-hangzhou.aliyuncs.com/?"));
  BOOST_TEST(header_of(sent, "Authorization")
               .starts_with("ACS3-HMAC-SHA256 Credential=testid,"));
  w.answer_ok(sent);
  auto got = w.reply();
  BOOST_TEST(got.id == id);
  BOOST_TEST((got.outcome == call_class::ok));
  BOOST_TEST(got.entry_id == "fwd-9");
  BOOST_TEST((w.attempts == std::vector<std::string>{"ok"}));
}

BOOST_AUTO_TEST_CASE(calls_leave_at_the_rate_and_no_faster) {
  world w{true, [](auto& cfg) {
            cfg.dispatch.queue.max_running = 1'000;
            cfg.dispatch.limits.fill({.quota = {10, 1s}, .burst = 2});
          }};
  for (auto i = 0; i < 30; ++i)
    w.call(create_entry);
  BOOST_TEST(w.net.open() == 2u);
  w.advance(1s, 10ms);
  BOOST_TEST(w.net.open() == 12u);
  w.advance(1s, 10ms);
  BOOST_TEST(w.net.open() == 22u);
}

BOOST_AUTO_TEST_CASE(throttled_call_is_repeated_when_the_server_wishes) {
  world w;
  auto id = w.call(create_entry);
  auto& first = w.the(create_entry);
  auto nonce = header_of(first, "x-acs-signature-nonce");
  w.answer(first, 400, refusal("Throttling.User"),
           {{"x-acs-retry-after", "3000"}});
  BOOST_TEST(w.replies.empty());
  // Other actions go on.
  w.call(delete_entry);
  w.answer(w.the(delete_entry), 200, R"({"RequestId":"r"})");
  BOOST_TEST(w.reply().id == id + 1);
  w.advance(2'900ms, 100ms);
  BOOST_TEST(w.open_of(create_entry).empty());
  w.advance(200ms, 100ms);
  auto& second = w.the(create_entry);
  BOOST_TEST(header_of(second, "x-acs-signature-nonce") != nonce);
  BOOST_TEST(second.request.url == first.request.url);
  w.answer_ok(second);
  BOOST_TEST(w.reply().id == id);
  BOOST_TEST(
    (w.attempts == std::vector<std::string>{"Throttling.User", "ok", "ok"}));
}

BOOST_AUTO_TEST_CASE(write_without_a_lease_is_refused_but_reads_pass) {
  world w{false};
  w.call(create_entry);
  auto got = w.reply();
  BOOST_TEST((got.outcome == call_class::unsent));
  BOOST_TEST((got.code == ec::fenced));
  w.call(describe_entries);
  BOOST_TEST(w.net.open() == 1u);
  BOOST_TEST(!w.the(describe_entries).request.not_after.has_value());
}

BOOST_AUTO_TEST_CASE(write_carries_the_fence_of_the_lease) {
  world w{false};
  auto ends = w.now() + 15s;
  w.tell(w.asker, w.aut, lease_term{1, ends});
  w.call(create_entry);
  BOOST_TEST((w.the(create_entry).request.not_after == ends - 1s));
  w.advance(4s);
  // Ten seconds of time-out do not fit any more.
  w.call(modify_entry);
  BOOST_TEST((w.reply().code == ec::fenced));
  w.tell(w.asker, w.aut, lease_term{1, w.now() + 15s});
  w.call(modify_entry);
  BOOST_TEST(w.open_of(modify_entry).size() == 1u);
}

BOOST_AUTO_TEST_CASE(write_that_outlived_the_lease_in_the_queue_is_refused) {
  world w{false, [](auto& cfg) {
            cfg.dispatch.limits.fill({.quota = {1, 10s}, .burst = 1});
          }};
  w.tell(w.asker, w.aut, lease_term{1, w.now() + 15s});
  w.call(create_entry);
  auto second = w.call(create_entry);
  w.advance(10s);
  auto got = w.reply();
  BOOST_TEST(got.id == second);
  BOOST_TEST((got.outcome == call_class::unsent));
  BOOST_TEST((got.code == ec::fenced));
}

BOOST_AUTO_TEST_CASE(fence_of_the_transport_is_reported_as_unsent) {
  world w;
  w.call(create_entry);
  w.the(create_entry).fail(ec::fenced);
  w.run();
  auto got = w.reply();
  BOOST_TEST((got.outcome == call_class::unsent));
  BOOST_TEST((got.code == ec::fenced));
}

BOOST_AUTO_TEST_CASE(writes_of_an_older_pair_are_refused) {
  world w{true, [](auto& cfg) {
            cfg.dispatch.limits.fill({.quota = {1, 1h}, .burst = 1});
          }};
  auto old = make_call(create_entry);
  old.epoch = 7;
  auto under_way = w.call(old);
  auto waiting = w.call(old);
  w.tell(w.asker, w.aut, atom::epoch_v, std::string{"ngw-1"}, uint64_t{8});
  auto got = w.reply();
  BOOST_TEST(got.id == waiting);
  BOOST_TEST((got.outcome == call_class::unsent));
  BOOST_TEST((got.code == ec::fenced));
  auto late = w.call(old);
  BOOST_TEST(w.reply().id == late);
  // What is under way is finished, also if it would be repeated otherwise.
  w.answer(w.the(create_entry), 400, refusal("Throttling"));
  got = w.reply();
  BOOST_TEST(got.id == under_way);
  BOOST_TEST((got.outcome == call_class::retry_soon));
  // The new pair's and other gateways' calls are not concerned.
  auto fresh = make_call(delete_entry);
  fresh.epoch = 8;
  w.call(fresh);
  BOOST_TEST(w.open_of(delete_entry).size() == 1u);
}

BOOST_AUTO_TEST_CASE(refused_credentials_hold_calls_and_probe_seldom) {
  world w;
  auto first = w.call(create_entry);
  w.answer(w.the(create_entry), 404, refusal("InvalidAccessKeyId.NotFound"));
  w.call(delete_entry);
  BOOST_TEST(w.replies.empty());
  BOOST_TEST(w.net.open() == 0u);
  BOOST_TEST((w.circuit == std::vector<bool>{true}));
  auto said = w.events.take_one<object_event>();
  BOOST_TEST((said.about == event_subject::controller));
  BOOST_TEST(said.reason == "CredentialsRefused");
  BOOST_TEST(said.message.find("InvalidAccessKeyId.NotFound")
             != std::string::npos);
  BOOST_TEST(w.refusals.size() == 1u);
  w.advance(5s);
  BOOST_TEST(w.net.open() == 1u);
  w.answer(*w.net.find(http::method::post), 404,
           refusal("InvalidAccessKeyId.NotFound"));
  w.advance(9s);
  BOOST_TEST(w.net.open() == 0u);
  w.advance(1s);
  BOOST_TEST(w.net.open() == 1u);
  w.answer_ok(*w.net.find(http::method::post));
  // It closes, and what was held leaves at once.
  BOOST_TEST((w.circuit == std::vector<bool>{true, false}));
  BOOST_TEST(w.events.take_one<object_event>().reason == "CredentialsAccepted");
  BOOST_TEST(w.net.open() == 1u);
  w.answer_ok(*w.net.find(http::method::post));
  std::set<uint64_t> answered{w.reply().id, w.reply().id};
  BOOST_TEST((answered == std::set<uint64_t>{first, first + 1}));
}

BOOST_AUTO_TEST_CASE(calls_are_not_held_for_ever) {
  world w;
  auto id = w.call(create_entry);
  w.answer(w.the(create_entry), 400, refusal("SignatureDoesNotMatch"));
  for (auto i = 0; i < 29; ++i) {
    w.advance(1s);
    if (auto* probe = w.net.find(http::method::post))
      w.answer(*probe, 400, refusal("SignatureDoesNotMatch"));
  }
  BOOST_TEST(w.replies.empty());
  w.advance(2s);
  auto got = w.reply();
  BOOST_TEST(got.id == id);
  BOOST_TEST((got.outcome == call_class::unsent));
  BOOST_TEST((got.code == ec::credential));
  BOOST_TEST(got.retry_after.count() > 0);
  // From now on calls come back at once, until one is taken for the probe.
  w.call(create_entry);
  BOOST_TEST((w.reply().code == ec::credential));
  w.advance(1min);
  auto probe = w.call(create_entry);
  w.answer_ok(w.the(create_entry));
  BOOST_TEST(w.reply().id == probe);
  w.call(create_entry);
  BOOST_TEST(w.net.open() == 1u);
}

BOOST_AUTO_TEST_CASE(new_credentials_are_tried_at_once) {
  world w;
  auto id = w.call(create_entry);
  w.answer(w.the(create_entry), 400, refusal("InvalidSecurityToken.Expired"));
  BOOST_TEST(w.net.open() == 0u);
  BOOST_TEST(w.refusals.size() == 1u);
  w.give(make_keys("newid"));
  BOOST_TEST(w.net.open() == 1u);
  auto& again = w.the(create_entry);
  BOOST_TEST(header_of(again, "Authorization").find("Credential=newid")
             != std::string::npos);
  w.answer_ok(again);
  BOOST_TEST(w.reply().id == id);
  BOOST_TEST((w.circuit == std::vector<bool>{true, false}));
}

BOOST_AUTO_TEST_CASE(burst_that_meets_the_end_of_its_keys_is_signed_again) {
  world w;
  std::set<uint64_t> asked;
  for (auto i = 0; i < 5; ++i)
    asked.insert(w.call(create_entry));
  BOOST_TEST(w.net.open() == 5u);
  auto tokens = std::set<std::string>{};
  for (auto* x : w.open_of(create_entry))
    tokens.insert(x->request.url);
  // The next ones come while the old are under way, and then all are refused.
  w.give(make_keys("newid"));
  for (auto* x : w.open_of(create_entry))
    w.answer(*x, 400, refusal("InvalidSecurityToken.Expired"));
  BOOST_TEST(w.circuit.empty());
  BOOST_TEST(w.refusals.empty());
  auto again = w.open_of(create_entry);
  BOOST_TEST(again.size() == 5u);
  for (auto* x : again) {
    BOOST_TEST(header_of(*x, "Authorization").find("Credential=newid")
               != std::string::npos);
    BOOST_TEST(tokens.contains(x->request.url));
    w.answer_ok(*x);
  }
  std::set<uint64_t> answered;
  while (!w.replies.empty()) {
    auto got = w.reply();
    BOOST_TEST((got.outcome == call_class::ok));
    answered.insert(got.id);
  }
  BOOST_TEST((answered == asked));
}

BOOST_AUTO_TEST_CASE(what_is_new_may_be_refused_too) {
  world w;
  w.call(create_entry);
  w.give(make_keys("newid"));
  w.answer(w.the(create_entry), 400, refusal("InvalidSecurityToken.Expired"));
  w.answer(w.the(create_entry), 404, refusal("InvalidAccessKeyId.NotFound"));
  BOOST_TEST((w.circuit == std::vector<bool>{true}));
  BOOST_TEST(w.refusals.size() == 1u);
  BOOST_TEST(w.net.open() == 0u);
}

BOOST_AUTO_TEST_CASE(calls_wait_for_the_first_word_of_the_keeper) {
  world w;
  auto early
    = w.spawn(actors::openapi_caller, &w.net, w.keeper, w.writer, w.clock(),
              actors::openapi_caller_config{.endpoint = {.region = "r"}});
  w.tell(w.asker, early, make_call(describe_entries));
  w.advance(1min);
  BOOST_TEST(w.net.exchanges.empty());
  BOOST_TEST(w.replies.empty());
  w.tell(w.keeper, early, credential_news{make_keys(), {}});
  BOOST_TEST(w.net.open() == 1u);
}

BOOST_AUTO_TEST_CASE(missing_credentials_send_nothing) {
  world w;
  w.give(nullptr, "none yet");
  w.call(create_entry);
  BOOST_TEST(w.net.exchanges.empty());
  BOOST_TEST((w.circuit == std::vector<bool>{true}));
  w.advance(31s);
  BOOST_TEST((w.reply().code == ec::credential));
  BOOST_TEST(w.net.exchanges.empty());
}

BOOST_AUTO_TEST_CASE(credentials_that_have_ended_sign_nothing) {
  world w;
  w.give(make_keys("testid", w.clock().wall() + 10s));
  w.call(create_entry);
  w.answer_ok(w.the(create_entry));
  w.advance(10s);
  w.call(create_entry);
  BOOST_TEST(w.net.open() == 0u);
  w.give(make_keys("newid", w.clock().wall() + 10s));
  BOOST_TEST(w.net.open() == 1u);
}

BOOST_AUTO_TEST_CASE(used_nonce_is_signed_again_once_with_the_same_token) {
  world w;
  w.call(create_entry);
  auto& first = w.the(create_entry);
  w.answer(first, 400, refusal("SignatureNonceUsed"));
  BOOST_TEST(w.circuit.empty());
  auto& second = w.the(create_entry);
  BOOST_TEST(second.request.url == first.request.url);
  BOOST_TEST(header_of(second, "x-acs-signature-nonce")
             != header_of(first, "x-acs-signature-nonce"));
  w.answer(second, 400, refusal("SignatureNonceUsed"));
  // That is no proof of a wrong key.
  BOOST_TEST(w.circuit.empty());
  BOOST_TEST((w.reply().outcome == call_class::unanswered));
}

BOOST_AUTO_TEST_CASE(clock_that_is_wrong_twice_opens_the_circuit) {
  world w;
  w.call(create_entry);
  w.answer(w.the(create_entry), 400, refusal("InvalidTimeStamp.Expired"));
  BOOST_TEST(w.circuit.empty());
  w.answer(w.the(create_entry), 400, refusal("InvalidTimeStamp.Expired"));
  BOOST_TEST((w.circuit == std::vector<bool>{true}));
}

BOOST_AUTO_TEST_CASE(every_known_code_is_answered_or_repeated_as_documented) {
  for (const auto& rule : core::error_rules()) {
    if (rule.code.empty() || rule.code.find('*') != std::string_view::npos)
      continue;
    for (auto action : {create_entry, modify_entry, delete_entry,
                        describe_entries, describe_gateways}) {
      BOOST_TEST_CONTEXT(rule.code << " on " << to_string(action)) {
        world w;
        auto status = std::clamp<int>(rule.status_from, 400, 503);
        const auto& expected = core::classify(action, status, rule.code,
                                              rule.message);
        auto id = w.call(action);
        w.answer(w.the(action), status, refusal(rule.code, rule.message));
        if (expected.cure != core::remedy::report) {
          BOOST_TEST(w.replies.empty());
          w.advance(6s);
          BOOST_TEST(w.net.exchanges.size() >= 2u);
          continue;
        }
        auto got = w.reply();
        BOOST_TEST(got.id == id);
        BOOST_TEST(to_string(got.outcome) == to_string(expected.outcome));
        BOOST_TEST(to_string(got.code) == to_string(expected.error));
        BOOST_TEST(got.detail == rule.code);
        BOOST_TEST(got.may_be_duplicate == expected.may_be_duplicate);
        BOOST_TEST(w.net.exchanges.size() == 1u);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(senseless_answers_leave_a_write_unanswered) {
  world w;
  for (auto body : {"", "null", "[]", "{", R"({"RequestId":"r"})",
                    R"({"ForwardEntryId":{}})", R"({"ForwardEntryId":""})",
                    R"({"ForwardEntryId":"a b"})", "<html></html>"}) {
    w.call(create_entry);
    w.answer(w.the(create_entry), 200, body);
    BOOST_TEST((w.reply().outcome == call_class::unanswered), body);
  }
}

BOOST_AUTO_TEST_CASE(transport_errors_are_unanswered) {
  world w;
  for (auto code : {ec::transport, ec::timeout, ec::too_large}) {
    w.call(create_entry);
    w.the(create_entry).fail(code);
    w.run();
    auto got = w.reply();
    BOOST_TEST((got.outcome == call_class::unanswered));
    BOOST_TEST((got.code == code));
  }
}

BOOST_AUTO_TEST_CASE(impossible_call_is_refused_without_a_request) {
  world w;
  auto x = make_call(create_entry);
  x.client_token = std::string(65, 'x');
  w.call(x);
  auto got = w.reply();
  BOOST_TEST((got.outcome == call_class::fatal_pod));
  BOOST_TEST((got.code == ec::invalid_argument));
  BOOST_TEST(w.net.exchanges.empty());
  w.call(create_entry);
  BOOST_TEST(w.net.open() == 1u);
}

BOOST_AUTO_TEST_CASE(too_many_calls_are_sent_back) {
  world w{true, [](auto& cfg) {
            cfg.dispatch.limits.fill({.quota = {1, 1h}, .burst = 1});
            cfg.dispatch.queue.capacity = 3;
          }};
  for (auto i = 0; i < 4; ++i)
    w.call(create_entry);
  BOOST_TEST(w.replies.empty());
  auto id = w.call(create_entry);
  auto got = w.reply();
  BOOST_TEST(got.id == id);
  BOOST_TEST((got.outcome == call_class::unsent));
  BOOST_TEST((got.code == ec::throttled));
  BOOST_TEST(got.retry_after.count() > 0);
}

BOOST_AUTO_TEST_CASE(failing_gateway_does_not_slow_the_others) {
  // Counts how many creates of the good gateways pass in a minute, with and
  // without a bad one that asks again at once.
  auto count = [](bool with_bad) {
    world w{true, [](auto& cfg) {
              cfg.dispatch.limits.fill({.quota = {10, 1s}, .burst = 1});
            }};
    std::map<uint64_t, std::string> owner;
    auto ask = [&](const std::string& gateway) {
      auto x = make_call(create_entry, gateway);
      x.spec.name = gateway;
      owner[w.call(x)] = gateway;
    };
    for (auto gateway : {"a", "b", "c"})
      for (auto i = 0; i < 4; ++i)
        ask(gateway);
    for (auto i = 0; with_bad && i < 4; ++i)
      ask("bad");
    auto good = 0;
    for (auto i = 0; i < 600; ++i) {
      w.advance(100ms, 100ms);
      while (auto* x = w.net.find(http::method::post)) {
        auto bad = x->request.url.find("Name=bad") != std::string::npos;
        if (bad)
          w.answer(*x, 409, refusal("OperationConflict"));
        else
          w.answer_ok(*x);
        auto gateway = owner[w.reply().id];
        good += gateway == "bad" ? 0 : 1;
        ask(gateway);
      }
    }
    return good;
  };
  auto alone = count(false);
  BOOST_TEST(alone >= 590);
  BOOST_TEST(count(true) >= alone * 95 / 100);
}

BOOST_AUTO_TEST_CASE(stop_finishes_writes_and_nothing_else) {
  world w{true, [](auto& cfg) {
            cfg.dispatch.limits.fill({.quota = {1, 1h}, .burst = 1});
          }};
  auto write = w.call(create_entry);
  auto read = w.call(describe_entries);
  auto waiting = w.call(create_entry);
  w.stop();
  std::map<uint64_t, api_reply> got;
  while (!w.replies.empty()) {
    auto x = w.reply();
    got[x.id] = x;
  }
  BOOST_TEST((got[waiting].outcome == call_class::unsent));
  BOOST_TEST((got[read].outcome == call_class::unsent));
  BOOST_TEST(!got.contains(write));
  BOOST_TEST(w.alive(w.aut));
  auto late = w.call(create_entry);
  BOOST_TEST(w.reply().id == late);
  w.answer_ok(w.the(create_entry));
  BOOST_TEST(w.reply().id == write);
  BOOST_TEST(!w.alive(w.aut));
}

BOOST_AUTO_TEST_CASE(stop_does_not_wait_for_ever) {
  world w;
  auto id = w.call(create_entry);
  w.stop();
  w.advance(10s);
  BOOST_TEST(w.alive(w.aut));
  w.advance(2s);
  BOOST_TEST(!w.alive(w.aut));
  auto got = w.reply();
  BOOST_TEST(got.id == id);
  BOOST_TEST((got.outcome == call_class::unanswered));
  // What comes after the end does no harm.
  w.answer_ok(w.the(create_entry));
  BOOST_TEST(w.replies.empty());
}

BOOST_AUTO_TEST_CASE(idle_caller_ends_at_once) {
  world w;
  w.stop();
  BOOST_TEST(!w.alive(w.aut));
}

BOOST_AUTO_TEST_CASE(refusals_do_not_quote_what_was_signed) {
  world w;
  w.call(create_entry);
  w.answer(w.the(create_entry), 400,
           refusal("SignatureDoesNotMatch",
                   "server string to sign is:AccessKeyId=testid&secret"));
  w.stop();
  auto got = w.reply();
  BOOST_TEST((got.outcome == call_class::unsent));
  BOOST_TEST(got.message == "");
}

BOOST_AUTO_TEST_SUITE_END()
