#include "cli/run.hpp"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "cli/adoption.hpp"
#include "cli/adoption_report.hpp"
#include "cli/controller.hpp"
#include "cli/http_endpoints.hpp"
#include "cli/random_text.hpp"
#include "cli/signals.hpp"
#include "clients/kube/kubeconfig.hpp"
#include "config/load.hpp"
#include "config/text.hpp"
#include "observe/log.hpp"
#include "observe/version.hpp"

namespace natgw::cli {

namespace {

struct run_flags {
  std::string config_path;
  std::string kubeconfig_path;
  std::string context;
  std::string http_address;
  bool adopt_dry_run = false;
  bool as_json = false;
};

expected<bool> parse_output(std::string_view text) {
  if (text != "text" && text != "json")
    return fail(ec::invalid_argument, "must be text or json");
  return text == "json";
}

void complain(const std::string& text) {
  fmt::print(stderr, "run: {}\n", text);
}

std::expected<config::settings, exit_code> load(const run_flags& x) {
  auto loaded = config::load(x.config_path);
  if (!loaded) {
    complain(loaded.error().text());
    return std::unexpected{loaded.error().nothing_to_do ? exit_code::usage
                                                        : exit_code::failure};
  }
  auto settings = std::move(loaded->values);
  if (!x.http_address.empty()) {
    auto at = config::parse_listen_address(x.http_address);
    if (!at) {
      complain("--http-addr: " + at.error().detail);
      return std::unexpected{exit_code::usage};
    }
    settings.natgw.http = *at;
  }
  observe::configure_log({.format = settings.natgw.log.format,
                          .threshold = settings.natgw.log.level});
  for (auto& warning : loaded->warnings)
    observe::log(observe::level::warn, "config_warning", {{"what", warning}});
  if (!loaded->ignored.empty())
    observe::log(
      observe::level::info, "config_ignored",
      {{"keys", fmt::format("{}", fmt::join(loaded->ignored, ", "))}});
  return settings;
}

/// `HOST_RANDOM`: unlike any other process, and readable in `kubectl get
/// lease`.
std::string identity() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0)
    host[0] = '\0';
  return std::string{host.data()} + "_" + random_text(16);
}

exit_code work(config::settings settings, kube::api_server server,
               std::string name) {
  std::stop_source stop;
  std::mutex mutex;
  controller* running = nullptr;
  signal_watch signals{[&](int) {
    stop.request_stop();
    std::lock_guard lock{mutex};
    if (running)
      running->stop();
  }};
  auto at = settings.natgw.http;
  auto started = controller::start({.settings = std::move(settings),
                                    .server = std::move(server),
                                    .identity = std::move(name),
                                    .ends_with_lease = true},
                                   stop.get_token());
  if (!started) {
    if (started.error().code == ec::cancelled)
      return exit_code::success;
    complain(started.error().detail);
    return exit_code::failure;
  }
  auto& it = **started;
  {
    std::lock_guard lock{mutex};
    running = &it;
  }
  if (stop.stop_requested())
    it.stop();
  auto endpoints
    = http_endpoints::start(at, it.metrics(),
                            {.healthy = [&it] { return it.healthy(); },
                             .ready = [&it] { return it.ready(); }});
  if (!endpoints) {
    complain(endpoints.error().detail);
    it.stop();
  } else {
    observe::log(observe::level::info, "listening",
                 {{"url", (*endpoints)->url()}});
  }
  auto orderly = it.wait();
  {
    std::lock_guard lock{mutex};
    running = nullptr;
  }
  if (endpoints)
    (*endpoints)->stop();
  observe::log(observe::level::info, "ended",
               {{"orderly", orderly ? "true" : "false"}});
  return orderly && endpoints ? exit_code::success : exit_code::failure;
}

/// Tells what `work` would begin with.
exit_code foresee(const config::settings& settings,
                  const kube::api_server& server, bool as_json) {
  // Nothing is written, so whoever has seen enough may end it at once.
  signal_watch signals{[](int number) { std::_Exit(128 + number); }};
  auto found = foresee_adoption(settings, server);
  if (!found) {
    complain(found.error().detail);
    return exit_code::failure;
  }
  for (const auto& problem : found->problems)
    complain(problem);
  fmt::print("{}", as_json ? adoption_json(*found) : adoption_text(*found));
  return found->problems.empty() ? exit_code::success : exit_code::failure;
}

exit_code run(const run_flags& x) {
  if (x.as_json && !x.adopt_dry_run) {
    complain("--output is for --adopt-dry-run");
    return exit_code::usage;
  }
  auto settings = load(x);
  if (!settings)
    return settings.error();
  auto server = kube::find_api_server(kube::environment::of_process(),
                                      x.kubeconfig_path, x.context);
  if (!server) {
    complain(server.error().detail);
    return exit_code::failure;
  }
  if (x.adopt_dry_run)
    return foresee(*settings, *server, x.as_json);
  auto name = identity();
  observe::log(observe::level::info, "starting",
               {{"version", std::string{observe::version()}},
                {"identity", name},
                {"server", server->base_url},
                {"gateways", std::to_string(settings->gateways.size())}});
  return work(std::move(*settings), std::move(*server), std::move(name));
}

} // namespace

void add_run(command_line& line) {
  auto x = std::make_shared<run_flags>();
  auto own = line.add("run", "Run the controller", [x] { return run(*x); });
  own.text("--config", x->config_path, "The configuration file", true);
  own.text("--kubeconfig", x->kubeconfig_path,
           "The API server; absent: KUBECONFIG, else the service account");
  own.text("--context", x->context, "A context of the kubeconfig");
  own.text("--http-addr", x->http_address,
           "Where metrics and health listen, HOST:PORT");
  own.toggle("--adopt-dry-run", x->adopt_dry_run,
             "Print what a first start would do with the PodDNATs and entries "
             "that ack-extend-network-controller left behind, and write "
             "nothing; needs no lease. Status 1 if something cannot be read");
  own.parsed("-o,--output", x->as_json, parse_output,
             "How --adopt-dry-run prints, text or json", "FORMAT");
}

} // namespace natgw::cli
