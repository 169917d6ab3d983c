#include "cli/controller.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <utility>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include "actors/clock.hpp"
#include "actors/supervisor.hpp"
#include "cli/cloud_sources.hpp"
#include "cli/crew.hpp"
#include "cli/dead_man_switch.hpp"
#include "cli/from_settings.hpp"
#include "clients/http/boot_time.hpp"
#include "clients/http/curl_transport.hpp"
#include "clients/kube/client.hpp"
#include "core/call_dispatcher.hpp"
#include "core/entry_name.hpp"
#include "core/write_queue.hpp"
#include "messages/protocol.hpp"
#include "observe/log.hpp"
#include "observe/version.hpp"

namespace natgw::cli {

namespace {

constexpr auto retry_delay = std::chrono::seconds{2};
/// What writers and caller leave of a lease, too.
constexpr auto lease_margin = std::chrono::seconds{1};

/// Few threads, no polling while idle, and no actor that keeps its thread.
struct caf_config : caf::actor_system_config {
  caf_config() {
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", size_t{2});
    set("scheduler.max-throughput", size_t{100});
    add_message_types<caf::id_block::natgw>();
  }
};

actors::clock system_clock() {
  return {.now = http::boot_now, .wall = [] {
            return std::chrono::time_point_cast<std::chrono::milliseconds>(
              std::chrono::system_clock::now());
          }};
}

/// Says which replica it is, for those who read the audit logs of both sides.
std::string user_agent(const controller_options& x) {
  return "natgw-controller/" + std::string{observe::version()} + " ("
         + x.identity + ")";
}

/// Room for all that the writers have under way, for lists and for watches:
/// libcurl serves requests that wait for a connection in no fair order.
size_t connections_of(const config::settings& x) {
  constexpr size_t reads = 32;
  return size_t{x.natgw.status_writers}
           * core::write_queue_config{}.max_in_flight
         + reads;
}

kube::client_options
lease_client_options(const std::shared_ptr<observe::metrics>& metrics) {
  kube::client_options result;
  result.on_forbidden = [metrics](auto verb, auto resource) {
    metrics->count_refusal(verb, resource);
  };
  return result;
}

/// A write may leave only if it would end a second before the lease does. So
/// that one can also leave late between two renewals, where leases are short,
/// each is bounded by half of what a fresh lease has left at worst.
kube::client_options
client_options_of(const config::settings& x,
                  const std::shared_ptr<observe::metrics>& metrics) {
  auto result = lease_client_options(metrics);
  const auto& lease = x.natgw.lease;
  if (lease.enabled)
    result.timeout = std::min(
      result.timeout,
      (lease.duration - std::chrono::seconds{1} - lease.retry_period) / 2);
  return result;
}

http::curl_options cloud_options(const controller_options& x) {
  http::curl_options result;
  result.max_host_connections = core::call_dispatcher::options{}.max_in_flight;
  result.user_agent = user_agent(x);
  return result;
}

/// One question to the API server, waited for.
expected<std::string> ask_cluster_uid(kube::client& api) {
  std::promise<expected<std::string>> promise;
  auto answer = promise.get_future();
  api.get_namespace_uid("kube-system", [&promise](expected<std::string> uid) {
    promise.set_value(std::move(uid));
  });
  return answer.get();
}

/// The uid of kube-system is the identity of the cluster, and without it no
/// entry has a name: so ask until there is an answer.
expected<std::string> cluster_uid(kube::client& api,
                                  const std::stop_token& give_up) {
  std::mutex mutex;
  std::condition_variable_any wake;
  while (!give_up.stop_requested()) {
    auto uid = ask_cluster_uid(api);
    if (uid)
      return uid;
    observe::log(observe::level::warn, "cluster_not_answering",
                 {{"code", std::string{to_string(uid.error().code)}},
                  {"detail", uid.error().detail}});
    std::unique_lock lock{mutex};
    wake.wait_for(lock, give_up, retry_delay, [] { return false; });
  }
  return fail(ec::cancelled, "stopped before the API server answered");
}

expected<std::vector<aliyun::credential_source>>
sources_of(const config::settings& settings) {
  return cloud_sources(settings, [](const char* name) -> const char* {
    return std::getenv(name);
  });
}

} // namespace

struct controller::parts {
  std::shared_ptr<observe::metrics> metrics
    = std::make_shared<observe::metrics>();
  /// Null if nothing ends this process but itself.
  std::unique_ptr<dead_man_switch> guard;
  std::unique_ptr<http::curl_transport> kube_net;
  /// Connections of its own: the lease must not wait for one behind a burst.
  std::unique_ptr<http::curl_transport> lease_net;
  std::unique_ptr<http::curl_transport> cloud_net;
  std::shared_ptr<kube::client> api;
  caf_config config;
  std::unique_ptr<caf::actor_system> system;
  supervisor_actor supervisor;
  std::shared_future<bool> ended;
  std::shared_ptr<std::atomic<bool>> ready
    = std::make_shared<std::atomic<bool>>(false);
  std::atomic<bool> stopping = false;
};

controller::controller(std::unique_ptr<parts> all) : parts_{std::move(all)} {
  // nop
}

expected<std::unique_ptr<controller>>
controller::start(const controller_options& options,
                  const std::stop_token& give_up) {
  auto sources = sources_of(options.settings);
  if (!sources)
    return std::unexpected{sources.error()};
  auto p = std::make_unique<parts>();
  auto net = transport_to(options.server, user_agent(options));
  p->lease_net = std::make_unique<http::curl_transport>(net);
  net.max_host_connections = connections_of(options.settings);
  p->kube_net = std::make_unique<http::curl_transport>(net);
  p->cloud_net = std::make_unique<http::curl_transport>(cloud_options(options));
  p->api = std::make_shared<kube::client>(*p->kube_net, options.server,
                                          client_options_of(options.settings,
                                                            p->metrics));
  auto uid = cluster_uid(*p->api, give_up);
  if (!uid)
    return std::unexpected{uid.error()};
  auto names = core::entry_names::make(entry_prefix, *uid);
  if (!names)
    return std::unexpected{names.error()};
  if (options.ends_with_lease) {
    auto guard = dead_man_switch::make();
    if (!guard)
      return std::unexpected{guard.error()};
    p->guard = std::move(*guard);
  }
  p->system = std::make_unique<caf::actor_system>(p->config);
  crew_parts crew{.settings = options.settings,
                  .names = std::move(*names),
                  .identity = options.identity,
                  .api = p->api,
                  .lease_api = std::make_shared<kube::client>(
                    *p->lease_net, options.server,
                    lease_client_options(p->metrics)),
                  .cloud_net = p->cloud_net.get(),
                  .sources = std::move(*sources),
                  .time = system_clock(),
                  .metrics = p->metrics};
  auto promise = std::make_shared<std::promise<bool>>();
  p->ended = promise->get_future().share();
  p->supervisor = p->system->spawn(
    actors::supervisor, supervisor_config_of(options.settings),
    spawners_of(*p->system, std::move(crew)), system_clock(), p->metrics,
    actors::supervisor_listeners{
      .on_readiness = [ready = p->ready](bool now) { *ready = now; },
      .on_lease =
        [guard = p->guard.get()](instant ends) {
          if (guard && ends != instant::max())
            guard->arm(ends - lease_margin);
        }});
  p->supervisor->attach_functor([promise](const caf::error& reason) {
    promise->set_value(reason == caf::exit_reason::normal || !reason);
  });
  return std::unique_ptr<controller>{new controller{std::move(p)}};
}

controller::~controller() {
  stop();
  wait();
  // The actors end first, then the loops that call them back.
  parts_->supervisor = nullptr;
  parts_->system.reset();
}

void controller::stop() {
  if (!parts_->stopping.exchange(true))
    caf::anon_send(parts_->supervisor, atom::stop_v);
}

bool controller::wait() {
  return parts_->ended.get();
}

bool controller::healthy() const {
  return parts_->ended.wait_for(std::chrono::seconds{0})
         != std::future_status::ready;
}

bool controller::ready() const {
  return *parts_->ready && healthy();
}

observe::metrics& controller::metrics() {
  return *parts_->metrics;
}

} // namespace natgw::cli
