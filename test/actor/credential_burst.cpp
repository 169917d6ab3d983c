// The keeper and the caller together, in virtual time: a burst of births whose
// credentials end every few seconds, for each source. The emulated cloud and
// the emulated desk answer what the two send.

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "actors/credential_keeper.hpp"
#include "actors/openapi_caller.hpp"
#include "core/time_text.hpp"
#include "emulator/credentials/desk.hpp"
#include "emulator/vpc/core.hpp"
#include "observe/metrics.hpp"
#include "test/actor/fake_transport.hpp"
#include "test/actor/fixture.hpp"
#include "test/secrets.hpp"

using namespace natgw;
using namespace std::chrono_literals;

namespace {

using exchange = test::fake_transport::exchange;
using asker_actor = caf::typed_actor<caf::reacts_to<api_reply>>;

constexpr const char* desk_url = "http://127.0.0.1:1";
constexpr uint64_t births = 200;

serving::request as_served(const http::request& x) {
  auto begin = x.url.find("://") + 3;
  auto slash = x.url.find('/', begin);
  serving::request result{
    std::string{http::to_string(x.verb)}, x.url.substr(slash), {}, x.body};
  for (const auto& h : x.headers) {
    auto name = h.name;
    for (auto& c : name)
      c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    result.headers.push_back({name, h.value});
  }
  return result;
}

emulator::vpc_options make_account() {
  emulator::vpc_options result;
  result.gateways = emulator::make_gateways(1, 1, 1);
  result.behaviour = emulator::prompt_behaviour();
  result.behaviour.quota = 1'000;
  result.keys = {};
  return result;
}

struct surroundings {
  test::fake_transport net;
  std::unique_ptr<emulator::vpc_core> cloud
    = emulator::vpc_core::make(make_account()).value();
  /// What the desk gave out is known to the cloud.
  emulator::credential_desk desk{{.lifetime = 4s, .renewed_before = 2s},
                                 [this](const auto& key) {
                                   cloud->gate().put_key(key);
                                 }};
  std::string file = std::filesystem::temp_directory_path()
                     / ("natgw-burst-" + std::to_string(::getpid()));
  std::vector<std::string> lines;
  std::shared_ptr<observe::metrics> figures
    = std::make_shared<observe::metrics>();

  ~surroundings() {
    std::filesystem::remove(file);
  }

  void write(const std::string& text) const {
    std::ofstream{file} << text;
  }
};

struct fixture : surroundings, test::deterministic {
  test::inbox& replies = make_inbox();
  asker_actor asker = spawn_recorder<asker_actor>(replies);
  test::inbox& events = make_inbox();
  status_writer_actor writer = spawn_recorder<status_writer_actor>(events);
  uint64_t sent = 0;
  std::set<uint64_t> answered;
  std::vector<std::string> reasons;

  fixture() {
    observe::configure_log(
      {.threshold = observe::level::debug,
       .sink = [this](std::string_view x) { lines.emplace_back(x); }});
  }

  void start(aliyun::credential_source source) {
    actors::credential_keeper_config keeping;
    keeping.sources = {std::move(source)};
    keeping.seed = 7;
    keeping.on_fetch = [this](auto& x) {
      figures->count_credentials(to_string(x.source), x.good);
    };
    auto keeper = spawn(actors::credential_keeper, &net, writer, clock(),
                        keeping);
    actors::openapi_caller_config calling;
    calling.endpoint = {.region = "cn-hangzhou"};
    calling.dispatch.limits.fill({.quota = {10, 1s}, .burst = 5});
    calling.dispatch.queue.max_running = 100;
    calling.seed = 8;
    auto caller = spawn(actors::openapi_caller, &net,
                        credential_keeper_actor{keeper}, writer, clock(),
                        calling);
    tell(asker, caller, lease_term{1, instant::max()});
    tell(asker, keeper, atom::start_v, openapi_caller_actor{caller});
    for (uint64_t i = 0; i < births; ++i)
      tell(asker, caller, birth());
  }

