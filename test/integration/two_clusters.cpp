// Two clusters, each with its own API server and controller, share one NAT
// gateway: neither knows of the other but from the table.

#include <csignal>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "cli/demo_fleet.hpp"
#include "cli/emulation.hpp"
#include "cli/harm.hpp"
#include "emulator/kube/kubeconfig.hpp"
#include "test/integration/cluster_watch.hpp"
#include "test/integration/process.hpp"

using namespace natgw;
using namespace std::chrono_literals;
using emulator::entry_state;
using test::process;
using test::temporary_folder;

namespace {

constexpr auto patience = 180s;
constexpr uint32_t pods = 50;

/// A cluster with its fleet. It brings a cloud along, which only the first
/// one's is used of.
struct site {
  temporary_folder folder;
  std::unique_ptr<cli::emulation> servers;
  test::cluster_watch watch;
  cli::demo_fleet fleet;
  std::unique_ptr<process> running;

  site(uint64_t seed, const std::string& pod_cidr)
    : servers{start(seed, pod_cidr)},
      watch{servers->kube()},
      fleet{servers->kube(),
            servers->player_token(),
            {.pods = pods, .churn = 50, .fixed = 10, .seed = seed}} {
  }

  static std::unique_ptr<cli::emulation> start(uint64_t seed,
                                               const std::string& pod_cidr) {
    cli::emulation_options options;
    options.cloud.seed = seed;
    options.cloud.gateways = 1;
    // So few ports that each fleet, while it churns, comes upon the other's.
    options.cloud.ports = {2000, 2139};
    options.cloud.behaviour = cli::quick_cloud();
    options.cluster.pod_cidr = pod_cidr;
    // Nothing is deleted in the first seconds of a controller's life.
    options.cluster.address_quarantine = 60s;
    return cli::emulation::start(options).value();
  }

  void run(const std::string& config) {
    BOOST_REQUIRE(emulator::kube::write_private_file(folder / "kubeconfig",
                                                     servers->kubeconfig()));
    BOOST_REQUIRE(
      emulator::kube::write_private_file(folder / "config.yaml", config));
    std::vector<std::string> command{NATGW_CONTROLLER, "run",
                                     "--config",       folder / "config.yaml",
                                     "--kubeconfig",   folder / "kubeconfig",
                                     "--http-addr",    "127.0.0.1:0"};
    running = std::make_unique<process>(std::move(command), folder / "log");
  }

  bool wait_ready() {
    return watch.wait([this] { return fleet.ready() == pods; }, patience);
  }

  bool wait_replaced() {
    return watch.wait(
      [this] { return fleet.replace_gone() && fleet.ready() == pods; },
      patience);
  }

  /// What its records publish: "203.0.113.1:2000/UDP".
  std::vector<std::string> published() const {
    std::vector<std::string> result;
    servers->kube().with([&](emulator::kube::api_server& api, instant) {
      auto& objects = api.objects();
      objects.scan(*objects.types().find("poddnats"), 0, "", "",
                   [&](const auto&, const emulator::kube::object_ptr& x) {
                     for (const auto& e : x->body()["status"]["entries"])
                       result.push_back(e.value("externalIP", "") + ':'
                                        + e.value("externalPort", "") + '/'
                                        + e.value("ipProtocol", ""));
                     return true;
                   });
    });
    return result;
  }

  void stop() const {
    running->signal(SIGTERM);
    BOOST_TEST(running->wait() == 0);
  }
};

struct two_sites {
  site a{11, "172.16.0.0/16"};
  site b{12, "172.17.0.0/16"};
  std::string by_hand = put_by_hand();

  template <class F>
  void with_cloud(F f) const {
    a.servers->vpc().with_core(f);
  }

  /// An entry that a person made, in the midst of our ports.
  std::string put_by_hand() const {
    std::string result;
    with_cloud([&](emulator::vpc_core& core) {
      const auto& [id, gateway] = *core.resources().gateways().begin();
      auto address = core.resources().eips().begin()->first;
      emulator::entry x;
      x.name = "web";
      x.external = {*emulator::parse_ipv4(address), 2070, 1,
                    emulator::entry_protocol::udp};
      x.internal = {*emulator::parse_ipv4("172.20.0.1"), 53, 1,
                    emulator::entry_protocol::udp};
      x.state = entry_state::available;
      result = core.resources().foreign_create(id, x).value();
    });
    return result;
  }

