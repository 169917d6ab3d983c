// Every source of credentials, in the real program against emulated places
// that hand them out: what they give ends, or is taken away, in the middle of
// a burst, and nothing is lost.

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "cli/demo_fleet.hpp"
#include "cli/emulation.hpp"
#include "cli/harm.hpp"
#include "emulator/kube/kubeconfig.hpp"
#include "test/integration/cluster_watch.hpp"
#include "test/integration/kept_output.hpp"
#include "test/integration/process.hpp"
#include "test/secrets.hpp"
#include "test/unit/serving/http_client.hpp"

using namespace natgw;
using namespace std::chrono_literals;
using emulator::access_key;
using emulator::credential_desk;
using test::process;
using test::temporary_folder;

namespace {

constexpr auto patience = 180s;
constexpr uint32_t pods = 80;
const auto keyring = test::marked_secret("OfTheAddonToken1234");
const auto second_token = test::marked_secret("Oidc2");

std::string read_all(const std::string& path) {
  std::ifstream in{path};
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// So slow that the burst outlives any credentials.
emulator::vpc_behaviour slow_cloud() {
  auto result = cli::quick_cloud();
  result.rate = {12, 4};
  return result;
}

/// What a test of one source needs: the emulators, a fleet, the program, and
/// an eye on everything that was ever secret.
struct world {
  temporary_folder folder;
  std::unique_ptr<cli::emulation> servers = start();
  test::cluster_watch watch{servers->kube()};
  cli::demo_fleet fleet{servers->kube(),
                        servers->player_token(),
                        {.pods = pods, .churn = 0, .fixed = 10}};
  /// Of what was given out by the test and not by the desk.
  std::vector<access_key> given;
  std::string log = folder / "log";
  std::unique_ptr<process> running;

  static std::unique_ptr<cli::emulation> start() {
    cli::emulation_options options;
    options.cloud.gateways = 3;
    options.cloud.behaviour = slow_cloud();
    options.credentials_at = config::listen_address{"127.0.0.1", 0};
    options.credentials = {.lifetime = 4s, .renewed_before = 2s};
    auto result = cli::emulation::start(options).value();
    // The key that the emulator began with serves nobody here.
    result->vpc().with_core(
      [](emulator::vpc_core& core) { core.gate().set_keys({}); });
    return result;
  }

  std::string place() const {
    return servers->credentials().url();
  }

  void write(const std::string& name, const std::string& text) const {
    BOOST_REQUIRE(
      emulator::kube::write_private_file(folder / (name + ".new"), text));
    BOOST_REQUIRE(
      std::rename((folder / (name + ".new")).c_str(), (folder / name).c_str())
      == 0);
  }

  /// `lines`: below `natgw.credentials`. `environment`: "NAME=VALUE".
  void run(const std::vector<std::string>& lines,
           const std::vector<std::string>& environment = {}) {
    std::string text = "  credentials:\n";
    for (const auto& x : lines)
      text += "    " + x + "\n";
    run_with(text, environment);
  }

  /// `text`: the end of the configuration.
  void run_with(const std::string& text,
                const std::vector<std::string>& environment = {}) {
    write("kubeconfig", servers->kubeconfig());
    write("config.yaml", servers->run_config(text));
    std::vector<std::string> command{"/usr/bin/env"};
    command.insert(command.end(), environment.begin(), environment.end());
    command.insert(command.end(),
                   {NATGW_CONTROLLER, "run", "--config", folder / "config.yaml",
                    "--kubeconfig", folder / "kubeconfig", "--http-addr",
                    "127.0.0.1:0"});
    running = std::make_unique<process>(std::move(command), log);
  }

  /// Until the burst is half over.
  void wait_for_half() {
    BOOST_TEST_REQUIRE(
      watch.wait([this] { return fleet.ready() >= pods / 2; }, patience));
    BOOST_TEST(fleet.ready() < pods);
  }

  /// Keys with which calls were accepted can only have been these.
  access_key give(std::optional<std::chrono::milliseconds> lifetime) {
    access_key result;
    servers->credentials().with_desk([&](credential_desk& desk) {
      auto before = desk.options().lifetime;
      desk.options().lifetime = lifetime.value_or(1h);
      result = desk.issue(emulator::credential_server::now());
      desk.options().lifetime = before;
    });
    if (!lifetime) {
      result.security_token.clear();
      result.expires.reset();
      put(result);
    }
    given.push_back(result);
    return result;
  }

  void put(const access_key& key) const {
    servers->vpc().with_core(
      [&](emulator::vpc_core& core) { core.gate().put_key(key); });
  }

  void revoke(const std::string& id) const {
    servers->vpc().with_core(
      [&](emulator::vpc_core& core) { core.gate().remove_key(id); });
  }

  uint64_t refused_calls() const {
    uint64_t result = 0;
    servers->vpc().with_core([&](emulator::vpc_core& core) {
      result = core.log().counters().unsigned_or_badly_signed;
    });
    return result;
  }

  size_t entries() const {
    size_t result = 0;
    servers->vpc().with_core([&](emulator::vpc_core& core) {
      for (const auto& [id, gateway] : core.resources().gateways())
        result += gateway.table.size();
    });
    return result;
  }

  std::string metrics() const {
    auto text = read_all(log);
    constexpr std::string_view mark = "url=";
    auto from = text.find(mark, text.find("listening"));
    BOOST_REQUIRE(from != std::string::npos);
    from += mark.size();
    auto url = text.substr(from, text.find_first_of(" \n", from) - from);
    return test::http_client{}.get(url + "/metrics").body;
  }

  std::string events() const {
    std::string result;
    servers->kube().with([&](emulator::kube::api_server& api, instant now) {
      result = api
                 .handle({.method = "GET",
                          .target = "/api/v1/events",
                          .authorization = "Bearer " + servers->player_token()},
                         now)
                 .body;
    });
    return result;
  }

  /// Everything came through, and nothing was said that must not be.
  void finish() {
    BOOST_TEST(watch.wait([this] { return fleet.ready() == pods; }, patience));
    BOOST_TEST(fleet.ready() == pods);
    BOOST_TEST(entries() == pods);
    cli::harm harm;
    servers->vpc().with_core([&](emulator::vpc_core& core) {
      servers->kube().with_history([&](const emulator::kube::history& seen) {
        harm = cli::count_harm(seen, core.log());
      });
    });
    BOOST_TEST((harm == cli::harm{}));
    auto said = metrics();
    test::keep_output("metrics", said);
    test::keep_output("events", events());
    said += events();
    running->signal(SIGTERM);
    BOOST_TEST(running->wait() == 0);
    said += read_all(log);
    BOOST_TEST(said.contains("natgw_credentials_refreshes_total{"));
    for (const auto& secret : secrets())
      BOOST_TEST(!said.contains(secret), "a secret was told");
  }

  std::set<std::string> secrets() const {
    std::set<std::string> result;
    auto add = [&](const access_key& x) {
      result.insert(x.secret);
      if (!x.security_token.empty())
        result.insert(x.security_token);
    };
    std::ranges::for_each(given, add);
    servers->credentials().with_desk([&](credential_desk& desk) {
      std::ranges::for_each(desk.issued(), add);
      for (const auto& x : desk.options().oidc_tokens)
        result.insert(x);
    });
    return result;
  }

  size_t issued() const {
    size_t result = 0;
    servers->credentials().with_desk(
      [&](credential_desk& desk) { result = desk.issued().size(); });
    return result;
  }

  std::vector<std::string> rrsa() const {
    emulator::desk_options known;
    return {"ALIBABA_CLOUD_ROLE_ARN=" + known.role_arn,
            "ALIBABA_CLOUD_OIDC_PROVIDER_ARN=" + known.provider_arn,
            "ALIBABA_CLOUD_OIDC_TOKEN_FILE=" + folder / "token",
            "ALIBABA_CLOUD_STS_ENDPOINT=" + place()};
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(credentials_of_the_program, world)

BOOST_AUTO_TEST_CASE(role_of_the_node_ends_again_and_again) {
  fleet.create();
  run({}, {"ALIBABA_CLOUD_IMDS_ENDPOINT=" + place()});
  wait_for_half();
  BOOST_TEST(issued() >= 2U);
  // One that is revoked is replaced as well, without waiting for its end.
  servers->credentials().with_desk([&](credential_desk& desk) {
    desk.forget_shown();
    desk.options().lifetime = 1h;
    revoke(desk.issued().back().id);
  });
  finish();
  BOOST_TEST(refused_calls() > 0U);
}

BOOST_AUTO_TEST_CASE(first_version_of_the_metadata_service_fails_for_a_while) {
  servers->credentials().with_desk([](credential_desk& desk) {
    desk.options().metadata_v2 = false;
    desk.options().metadata_v1 = true;
  });
  fleet.create();
  run({"sources: [ecsRole]", "metadataEndpoint: " + place()});
  wait_for_half();
  servers->credentials().with_desk(
    [](credential_desk& desk) { desk.options().failures = 6; });
  finish();
}

BOOST_AUTO_TEST_CASE(role_of_the_service_account_follows_its_token) {
  write("token", test::marked_secret("Oidc"));
  fleet.create();
  run({"sources: [oidc]"}, rrsa());
  wait_for_half();
  servers->credentials().with_desk(
    [](credential_desk& desk) { desk.options().oidc_tokens = {second_token}; });
  write("token", second_token + "\n");
  auto before = issued();
  finish();
  BOOST_TEST(issued() > before);
  BOOST_TEST(before >= 2U);
}

BOOST_AUTO_TEST_CASE(credentials_uri_gives_others_in_time) {
  fleet.create();
  run({"sources: [credentialsURI]"},
      {"ALIBABA_CLOUD_CREDENTIALS_URI=" + place() + "/credentials"});
  wait_for_half();
  BOOST_TEST(issued() >= 2U);
  finish();
}

BOOST_AUTO_TEST_CASE(addon_token_is_exchanged_before_it_ends) {
  write("token-config", emulator::addon_token_json(give(8s), keyring));
  fleet.create();
  run({"addonTokenFile: " + folder / "token-config"},
      {"ALIBABA_CLOUD_ECS_METADATA_DISABLED=true"});
  wait_for_half();
  write("token-config", emulator::addon_token_json(give(1h), keyring));
  finish();
}

BOOST_AUTO_TEST_CASE(mounted_key_is_rotated_after_it_was_revoked) {
  auto first = give(std::nullopt);
  write("keys", emulator::credentials_json(first));
  fleet.create();
  run({"file: " + folder / "keys"});
  wait_for_half();
  revoke(first.id);
  BOOST_TEST(watch.wait([this] { return refused_calls() > 0; }, patience));
  write("keys", emulator::credentials_json(give(std::nullopt)));
  finish();
}

BOOST_AUTO_TEST_CASE(key_of_the_configuration_is_disabled_for_a_while) {
  auto key = give(std::nullopt);
  fleet.create();
  run_with("credential: {accessKey: " + key.id + ", accessSecret: " + key.secret
           + "}\n");
  wait_for_half();
  key.state = access_key::condition::inactive;
  put(key);
  BOOST_TEST(watch.wait([this] { return refused_calls() > 0; }, patience));
  key.state = access_key::condition::active;
  put(key);
  finish();
}

BOOST_AUTO_TEST_CASE(token_of_the_environment_ends_with_its_process) {
  auto with = [this](const access_key& x) {
    run({}, {"ALIBABA_CLOUD_ACCESS_KEY_ID=" + x.id,
             "ALIBABA_CLOUD_ACCESS_KEY_SECRET=" + x.secret,
             "ALIBABA_CLOUD_SECURITY_TOKEN=" + x.security_token});
  };
  fleet.create();
  with(give(4s));
  BOOST_TEST(watch.wait([this] { return refused_calls() > 0; }, patience));
  BOOST_TEST(fleet.ready() < pods);
  // Whoever set the environment sets another one.
  running->signal(SIGTERM);
  BOOST_TEST(running->wait() == 0);
  std::remove(log.c_str());
  with(give(1h));
  finish();
}

BOOST_AUTO_TEST_SUITE_END()
