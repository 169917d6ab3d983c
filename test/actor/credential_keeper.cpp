#include "actors/credential_keeper.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "actors/openapi_caller.hpp"
#include "core/time_text.hpp"
#include "test/actor/fake_transport.hpp"
#include "test/actor/fixture.hpp"
#include "test/secrets.hpp"

using namespace natgw;
using namespace std::chrono_literals;
using aliyun::credential_source;
using aliyun::fetch_result;

namespace {

/// A source whose answers the test writes; one fetch for each.
struct script {
  fetch_result next = std::nullopt;
  int fetches = 0;
};

class scripted_fetch final : public aliyun::credential_fetch {
public:
  explicit scripted_fetch(std::shared_ptr<script> from)
    : from_{std::move(from)} {
  }

  aliyun::fetch_step begin(wall_time, const std::string&) override {
    ++from_->fetches;
    return from_->next;
  }

  aliyun::fetch_step answered(expected<http::response>) override {
    return from_->next;
  }

private:
  std::shared_ptr<script> from_;
};

credential_source scripted(credential_origin origin,
                           const std::shared_ptr<script>& from) {
  return {.origin = origin,
          .fetch = [from] { return std::make_unique<scripted_fetch>(from); },
          .poll = {}};
}

aliyun::credentials keys_of(std::string id,
                            std::optional<wall_time> expires = {}) {
  return {std::move(id), aliyun::secret{test::marked_secret()},
          aliyun::secret{test::marked_secret("T")}, expires};
}

struct outside {
  test::fake_transport net;
  std::vector<actors::credential_observation> seen;
  std::vector<std::string> lines;
};

struct fixture : outside, test::deterministic {
  test::inbox& told = make_inbox();
  openapi_caller_actor caller = spawn_recorder<openapi_caller_actor>(told);
  std::shared_ptr<script> first = std::make_shared<script>();
  std::shared_ptr<script> second = std::make_shared<script>();
  test::inbox& events = make_inbox();
  status_writer_actor writer = spawn_recorder<status_writer_actor>(events);
  credential_keeper_actor aut;

  fixture() {
    observe::configure_log(
      {.sink = [this](std::string_view x) { lines.emplace_back(x); }});
  }

  void start(std::vector<credential_source> sources) {
    actors::credential_keeper_config cfg;
    cfg.sources = std::move(sources);
    cfg.refresh.jitter = 0;
    cfg.on_fetch = [this](auto& x) { seen.push_back(x); };
    aut = spawn(actors::credential_keeper, &net, writer, clock(),
                std::move(cfg));
    tell(caller, aut, atom::start_v, caller);
  }

  void start_both() {
    start({scripted(credential_origin::oidc, first),
           scripted(credential_origin::ecs_role, second)});
  }

  wall_time wall() {
    return clock().wall();
  }

  credential_news news() {
    return told.take_one<credential_news>();
  }