  uint64_t refused_creates() const {
    uint64_t result = 0;
    with_cloud([&](emulator::vpc_core& core) {
      const auto& counters = core.log().counters().by_action;
      for (const auto& [code, count] : counters.at("CreateForwardEntry"))
        if (code != "ok")
          result += count;
    });
    return result;
  }

  /// By caller, the owners of the entries that it changed or removed.
  std::map<std::string, std::set<std::string>> touched() const {
    std::map<std::string, std::set<std::string>> result;
    with_cloud([&](emulator::vpc_core& core) {
      std::map<std::string, std::string> owners;
      for (const auto& x : core.log().changes()) {
        auto from = x.name.find('.') + 1;
        owners[x.id] = x.name.substr(from, x.name.find('.', from) - from);
      }
      for (const auto& x : core.log().calls())
        if (x.committed)
          result[x.user_agent].insert(owners[x.entry_id]);
    });
    return result;
  }

  cli::harm harm(site& of) const {
    cli::harm result;
    with_cloud([&](emulator::vpc_core& core) {
      of.servers->kube().with_history([&](const emulator::kube::history& seen) {
        result = cli::count_harm(seen, core.log());
      });
    });
    return result;
  }

  /// Changes that hit an entry which stays for ever.
  size_t changes_of(const std::string& id) const {
    size_t result = 0;
    with_cloud([&](emulator::vpc_core& core) {
      for (const auto& x : core.log().changes())
        result += x.id == id ? 1 : 0;
    });
    return result;
  }

  size_t entries() const {
    size_t result = 0;
    with_cloud([&](emulator::vpc_core& core) {
      for (const auto& [id, gateway] : core.resources().gateways())
        result += gateway.table.size();
    });
    return result;
  }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(two_clusters, two_sites)

BOOST_AUTO_TEST_CASE(two_clusters_share_a_gateway_without_harm) {
  auto config = a.servers->run_config()
                + "  cooldown: 1s\n  writeDeadline: 2s\n";
  a.run(config);
  b.run(config);
  a.fleet.create();
  b.fleet.create();
  BOOST_TEST(a.wait_ready());
  BOOST_TEST(b.wait_ready());
  a.fleet.churn();
  b.fleet.churn();
  BOOST_TEST(a.wait_replaced());
  BOOST_TEST(b.wait_replaced());

  // No port was given to both, nor the one that a person took.
  auto all = a.published();
  for (const auto& x : b.published())
    all.push_back(x);
  std::set<std::string> different{all.begin(), all.end()};
  BOOST_TEST(all.size() == 2 * pods);
  BOOST_TEST(different.size() == all.size());
  for (const auto& x : different)
    BOOST_TEST(!x.contains(":2070/"));
  BOOST_TEST(entries() == 2 * pods + 1);

  // A port that turned out to be taken was learned: no more refusals than
  // there were pods.
  auto refused = refused_creates();
  BOOST_TEST_MESSAGE(refused << " creates refused");
  BOOST_TEST(refused >= 1U);
  BOOST_TEST(refused <= a.fleet.created() + b.fleet.created());

  // Each touched its own entries only.
  auto by = touched();
  BOOST_TEST(by.size() == 2U);
  for (const auto& [caller, owners] : by)
    BOOST_TEST(owners.size() == 1U, caller);
  BOOST_TEST(changes_of(by_hand) == 1U);

  a.fleet.tear_down();
  b.fleet.tear_down();
  BOOST_TEST(a.watch.wait([this] { return entries() == 1; }, patience));
  BOOST_TEST(entries() == 1U);
  for (auto* of : {&a, &b}) {
    auto found = harm(*of);
    BOOST_TEST(found.duplicate_mappings == 0U);
    BOOST_TEST(found.stranger_ms == 0U);
    BOOST_TEST(found.published_unready == 0U);
    BOOST_TEST(found.double_entries == 0U);
    BOOST_TEST((found.tokens == cli::token_harm{}));
  }
  a.stop();
  b.stop();
}

BOOST_AUTO_TEST_SUITE_END()
