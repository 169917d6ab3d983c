#include "cli/demo.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

#include <fmt/format.h>

#include "cli/controller.hpp"
#include "cli/demo_fleet.hpp"
#include "cli/demo_report.hpp"
#include "cli/emulation.hpp"
#include "cli/gateway_table.hpp"
#include "cli/signals.hpp"
#include "clients/kube/kubeconfig.hpp"
#include "config/load.hpp"
#include "emulator/kube/kubeconfig.hpp"
#include "observe/log.hpp"

namespace natgw::cli {

namespace {

using steady = std::chrono::steady_clock;

constexpr auto poll_interval = std::chrono::milliseconds{100};
constexpr auto phase_limit = std::chrono::seconds{110};
constexpr auto leak_limit = std::chrono::seconds{60};

struct demo_flags {
  fleet_wishes fleet;
  emulation_options servers;
  std::string json_path;
  bool verbose = false;
};

/// One demo from start to end.
class demo_run {
public:
  explicit demo_run(const demo_flags& x) : flags_{x} {
    // nop
  }

  exit_code run();

private:
  expected<void> start();
  bool wait_for(const char* what, std::chrono::seconds limit,
                const std::function<bool()>& done);
  void show(const char* what);
  bool is_clean();
  void collect(bool reachable);
  void count_leaks();
  void count_zones();
  exit_code finish();

