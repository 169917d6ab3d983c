#include "test/simulation/process.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/send.hpp>

#include "actors/supervisor.hpp"
#include "cli/crew.hpp"
#include "core/entry_name.hpp"
#include "test/simulation/servers.hpp"

namespace natgw::simulation {

namespace {

struct caf_config : caf::actor_system_config {
  caf_config() {
    set("scheduler.policy", caf::atom("testing"));
  }
};

kube::api_server cluster_address() {
  return {.base_url = "http://cluster",
          .tls = {},
          .credentials = kube::token_source::fixed(servers::controller_token)};
}

aliyun::credential_source key_pair() {
  emulator::access_key key;
  return aliyun::fixed_source(credential_origin::configuration,
                              {.access_key = key.id,
                               .access_secret = core::secret{key.secret},
                               .security_token = {},
                               .expires = {}});
}

aliyun::credential_source node_role() {
  return aliyun::ecs_role_source({.endpoint = "http://metadata"});
}

} // namespace

struct process::parts {
  parts(network& net, process_options options)
    : cfg{std::move(options)},
      kube_net{net.connect(side::cluster, cfg.identity, cfg.realm)},
      lease_net{net.connect(side::cluster, cfg.identity, cfg.realm)},
      cloud_net{net.connect(side::cloud, cfg.identity, cfg.realm)},
      dice{cfg.seed} {
    scheduler.clock().current_time = caf_time();
  }

  caf::actor_clock::time_point caf_time() const {
    return caf::actor_clock::time_point{cfg.now().time_since_epoch()};
  }

  actors::clock clock() const {
    return {.now = cfg.now,
            .wall = [now = cfg.now] { return servers::wall(now()); }};
  }

  template <class Handle>
  Handle enlist(Handle x) {
    crew.push_back(x.address());
    return x;
  }

  /// The same, with every actor written down: the system waits for each.
  template <class Result, class... Ts>
  void record(std::function<Result(Ts...)>& spawn) {
    if (spawn)
      spawn = [this, inner = std::move(spawn)](Ts... xs) {
        return enlist(inner(std::forward<Ts>(xs)...));
      };
  }

  actors::spawners spawners();
  void start();

  process_options cfg;
  link& kube_net;
  link& lease_net;
  link& cloud_net;
  emulator::dice dice;
  caf_config config;
  caf::actor_system system{config};
  caf::scheduler::test_coordinator& scheduler
    = dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler());
  std::vector<caf::actor_addr> crew;
  std::vector<caf::actor_addr> tables;
  std::vector<caf::actor_addr> pools;
  supervisor_actor supervisor;
  bool ended = false;
};

actors::spawners process::parts::spawners() {
  auto metrics = std::make_shared<observe::metrics>();
  auto uid = cfg.cluster_uid;
  auto make = cli::spawners_of(
    system,
    {.settings = cfg.settings,
     .names = *core::entry_names::make("natgw", uid),
     .identity = cfg.identity,
     .api = std::make_shared<kube::client>(kube_net, cluster_address()),
     .lease_api = std::make_shared<kube::client>(lease_net, cluster_address()),
     .cloud_net = &cloud_net,
     .sources = {cfg.temporary_credentials ? node_role() : key_pair()},
     .time = clock(),
     .metrics = metrics,
     .seed = [this] { return dice.roll(UINT64_MAX); }});
  record(make.lease_keeper);
  record(make.credentials);
  record(make.caller);
  record(make.reader);
  record(make.placement);
  record(make.records);
  record(make.pods);
  make.writers = [this, inner = std::move(make.writers)] {
    auto result = inner();
    for (auto& x : result)
      enlist(x);
    return result;
  };
  make.table = [this, inner = std::move(make.table)](const auto& around) {
    auto result = enlist(inner(around));
    tables.push_back(result.address());
    return result;
  };
  make.pool = [this, inner = std::move(make.pool)](const auto& around,
                                                   const auto& table) {
    auto result = enlist(inner(around, table));
    pools.push_back(result.address());
    return result;
  };
  return make;
}

void process::parts::start() {
  supervisor
    = system.spawn(actors::supervisor, cli::supervisor_config_of(cfg.settings),
                   spawners(), clock(), std::make_shared<observe::metrics>(),
                   actors::supervisor_listeners{.on_readiness = [](bool) {},
                                                .on_lease = [](instant) {}});
  supervisor->attach_functor([this](const caf::error&) { ended = true; });
}

process::process(network& net, process_options cfg)
  : parts_{std::make_unique<parts>(net, std::move(cfg))} {
  parts_->start();
}

/// What the actors still do is heard by nobody.
process::~process() {
  auto& x = *parts_;
  for (auto* way : {&x.kube_net, &x.lease_net, &x.cloud_net})
    way->sever();
  caf::anon_send_exit(x.supervisor, caf::exit_reason::kill);
  x.supervisor = nullptr;
  x.scheduler.run();
  for (auto& address : x.crew)
    if (auto member = caf::actor_cast<caf::actor>(address))
      caf::anon_send_exit(member, caf::exit_reason::kill);
  x.scheduler.run();
}

size_t process::runnable() const {
  return parts_->scheduler.jobs.size();
}

void process::step(size_t n) {
  auto& jobs = parts_->scheduler.jobs;
  std::swap(jobs.front(), jobs[n]);
  parts_->scheduler.run_once();
}

void process::catch_up() {
  auto& clock = parts_->scheduler.clock();
  auto passed = parts_->caf_time() - clock.current_time;
  if (passed.count() > 0)
    clock.advance_time(passed);
}

std::optional<instant> process::next_timer() const {
  const auto& planned = parts_->scheduler.clock().schedule();
  if (planned.empty())
    return std::nullopt;
  return instant{planned.begin()->first.time_since_epoch()};
}

void process::freeze() {
  for (auto* x : {&parts_->kube_net, &parts_->lease_net, &parts_->cloud_net})
    x->freeze();
}

void process::thaw() {
  for (auto* x : {&parts_->kube_net, &parts_->lease_net, &parts_->cloud_net})
    x->thaw();
}

void process::stop() {
  caf::anon_send(parts_->supervisor, atom::stop_v);
}

bool process::break_pair(bool table, uint64_t choice) {
  const auto& list = table ? parts_->tables : parts_->pools;
  if (list.empty())
    return false;
  auto member = caf::actor_cast<caf::actor>(list[choice % list.size()]);
  if (!member)
    return false;
  parts_->kube_net.forsake();
  caf::anon_send_exit(member, caf::exit_reason::kill);
  return true;
}

bool process::ended() const {
  return parts_->ended;
}

} // namespace natgw::simulation
