#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "config/load.hpp"
#include "test/integration/process.hpp"
#include "test/unit/serving/http_client.hpp"

// The program as its users meet it: another process.

using namespace natgw;
using test::process;
using test::temporary_folder;

namespace {

struct outcome {
  int status = 0;
  std::string output;
};

outcome run(std::vector<std::string> command) {
  process started{std::move(command)};
  outcome result;
  result.output = started.read_all();
  result.status = started.wait();
  return result;
}

outcome controller(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), NATGW_CONTROLLER);
  return run(std::move(arguments));
}

/// The kubectl binaries that ./dev has found.
std::vector<std::string> kubectls() {
  std::vector<std::string> result;
  const auto* list = std::getenv("NATGW_KUBECTL");
  std::istringstream in{list == nullptr ? "kubectl" : list};
  for (std::string path; std::getline(in, path, ':');)
    result.push_back(path);
  return result;
}

std::string sample(const std::string& name) {
  return std::string{NATGW_SOURCE_DIR} + "/config/samples/" + name;
}

bool says(const outcome& x, const std::string& text) {
  return x.output.find(text) != std::string::npos;
}

/// A running `emulate`.
struct emulated {
  temporary_folder folder;
  std::string kubeconfig = folder / "kubeconfig";
  std::string config = folder / "config.yaml";
  process server{{NATGW_CONTROLLER, "emulate", "--quick-cloud", "--kube-addr",
                  "127.0.0.1:0", "--vpc-addr", "127.0.0.1:0",
                  "--kubeconfig-out", kubeconfig, "--config-out", config}};
  std::string greeting = server.read_until("Ctrl-C");

  /// Runs each kubectl with the same arguments; all must succeed.
  std::string kubectl(const std::string& path,
                      std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {path, "--kubeconfig", kubeconfig,
                                         "--cache-dir", folder / "cache"});
    auto result = run(std::move(arguments));
    BOOST_TEST(result.status == 0);
    return result.output;
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(program)

BOOST_AUTO_TEST_CASE(help_and_version_end_well) {
  auto help = controller({"--help"});
  BOOST_TEST(help.status == 0);
  BOOST_TEST(says(help, "Examples:"));
  BOOST_TEST(says(help, "emulate"));
  auto version = controller({"--version"});
  BOOST_TEST(version.status == 0);
  BOOST_TEST(version.output.size() > 1U);
}

BOOST_AUTO_TEST_CASE(a_wrong_command_line_ends_with_2) {
  BOOST_TEST(controller({}).status == 2);
  BOOST_TEST(controller({"nonsense"}).status == 2);
  BOOST_TEST(controller({"check"}).status == 2);
  BOOST_TEST(controller({"emulate", "--pending", "soon"}).status == 2);
}

BOOST_AUTO_TEST_CASE(check_tells_good_files_from_bad_ones) {
  auto good = controller({"check", sample("complete.yaml")});
  BOOST_TEST(good.status == 0);
  BOOST_TEST(says(good, "complete.yaml: fine"));
  temporary_folder folder;
  std::ofstream{folder / "bad"} << "enableControllers: [natgw]\nvpcID: 5\n";
  BOOST_TEST(controller({"check", folder / "bad"}).status == 1);
  std::ofstream{folder / "idle"} << "enableControllers: [eip]\n";
  BOOST_TEST(controller({"check", folder / "idle"}).status == 2);
  BOOST_TEST(controller({"check", folder / "absent"}).status == 1);
}

BOOST_AUTO_TEST_CASE(emulate_serves_until_it_is_told_to_end) {
  emulated x;
  BOOST_TEST(x.greeting.find("Kubernetes API: https://127.0.0.1:")
             != std::string::npos);
  auto config = config::load(x.config);
  BOOST_REQUIRE(config.has_value());
  BOOST_TEST(config->values.gateways.size() == 2U);
  auto state
    = test::http_client{}.get(config->values.natgw.endpoint + "/state");
  BOOST_TEST(state.status == 200);
  BOOST_TEST(state.body.find(config->values.gateways[0].id)
             != std::string::npos);
  x.server.signal(SIGTERM);
  BOOST_TEST(x.server.wait() == 0);
}

BOOST_AUTO_TEST_CASE(emulate_hands_out_temporary_credentials_if_asked) {
  temporary_folder folder;
  auto path = folder / "config.yaml";
  process server{{NATGW_CONTROLLER, "emulate", "--quick-cloud", "--kube-addr",
                  "127.0.0.1:0", "--vpc-addr", "127.0.0.1:0",
                  "--credentials-addr", "127.0.0.1:0", "--credentials-lifetime",
                  "90s", "--config-out", path}};
  auto greeting = server.read_until("Ctrl-C");
  auto config = config::load(path);
  BOOST_REQUIRE(config.has_value());
  auto& own = config->values.natgw.credentials;
  BOOST_TEST((own.sources
              == std::vector<credential_origin>{credential_origin::ecs_role}));
  BOOST_TEST(config->values.keys.access_key.empty());
  BOOST_TEST(greeting.find("Credentials:    " + own.metadata_endpoint)
             != std::string::npos);
  auto keys = test::http_client{}.get(own.metadata_endpoint + "/credentials");
  BOOST_TEST(keys.status == 200);
  BOOST_TEST(keys.body.contains("AccessKeyId"));
  server.signal(SIGTERM);
  BOOST_TEST(server.wait() == 0);
}

BOOST_AUTO_TEST_CASE(what_emulate_writes_is_for_its_owner_only) {
  emulated x;
  using std::filesystem::perms;
  for (const auto& path : {x.kubeconfig, x.config}) {
    auto mode = std::filesystem::status(path).permissions();
    BOOST_TEST(
      ((mode & (perms::group_all | perms::others_all)) == perms::none));
  }
}

BOOST_AUTO_TEST_CASE(memory_is_never_dumped) {
  emulated x;
  std::ifstream limits{"/proc/" + std::to_string(x.server.id()) + "/limits"};
  const std::string name = "Max core file size";
  std::string line;
  while (std::getline(limits, line) && !line.starts_with(name)) {
  }
  std::istringstream values{line.substr(std::min(line.size(), name.size()))};
  uint64_t soft = 2;
  uint64_t hard = 2;
  BOOST_TEST(static_cast<bool>(values >> soft >> hard), line);
  BOOST_TEST(soft <= 1U);
  BOOST_TEST(hard <= 1U);
}

BOOST_AUTO_TEST_CASE(pods_made_by_kubectl_are_scheduled_and_run) {
  emulated x;
  for (const auto& path : kubectls()) {
    BOOST_TEST_CONTEXT(path) {
      x.kubectl(path, {"run", "game", "--image=game", "--restart=Never"});
      x.kubectl(path,
                {"wait", "--for=condition=Ready", "pod/game", "--timeout=60s"});
      auto address = x.kubectl(path, {"get", "pod", "game", "-o",
                                      "jsonpath={.status.podIP}"});
      BOOST_TEST(address.starts_with("172.16."), address);
      x.kubectl(path, {"delete", "pod", "game"});
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