  const demo_flags& flags_;
  std::stop_source stop_;
  std::unique_ptr<emulation> servers_;
  std::unique_ptr<controller> controller_;
  std::unique_ptr<demo_fleet> fleet_;
  demo_report report_;
  steady::time_point began_ = steady::now();
  gateway_table table_{::isatty(STDOUT_FILENO) != 0};
  std::mutex mutex_;
  std::condition_variable_any wake_;
};

/// A file that is removed with this object.
class private_file {
public:
  explicit private_file(const std::string& text) {
    std::string pattern
      = (std::filesystem::temp_directory_path() / "natgw-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr)
      return;
    folder_ = pattern;
    written_ = emulator::kube::write_private_file(path(), text).has_value();
  }

  private_file(const private_file&) = delete;
  private_file& operator=(const private_file&) = delete;

  ~private_file() {
    std::error_code ignored;
    if (!folder_.empty())
      std::filesystem::remove_all(folder_, ignored);
  }

  std::string path() const {
    return (folder_ / "kubeconfig").string();
  }

private:
  std::filesystem::path folder_;
  bool written_ = false;
};

expected<void> demo_run::start() {
  auto servers = emulation::start(flags_.servers);
  if (!servers)
    return std::unexpected{servers.error()};
  servers_ = *std::move(servers);
  private_file kubeconfig{servers_->kubeconfig()};
  auto server = kube::load_kubeconfig({kubeconfig.path()});
  if (!server)
    return std::unexpected{server.error()};
  auto settings = config::parse(servers_->run_config(), "the demo's own");
  if (!settings)
    return fail(ec::invalid_config, settings.error().text());
  settings->values.natgw.workload_probe_interval = std::chrono::seconds{5};
  settings->values.natgw.fixed_linger = std::chrono::seconds{10};
  auto started = controller::start({.settings = settings->values,
                                    .server = *std::move(server),
                                    .identity = "demo"},
                                   stop_.get_token());
  if (!started)
    return std::unexpected{started.error()};
  controller_ = *std::move(started);
  fleet_ = std::make_unique<demo_fleet>(servers_->kube(),
                                        servers_->player_token(), flags_.fleet);
  return {};
}

void demo_run::show(const char* what) {
  table_.show(what, fleet_->ready(), flags_.fleet.pods, steady::now() - began_,
              servers_->vpc());
}

/// Waits on the condition, the clock, a signal or the controller's end.
bool demo_run::wait_for(const char* what, std::chrono::seconds limit,
                        const std::function<bool()>& done) {
  auto ends = steady::now() + limit;
  auto token = stop_.get_token();
  for (;;) {
    show(what);
    if (done())
      return true;
    if (token.stop_requested() || steady::now() > ends
        || !controller_->healthy())
      return false;
    std::unique_lock lock{mutex_};
    wake_.wait_for(lock, token, poll_interval, [] { return false; });
  }
}

bool demo_run::is_clean() {
  count_leaks();
  return report_.leaked_entries == 0 && report_.leaked_poddnats == 0;
}

void demo_run::count_leaks() {
  report_.leaked_entries = 0;
  report_.leaked_ports = 0;
  servers_->vpc().with_core([this](emulator::vpc_core& core) {
    for (const auto& [id, gateway] : core.resources().gateways()) {
      report_.leaked_entries += gateway.table.size();
      gateway.table.for_each([this](const emulator::entry& x) {
        report_.leaked_ports += x.external.count;
      });
    }
  });
  servers_->kube().with([this](emulator::kube::api_server& api, instant) {
    auto& objects = api.objects();
    report_.leaked_poddnats = objects.count(*objects.types().find("poddnats"));
  });
}

exit_code demo_run::run() {
  signal_watch signals{[this](int) { stop_.request_stop(); }};
  if (auto started = start(); !started) {
    fmt::print(stderr, "demo: {}\n", started.error().detail);
    return exit_code::failure;
  }
  auto wanted = flags_.fleet.pods;
  auto all_ready = [this, wanted] { return fleet_->ready() == wanted; };
  fleet_->create();
  auto reachable = wait_for("starting", phase_limit, all_ready);
  if (reachable && flags_.fleet.churn > 0) {
    fleet_->churn();
    reachable = wait_for("churning", phase_limit,
                         [&] { return fleet_->replace_gone() && all_ready(); });
  }
  report_.pods_ready = fleet_->ready();
  report_.mappings_ready = fleet_->mappings();
  count_zones();
  fleet_->tear_down();
  wait_for("leaving", leak_limit,
           [this] { return fleet_->empty() && is_clean(); });
  count_leaks();
  return finish();
}

/// Whether each pod's gateway is in its node's zone, by the objects and the
/// cloud's own list of EIPs.
void demo_run::count_zones() {
  servers_->kube().with([this](emulator::kube::api_server& api, instant) {
    auto& objects = api.objects();
    auto zone_of = [&](const std::string& node) {
      auto found = objects.find(*objects.types().find("nodes"), node);
      return found ? found->body()
                       .at("metadata")
                       .at("labels")
                       .value("topology.kubernetes.io/zone", std::string{})
                   : std::string{};
    };
    objects.scan(
      *objects.types().find("poddnats"), 0, "", "",
      [&](const std::string& key, const emulator::kube::object_ptr& record) {
        auto pod = objects.find(*objects.types().find("pods"), key);
        if (!pod)
          return true;
        auto node = pod->body().at("spec").value("nodeName", std::string{});
        auto hit = record->body().at("spec").value("zoneID", std::string{})
                   == zone_of(node);
        ++(hit ? report_.zone_hits : report_.zone_misses);
        return true;
      });
  });
}

exit_code demo_run::finish() {
  servers_->vpc().with_core([this](emulator::vpc_core& core) {
    auto& counters = core.log().counters();
    auto calls = [&counters](const char* action) {
      uint64_t sum = 0;
      if (auto found = counters.by_action.find(action);
          found != counters.by_action.end())
        for (const auto& [code, count] : found->second)
          sum += count;
      return sum;
    };
    report_.creates = calls("CreateForwardEntry");
    report_.modifies = calls("ModifyForwardEntry");
    report_.deletes = calls("DeleteForwardEntry");
    report_.describes = calls("DescribeForwardTableEntries")
                        + calls("DescribeNatGateways");
    report_.throttled = counters.throttled;
    report_.conflicts = counters.conflicts + counters.barriers;
    report_.unsigned_or_badly_signed = counters.unsigned_or_badly_signed;
    servers_->kube().with_history([&](const emulator::kube::history& seen) {
      report_.done = count_harm(seen, core.log());
      report_.set_ready_times(ready_times(seen));
    });
  });
  servers_->kube().with([this](emulator::kube::api_server& api, instant) {
    report_.kube_writes = api.writes(emulation::controller_user);
  });
  report_.pods_requested = flags_.fleet.pods;
  report_.pods_created = fleet_->created();
  controller_->stop();
  auto orderly = controller_->wait();
  servers_->stop();
  report_.elapsed_ms = static_cast<uint64_t>(
    std::chrono::duration_cast<std::chrono::milliseconds>(steady::now()
                                                          - began_)
      .count());
  table_.clear();
  fmt::print("{}", report_.text());
  if (!flags_.json_path.empty()) {
    std::ofstream out{flags_.json_path};
    if (!(out << report_.json()).flush()) {
      fmt::print(stderr, "demo: {} cannot be written\n", flags_.json_path);
      return exit_code::failure;
    }
  }
  return report_.good() && orderly ? exit_code::success : exit_code::failure;
}

exit_code demo(const demo_flags& x) {
  observe::configure_log(
    {.threshold = x.verbose ? observe::level::info : observe::level::error});
  return demo_run{x}.run();
}

} // namespace

void add_demo(command_line& line) {
  auto x = std::make_shared<demo_flags>();
  x->servers.cloud.gateways = 4;
  x->servers.cloud.behaviour = quick_cloud();
  x->servers.cluster.tls = false;
  auto own = line.add(
    "demo", "Show a fleet come, churn and go, against emulated servers", [x] {
      x->fleet.seed = x->servers.cloud.seed;
      return demo(*x);
    });
  own.number("--pods", x->fleet.pods, 1, 20'000, "Game servers in the fleet");
  own.text("--ports", x->fleet.ports,
           "What each exposes, as in the annotation");
  own.number("--churn", x->fleet.churn, 0, 100, "Percent that are replaced");
  own.number("--fixed", x->fleet.fixed, 0, 100, "Percent with fixed mappings");
  own.text("--json", x->json_path, "Write the report here");
  own.toggle("--verbose", x->verbose, "Log what the controller does");
  add_cloud_flags(own, x->servers.cloud);
}

} // namespace natgw::cli
