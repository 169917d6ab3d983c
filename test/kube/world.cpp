#include "test/kube/world.hpp"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <map>
#include <sstream>
#include <unordered_map>
#include <utility>

#include <boost/test/results_collector.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "clients/http/boot_time.hpp"
#include "emulator/kube/kubeconfig.hpp"
#include "emulator/kube/store.hpp"
#include "test/integration/kept_output.hpp"
#include "test/kube/eventually.hpp"
#include "test/unit/serving/http_client.hpp"

namespace natgw::test {

namespace {

std::string new_namespace() {
  static int last = 0;
  return "scenario-" + std::to_string(++last);
}

std::vector<std::string> zones_of(const emulator::vpc_options& cloud) {
  std::vector<std::string> result;
  for (const auto& x : cloud.gateways)
    if (std::ranges::find(result, x.zone) == result.end())
      result.push_back(x.zone);
  return result;
}

emulator::vpc_options make_cloud(const world_options& x) {
  auto result = cli::make_cloud(
    {.gateways = x.gateways, .zones = x.zones, .behaviour = x.cloud});
  result.vpc_cidrs.emplace_back("172.16.0.0/16");
  return result;
}

std::string read_file(const std::string& path) {
  std::ifstream in{path};
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

bool is_ours(const json& record) {
  for (const auto& x : at(record, {"metadata", "finalizers"}))
    if (x == "natgw-controller")
      return true;
  return false;
}

} // namespace

// -- the controller ----------------------------------------------------------

controller_process::controller_process(
  const std::string& folder, size_t number, const std::string& config,
  const kube_access& access, const std::vector<std::string>& environment) {
  auto kubeconfig_path = fmt::format("{}/kubeconfig-{}", folder, number);
  write_kubeconfig(kubeconfig_path, access);
  start(folder, number, config, {"--kubeconfig", kubeconfig_path}, environment);
}

controller_process::controller_process(
  const std::string& folder, size_t number, const std::string& config,
  const std::vector<std::string>& arguments,
  const std::vector<std::string>& environment) {
  start(folder, number, config, arguments, environment);
}

void controller_process::start(const std::string& folder, size_t number,
                               const std::string& config,
                               const std::vector<std::string>& arguments,
                               const std::vector<std::string>& environment) {
  log_path_ = fmt::format("{}/controller-{}.log", folder, number);
  auto config_path = fmt::format("{}/config-{}.yaml", folder, number);
  if (!emulator::kube::write_private_file(config_path, config))
    throw std::runtime_error{"cannot write " + config_path};
  std::vector<std::string> command{"/usr/bin/env"};
  command.insert(command.end(), environment.begin(), environment.end());
  command.insert(command.end(), {NATGW_CONTROLLER, "run", "--config",
                                 config_path, "--http-addr", "127.0.0.1:0"});
  command.insert(command.end(), arguments.begin(), arguments.end());
  process_ = std::make_unique<process>(std::move(command), log_path_);
}

std::string controller_process::log() const {
  return read_file(log_path_);
}

std::string controller_process::logged(const std::string& name) const {
  auto mark = '"' + name + R"(":")";
  std::string result;
  auto known = [&] {
    auto text = log();
    auto from = text.find(mark);
    if (from == std::string::npos)
      return false;
    from += mark.size();
    result = text.substr(from, text.find('"', from) - from);
    return true;
  };
  eventually(known, patience);
  return result;
}

const std::string& controller_process::identity() const {
  if (identity_.empty())
    identity_ = logged("identity");
  return identity_;
}

std::string controller_process::get(const std::string& path) const {
  auto url = logged("url");
  return url.empty() ? url : http_client{}.get(url + path).body;
}

void controller_process::keep_metrics() const {
  // One that never said where it listens is not waited for.
  if (log().contains(R"("url":")"))
    keep_output("metrics", get("/metrics"));
}

double controller_process::metric(const std::string& series) const {
  std::istringstream in{get("/metrics")};
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(series + " "))
      return std::stod(line.substr(series.size() + 1));
  return 0;
}

// -- the world ---------------------------------------------------------------

world::world(cluster& around, world_options options)
  : where{around},
    began{http::boot_now()},
    ns{new_namespace()},
    api{around.admin()},
    seen{api},
    cloud_options{make_cloud(options)},
    options_{std::move(options)} {
  auto started = emulator::vpc_server::start(cloud_options);
  if (!started)
    throw std::runtime_error{started.error().detail};
  cloud = *std::move(started);
  kube_api::must(
    api.post("/api/v1/namespaces", {{"apiVersion", "v1"},
                                    {"kind", "Namespace"},
                                    {"metadata", {{"name", ns}}}}));
  kubelets = std::make_unique<kubelet>(api, seen, ns, zones_of(cloud_options));
}

/// What failed is rarely to be understood without this.
void world::show_logs() const {
  namespace ut = boost::unit_test;
  auto id = ut::framework::current_test_case_id();
  if (ut::results_collector.results(id).passed())
    return;
  constexpr size_t enough = 6000;
  for (const auto& x : controllers) {
    auto text = x->log();
    auto from = text.size() > enough ? text.size() - enough : 0;
    BOOST_TEST_MESSAGE("a controller's log ends with\n" + text.substr(from));
  }
}

world::~world() {
  show_logs();
  for (const auto& x : controllers)
    x->keep_metrics();
  keep_output("events", api.get("/api/v1/events").body.dump());
  kubelets.reset();
  controllers.clear();
  clean_up();
}

void world::clean_up() {
  for (const auto& x : seen.all("poddnats", ns))
    if (is_ours(x))
      api.merge(records_target(text_at(x, {"metadata", "name"})),
                {{"metadata", {{"finalizers", nullptr}}}});
  for (const auto& x : seen.all("pods", ns))
    api.remove(pods_target(text_at(x, {"metadata", "name"})),
               {{"gracePeriodSeconds", 0}});
  for (const auto& x : seen.all("leases"))
    api.remove("/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/"
               + text_at(x, {"metadata", "name"}));
  api.remove("/api/v1/namespaces/" + ns);
}

std::string world::config(const std::vector<std::string>& gateways) const {
  auto of = cloud_options;
  if (!gateways.empty())
    std::erase_if(of.gateways, [&](const auto& x) {
      return std::ranges::find(gateways, x.id) == gateways.end();
    });
  return cli::make_run_config(of, {512, 65535}, cloud->url())
         + "  log: {format: json}\n" + options_.settings;
}

controller_process& world::run(const std::string& extra,
                               const std::vector<std::string>& gateways,
                               const std::vector<std::string>& environment) {
  controllers.push_back(std::make_unique<controller_process>(
    folder_ / ".", controllers.size(), config(gateways) + extra,
    where.controller(), environment));
  return *controllers.back();
}

controller_process&
world::run_with(const std::vector<std::string>& arguments,
                const std::vector<std::string>& environment) {
  controllers.push_back(std::make_unique<controller_process>(
    folder_ / ".", controllers.size(), config({}), arguments, environment));
  return *controllers.back();
}

// -- pods --------------------------------------------------------------------

std::string world::pods_target(const std::string& name) const {
  return "/api/v1/namespaces/" + ns + "/pods" + (name.empty() ? "" : "/")
         + name;
}

std::string world::records_target(const std::string& name) const {
  return "/apis/alibabacloud.com/v1beta1/namespaces/" + ns + "/poddnats"
         + (name.empty() ? "" : "/") + name;
}

json world::pod(const std::string& name, const std::string& ports,
                json annotations) const {
  json all{{"k8s.aliyun.com/pod-dnat", "true"},
           {"k8s.aliyun.com/pod-dnat-expose-port", ports}};
  all.update(annotations);
  auto container = json{{"name", "game"}, {"image", "game"}};
  return {{"apiVersion", "v1"},
          {"kind", "Pod"},
          {"metadata",
           {{"name", name}, {"namespace", ns}, {"annotations", all}}},
          {"spec", {{"containers", json::array({container})}}}};
}

json world::create(const json& pod) {
  return kube_api::must(api.post(pods_target(), pod));
}

void world::annotate(const std::string& pod, const json& annotations) {
  kube_api::must(api.merge(pods_target(pod),
                           {{"metadata", {{"annotations", annotations}}}}));
}

void world::remove(const std::string& pod) {
  kube_api::must(api.remove(pods_target(pod)));
}

bool world::is_ready(const std::string& name, const std::string& uid) const {
  auto x = find_pod(name);
  return x && (uid.empty() || text_at(*x, {"metadata", "uid"}) == uid)
         && text_at(*x, {"metadata", "annotations",
                         "k8s.aliyun.com/pod-dnat-status"})
                .find(R"("state":"ready")")
              != std::string::npos;
}

bool world::wait_ready(const std::string& name,
                       std::chrono::milliseconds limit) const {
  // Pods and records are watched apart, and the record may be seen late.
  auto is_shown = [&] {
    auto x = record(name);
    return x && !at(*x, {"status", "entries"}).empty();
  };
  return wait([&] { return is_ready(name) && is_shown(); }, limit);
}

std::vector<std::string> world::events(const std::string& pod,
                                       const std::string& reason) const {
  std::vector<std::string> result;
  for (const auto& x : seen.all("events", ns))
    if (text_at(x, {"involvedObject", "name"}) == pod
        && text_at(x, {"reason"}) == reason)
      result.push_back(text_at(x, {"message"}));
  return result;
}

bool world::wait_event(const std::string& pod, const std::string& reason,
                       const std::string& text) const {
  return wait([&] {
    return std::ranges::any_of(events(pod, reason), [&](const auto& x) {
      return x.find(text) != std::string::npos;
    });
  });
}

// -- the cloud ---------------------------------------------------------------

std::vector<emulator::entry_change> world::entries() const {
  std::unordered_map<std::string, emulator::entry_change> latest;
  cloud->with_core([&](emulator::vpc_core& core) {
    for (const auto& x : core.log().changes())
      latest[x.id] = x;
  });
  std::vector<emulator::entry_change> result;
  for (auto& [id, x] : latest)
    if (x.state != emulator::entry_state::gone)
      result.push_back(std::move(x));
  return result;
}

std::vector<emulator::entry_change>
world::entries_at(const std::string& ip) const {
  auto result = entries();
  std::erase_if(result, [&](const auto& x) { return x.internal_ip != ip; });
  return result;
}

// -- what came of it ---------------------------------------------------------

cli::harm world::harm() {
  using namespace emulator::kube;
  // When each revision was made: better known to the audit than from when it
  // was seen here.
  std::unordered_map<uint64_t, instant> made;
  std::map<std::pair<std::string, std::string>, std::vector<instant>> writes;
  for (const auto& x : where.audit(began)) {
    if (!x.is_write() || !x.accepted())
      continue;
    if (x.revision > 0)
      made.try_emplace(x.revision, x.at);
    writes[{x.resource, x.ns + "/" + x.name}].push_back(x.at);
  }
  resource pods;
  pods.plural = "pods";
  resource records;
  records.plural = "poddnats";
  records.custom = true;
  history cluster_history;
  seen.replay([&](const sighting& x) {
    if (x.resource != "pods" && x.resource != "poddnats")
      return;
    change step;
    step.type = x.resource == "pods" ? &pods : &records;
    step.key = x.key;
    step.kind = x.kind == "DELETED" ? change_kind::deleted
                : x.kind == "ADDED" ? change_kind::added
                                    : change_kind::modified;
    step.now = std::make_shared<object>(x.object, x.revision);
    step.revision = x.revision;
    auto known = made.find(x.revision);
    // A write whose client has gone is made and audited as failed; the answer
    // to the last patch of an object names the revision before it, too.
    step.at = known == made.end() ? x.at : std::min(x.at, known->second);
    // The revision of an end is in no answer; some write has brought it about.
    if (x.kind == "DELETED" && known == made.end())
      for (auto at : writes[{x.resource, x.key}])
        if (at <= x.at)
          step.at = at;
    cluster_history.add(step);
  });
  cli::harm result;
  cloud->with_core([&](emulator::vpc_core& core) {
    result = cli::count_harm(cluster_history, core.log());
    for (const auto& line :
         cli::explain_unready(cluster_history, core.log().changes(), 12))
      BOOST_TEST_MESSAGE(line);
  });
  if (result != cli::harm{})
    BOOST_TEST_MESSAGE("harm: " << result.duplicate_mappings << " duplicates, "
                                << result.stranger_ms << " ms of strangers, "
                                << result.published_unready << " unready");
  return result;
}

bool world::wait_empty(std::chrono::milliseconds limit) const {
  return wait(
    [this] { return seen.all("poddnats", ns).empty() && entries().empty(); },
    limit);
}

void world::show_rest() const {
  for (const auto* resource : {"pods", "poddnats"})
    for (const auto& x : seen.all(resource, ns))
      BOOST_TEST_MESSAGE("left: " << x.dump());
  for (const auto& x : entries())
    BOOST_TEST_MESSAGE("left: " << x.id << ' ' << x.name << " to "
                                << x.internal_ip);
}

bool world::leave_nothing() {
  for (const auto& x : seen.all("pods", ns))
    api.remove(pods_target(text_at(x, {"metadata", "name"})));
  // Until it has emptied the status the controller may not know that the pod
  // is gone, and would make the record again.
  auto shows = [](const json& x) {
    return !at(x, {"status", "entries"}).empty();
  };
  auto over = wait([&] {
    return seen.all("pods", ns).empty()
           && std::ranges::none_of(seen.all("poddnats", ns), shows);
  });
  // A fixed mapping outlives its pod; that of a bare pod ends when somebody
  // says so.
  for (const auto& x : seen.all("poddnats", ns))
    if (at(x, {"metadata", "ownerReferences"}).is_null())
      api.remove(records_target(text_at(x, {"metadata", "name"})));
  if (over && wait_empty())
    return true;
  show_rest();
  return false;
}

} // namespace natgw::test
