#include "test/integration/emulated_world.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string_view>

#include <boost/test/results_collector.hpp>
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "emulator/kube/kubeconfig.hpp"
#include "test/kube/eventually.hpp"

namespace natgw::test {

namespace {

using nlohmann::json;

std::string read_file(const std::string& path) {
  std::ifstream in{path};
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// Of the emulated cloud, from a call's arrival to its answer, and some more.
constexpr auto longest_call = std::chrono::milliseconds{500};

/// `text` with another port in the addresses of this machine.
std::string redirect(std::string text, uint16_t from, uint16_t to) {
  auto old = "127.0.0.1:" + std::to_string(from);
  for (auto at = text.find(old); at != std::string::npos; at = text.find(old))
    text.replace(at, old.size(), "127.0.0.1:" + std::to_string(to));
  return text;
}

/// A pod that is to have a mapping and does not show it yet.
bool is_unborn(const json& pod) {
  const auto& meta = pod.at("metadata");
  auto text = meta.value("annotations", json::object())
                .value("k8s.aliyun.com/pod-dnat-status", std::string{});
  return !meta.contains("deletionTimestamp")
         && text.find(R"("state":"ready")") == std::string::npos;
}

} // namespace

emulated_world::emulated_world(const emulated_world_options& options,
                               cli::fleet_wishes wishes) {
  cli::emulation_options emulated;
  emulated.cloud.gateways = options.gateways;
  emulated.cloud.behaviour = options.cloud;
  emulated.cluster.address_quarantine = options.address_quarantine;
  servers = cli::emulation::start(emulated).value();
  way_to_cluster = std::make_unique<relay>(servers->kube().port());
  way_to_cloud_ = std::make_unique<relay>(servers->vpc().port());
  write("kubeconfig", redirect(servers->kubeconfig(), servers->kube().port(),
                               way_to_cluster->port()));
  write("config.yaml", redirect(servers->run_config(), servers->vpc().port(),
                                way_to_cloud_->port())
                         + "  log: {format: json}\n" + options.settings);
  watch = std::make_unique<cluster_watch>(servers->kube());
  fleet = std::make_unique<cli::demo_fleet>(
    servers->kube(), servers->player_token(), std::move(wishes));
}

emulated_world::~emulated_world() {
  namespace ut = boost::unit_test;
  auto id = ut::framework::current_test_case_id();
  if (ut::results_collector.results(id).passed())
    return;
  constexpr size_t enough = 6000;
  for (const auto& path : logs_) {
    auto text = read_file(path);
    auto from = text.size() > enough ? text.size() - enough : 0;
    BOOST_TEST_MESSAGE("a controller's log ends with\n" + text.substr(from));
  }
}

void emulated_world::write(const std::string& name,
                           const std::string& text) const {
  if (!emulator::kube::write_private_file(folder_ / name, text))
    throw std::runtime_error{"cannot write " + name};
}

std::unique_ptr<process> emulated_world::run(controller_command x) {
  if (x.log.empty()) {
    x.log = folder_ / ("controller-" + std::to_string(logs_.size()) + ".log");
    logs_.push_back(x.log);
  }
  auto command = std::move(x.prefix);
  command.insert(command.end(),
                 {x.program.empty() ? NATGW_CONTROLLER : x.program, "run",
                  "--config", folder_ / "config.yaml", "--kubeconfig",
                  folder_ / "kubeconfig", "--http-addr", "127.0.0.1:0"});
  return std::make_unique<process>(std::move(command), x.log);
}

std::string emulated_world::http_url() const {
  constexpr std::string_view mark = R"("url":")";
  std::string result;
  auto known = [&] {
    auto text = read_file(logs_.back());
    auto from = text.find(mark);
    if (from == std::string::npos)
      return false;
    from += mark.size();
    result = text.substr(from, text.find('"', from) - from);
    return true;
  };
  eventually(known, std::chrono::seconds{30});
  return result;
}

size_t emulated_world::entries() const {
  size_t result = 0;
  servers->vpc().with_core([&](emulator::vpc_core& core) {
    for (const auto& [id, gateway] : core.resources().gateways())
      result += gateway.table.size();
  });
  return result;
}

size_t emulated_world::records() const {
  size_t result = 0;
  servers->kube().with([&](emulator::kube::api_server& api, instant) {
    auto& objects = api.objects();
    result = objects.count(*objects.types().find("poddnats"));
  });
  return result;
}

size_t emulated_world::births_in_flight() const {
  size_t result = 0;
  servers->kube().with([&](emulator::kube::api_server& api, instant) {
    auto& objects = api.objects();
    const auto& types = objects.types();
    auto look = [&](const std::string& key, const auto&) {
      auto pod = objects.find(*types.find("pods"), key);
      result += pod && is_unborn(pod->body()) ? 1U : 0U;
      return true;
    };
    objects.scan(*types.find("poddnats"), 0, "", "", look);
  });
  return result;
}

void emulated_world::cut_cloud(relay_mode how) {
  way_to_cloud_->set(how);
  cuts_.push_back(emulator::vpc_server::now());
}

emulator::history
emulated_world::as_heard(const emulator::history& done) const {
  emulator::history result{done.calls().size(), done.changes().size()};
  auto is_lost = [this](const emulator::call_record& x) {
    return std::ranges::any_of(cuts_, [&](instant cut) {
      return x.at <= cut && x.at + longest_call > cut;
    });
  };
  auto change = done.changes().begin();
  for (auto call : done.calls()) {
    for (; change != done.changes().end() && change->number < call.number;
         ++change)
      result.add(*change);
    if (is_lost(call))
      call.fault = "cut";
    result.add(std::move(call));
  }
  std::for_each(change, done.changes().end(),
                [&](const auto& x) { result.add(x); });
  return result;
}

cli::harm emulated_world::harm() const {
  cli::harm result;
  servers->vpc().with_core([&](emulator::vpc_core& core) {
    servers->kube().with_history([&](const emulator::kube::history& seen) {
      result = cli::count_harm(seen, as_heard(core.log()));
      for (const auto& line :
           cli::explain_unready(seen, core.log().changes(), 12))
        BOOST_TEST_MESSAGE(line);
    });
  });
  if (result != cli::harm{})
    BOOST_TEST_MESSAGE("harm: " << result.duplicate_mappings << " duplicates, "
                                << result.stranger_ms << " ms of strangers, "
                                << result.published_unready << " unready, "
                                << result.double_entries << " doubles, tokens "
                                << result.tokens.reused << " reused, "
                                << result.tokens.mixed << " mixed, "
                                << result.tokens.doubled << " doubled");
  return result;
}

bool emulated_world::leaves_nothing(std::chrono::seconds limit) {
  fleet->tear_down();
  return wait([this] { return is_empty(); }, limit);
}

} // namespace natgw::test