  api_call birth() {
    const auto& gateway = *cloud->resources().gateways().begin();
    api_call result;
    result.id = ++sent;
    result.action = api_action::create_entry;
    result.gateway = gateway.first;
    result.table_id = gateway.second.table_id;
    auto port = static_cast<uint16_t>(1'000 + sent);
    result.spec = {.name = fmt::format("n-{}", sent),
                   .external_ip = make_account().gateways[0].eips[0].address,
                   .internal_ip = "172.16.0.9",
                   .external_port = port,
                   .internal_port = port};
    result.client_token = fmt::format("token-{}", sent);
    return result;
  }

  /// Answers all that is open now; what that brings about waits for the next
  /// step, so that some calls are always under way.
  void answer_all() {
    auto count = net.exchanges.size();
    for (size_t i = 0; i < count; ++i) {
      auto& x = net.exchanges[i];
      if (!x.open)
        continue;
      auto request = as_served(x.request);
      auto answer = x.request.url.starts_with(desk_url)
                      ? desk.handle(request, clock().wall())
                      : cloud->handle(request, now(), clock().wall()).what;
      x.answer(answer.status, answer.body);
    }
    run();
  }

  void step() {
    advance(100ms, 100ms);
    answer_all();
    while (!replies.empty()) {
      auto got = replies.take_one<api_reply>();
      BOOST_TEST((got.outcome == call_class::ok), got.detail);
      BOOST_TEST(answered.insert(got.id).second);
    }
  }

  void steps(size_t count) {
    for (size_t i = 0; i < count; ++i)
      step();
  }

  size_t entries() const {
    return cloud->resources().gateways().begin()->second.table.size();
  }

  uint64_t refused() const {
    return cloud->log().counters().unsigned_or_badly_signed;
  }

  /// Each was answered once and has one entry, and nobody said a secret.
  void check_nothing_lost() {
    BOOST_TEST(answered.size() == births);
    BOOST_TEST(entries() == births);
    auto said = figures->text();
    for (const auto& x : lines)
      said += x + '\n';
    BOOST_TEST(said.contains("credentials_obtained"));
    BOOST_TEST(said.contains("natgw_credentials_refreshes_total{"));
    for (const auto& x : desk.issued())
      BOOST_TEST(
        (!said.contains(x.secret) && !said.contains(x.security_token)));
    for (const auto& x : desk.options().oidc_tokens)
      BOOST_TEST(!said.contains(x));
  }

  /// There was no moment without something that holds.
  void check_never_without() {
    BOOST_TEST(refused() == 0U);
    for (const auto& x : lines)
      BOOST_TEST(!x.contains("credentials_refused"), x);
  }

  aliyun::credential_source oidc() const {
    emulator::desk_options known;
    return aliyun::oidc_source({.endpoint = desk_url,
                                .role_arn = known.role_arn,
                                .provider_arn = known.provider_arn,
                                .token_file = file,
                                .session_name = "me"});
  }

  aliyun::credential_source ecs_role() const {
    return aliyun::ecs_role_source({.endpoint = desk_url});
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(credential_burst, fixture)

// Twenty seconds of burst, four of lifetime. What is refreshed ahead of its
// end is never refused.

BOOST_AUTO_TEST_CASE(role_of_the_node_outlives_its_credentials) {
  start(ecs_role());
  steps(250);
  check_nothing_lost();
  BOOST_TEST(desk.issued().size() >= 5U);
  check_never_without();
}

BOOST_AUTO_TEST_CASE(role_by_oidc_outlives_its_credentials) {
  write(test::marked_secret("Oidc"));
  start(oidc());
  steps(100);
  desk.options().oidc_tokens = {"second-oidc-token"};
  write("second-oidc-token");
  steps(150);
  check_nothing_lost();
  BOOST_TEST(desk.issued().size() >= 5U);
  check_never_without();
}

BOOST_AUTO_TEST_CASE(credentials_of_a_uri_are_exchanged_in_time) {
  start(aliyun::uri_source(std::string{desk_url} + "/credentials"));
  steps(250);
  check_nothing_lost();
  BOOST_TEST(desk.issued().size() >= 5U);
  check_never_without();
}

BOOST_AUTO_TEST_CASE(addon_token_is_read_again_in_time) {
  auto renew = [this] {
    write(emulator::addon_token_json(desk.issue(clock().wall()),
                                     "0123456789abcdef"));
  };
  renew();
  start(aliyun::addon_token_source(file));
  for (auto i = 0; i < 12; ++i) {
    steps(20);
    renew();
  }
  steps(20);
  check_nothing_lost();
  check_never_without();
}

BOOST_AUTO_TEST_CASE(file_is_read_again_in_time) {
  auto renew = [this] {
    write(emulator::credentials_json(desk.issue(clock().wall())));
  };
  renew();
  start(aliyun::file_source(file));
  for (auto i = 0; i < 12; ++i) {
    steps(20);
    renew();
  }
  steps(20);
  check_nothing_lost();
  check_never_without();
}

BOOST_AUTO_TEST_CASE(key_pair_that_is_disabled_for_a_while_loses_nothing) {
  desk.options().lifetime = 1h;
  auto key = desk.issue(clock().wall());
  start(aliyun::fixed_source(credential_origin::configuration,
                             {key.id,
                              aliyun::secret{key.secret},
                              aliyun::secret{key.security_token},
                              {}}));
  steps(50);
  key.state = emulator::access_key::condition::inactive;
  cloud->gate().put_key(key);
  steps(50);
  BOOST_TEST(refused() > 0U);
  key.state = emulator::access_key::condition::active;
  cloud->gate().put_key(key);
  steps(300);
  check_nothing_lost();
}

BOOST_AUTO_TEST_CASE(revoked_credentials_are_replaced_at_once) {
  desk.options().lifetime = 1h;
  start(ecs_role());
  steps(50);
  BOOST_TEST(refused() == 0U);
  auto before = answered.size();
  cloud->gate().remove_key(desk.issued().back().id);
  desk.forget_shown();
  // One refusal, one fetch of three exchanges, one probe.
  steps(10);
  BOOST_TEST(answered.size() > before);
  BOOST_TEST(refused() > 0U);
  BOOST_TEST(desk.issued().size() == 2U);
  steps(200);
  check_nothing_lost();
}

BOOST_AUTO_TEST_CASE(place_that_fails_until_after_the_end_loses_nothing) {
  start(ecs_role());
  steps(10);
  desk.options().failures = 1'000;
  steps(80);
  BOOST_TEST(answered.size() < births);
  auto before = answered.size();
  steps(20);
  // What has ended is not even tried.
  BOOST_TEST(answered.size() == before);
  BOOST_TEST(refused() == 0U);
  desk.options().failures = 0;
  desk.options().lifetime = 1h;
  steps(300);
  check_nothing_lost();
}

BOOST_AUTO_TEST_SUITE_END()