  size_t logged(std::string_view what) const {
    return static_cast<size_t>(
      std::ranges::count_if(lines, [what](const std::string& x) {
        return x.find(what) != std::string::npos;
      }));
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(credential_keeper, fixture)

BOOST_AUTO_TEST_CASE(source_that_is_not_there_is_passed_over) {
  second->next = keys_of("node", wall() + 6h);
  start_both();
  BOOST_TEST(news().keys->access_key == "node");
  BOOST_TEST(first->fetches == 1);
  // From now on it is the one.
  first->next = keys_of("other", wall() + 6h);
  second->next = keys_of("node2", wall() + 12h);
  advance(5h + 30min, 1min);
  BOOST_TEST(news().keys->access_key == "node2");
  BOOST_TEST(first->fetches == 1);
}

BOOST_AUTO_TEST_CASE(nobody_steps_in_for_a_source_that_fails) {
  first->next = fail(ec::credential, "STS does not answer: timeout");
  second->next = keys_of("node", wall() + 6h);
  start_both();
  auto got = news();
  BOOST_TEST(!got.keys);
  BOOST_TEST(got.reason == "oidc: STS does not answer: timeout");
  BOOST_TEST(second->fetches == 0);
  advance(10s, 100ms);
  BOOST_TEST(first->fetches >= 3);
  BOOST_TEST(second->fetches == 0);
  first->next = keys_of("role", wall() + 1h);
  advance(10s, 100ms);
  while (!told.empty())
    got = news();
  BOOST_TEST(got.keys->access_key == "role");
}

BOOST_AUTO_TEST_CASE(no_source_at_all_is_said_and_asked_for_again) {
  start_both();
  BOOST_TEST(news().reason == "none: no source of credentials is there");
  second->next = keys_of("node", wall() + 6h);
  advance(2s, 100ms);
  BOOST_TEST(news().keys->access_key == "node");
}

BOOST_AUTO_TEST_CASE(old_ones_are_kept_while_refreshing_fails) {
  first->next = keys_of("one", wall() + 1h);
  start_both();
  BOOST_TEST(news().keys->access_key == "one");
  first->next = fail(ec::credential, "STS answers with status 503");
  advance(59min, 1s);
  BOOST_TEST(told.empty());
  BOOST_TEST(logged("credentials_failed") > 3U);
  auto said = events.take_one<object_event>();
  BOOST_TEST((said.about == event_subject::controller));
  BOOST_TEST(said.warning);
  BOOST_TEST(said.reason == "CredentialsNotRefreshed");
  BOOST_TEST(said.message.starts_with("oidc: STS answers with status 503; "
                                      "those held are good until "));
  BOOST_TEST(seen.back().held);
  BOOST_TEST(!seen.back().good);
  advance(3min, 1s);
  auto late = news();
  BOOST_TEST(!late.keys);
  BOOST_TEST(late.reason == "oidc: STS answers with status 503");
  BOOST_TEST(!seen.back().held);
  told.clear();
  first->next = keys_of("two", wall() + 1h);
  advance(2min, 1s);
  BOOST_TEST(news().keys->access_key == "two");
  std::string last;
  while (auto next = events.find_one<object_event>())
    last = next->reason;
  BOOST_TEST(last == "CredentialsRefreshed");
}

BOOST_AUTO_TEST_CASE(refusal_of_what_is_held_fetches_others_at_once) {
  first->next = keys_of("one", wall() + 1h);
  start_both();
  auto one = news().keys;
  first->next = keys_of("two", wall() + 1h);
  advance(1s);
  tell(caller, aut, credential_refusal{one});
  BOOST_TEST(news().keys->access_key == "two");
  BOOST_TEST(first->fetches == 2);
  // A refusal of the old ones that comes late asks for nothing.
  tell(caller, aut, credential_refusal{one});
  advance(10s);
  BOOST_TEST(first->fetches == 2);
  BOOST_TEST(told.empty());
}

BOOST_AUTO_TEST_CASE(refusals_make_no_storm) {
  first->next = keys_of("one", wall() + 1h);
  start_both();
  auto one = news().keys;
  for (auto i = 0; i < 600; ++i) {
    tell(caller, aut, credential_refusal{one});
    advance(100ms, 100ms);
  }
  // 1, 2, 4, ... seconds apart.
  BOOST_TEST(first->fetches < 10);
  BOOST_TEST(told.empty());
}

BOOST_AUTO_TEST_CASE(late_answer_of_a_request_is_taken_once) {
  start({aliyun::uri_source("http://127.0.0.1:1/keys")});
  auto& request = net.the(http::method::get, "/keys");
  request.answer(200, R"({"AccessKeyId":"one","AccessKeySecret":"s",)"
                      R"("SecurityToken":"t","Expiration":")"
                        + core::format_time(wall() + 1h) + "\"}");
  run();
  BOOST_TEST(news().keys->access_key == "one");
  BOOST_TEST(net.open() == 0U);
  BOOST_TEST(seen.size() == 1U);
  BOOST_TEST((seen.front().source == credential_origin::credentials_uri));
}

BOOST_AUTO_TEST_CASE(what_is_the_same_is_not_told_again) {
  auto source = scripted(credential_origin::file, first);
  source.poll = 5s;
  first->next = keys_of("one");
  start({source});
  news();
  advance(1min, 1s);
  BOOST_TEST(first->fetches > 10);
  BOOST_TEST(told.empty());
  BOOST_TEST(logged("credentials_obtained") == 1U);
  first->next = keys_of("two");
  advance(6s, 1s);
  BOOST_TEST(news().keys->access_key == "two");
}

BOOST_AUTO_TEST_SUITE_END()
