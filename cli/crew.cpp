#include "cli/crew.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include <caf/actor_system.hpp>

#include "actors/credential_keeper.hpp"
#include "actors/forward_table.hpp"
#include "actors/lease_keeper.hpp"
#include "actors/object_reader.hpp"
#include "actors/placement.hpp"
#include "actors/pod_watcher.hpp"
#include "actors/port_pool.hpp"
#include "actors/record_watcher.hpp"
#include "actors/status_writer.hpp"
#include "cli/from_settings.hpp"
#include "config/capacity.hpp"
#include "core/port_allocator.hpp"

namespace natgw::cli {

namespace {

using parts_ptr = std::shared_ptr<const crew_parts>;

constexpr auto minute = std::chrono::seconds{60};

std::chrono::seconds whole_seconds(std::chrono::milliseconds x) {
  return std::chrono::duration_cast<std::chrono::seconds>(x);
}

object_key lease_key(const crew_parts& x) {
  auto& lease = x.settings.natgw.lease;
  auto& name = x.settings.natgw.controller_class;
  return {lease.ns, name.empty() ? lease.name : lease.name + "-" + name};
}

actors::lease_keeper_config lease_config(const crew_parts& x) {
  auto& lease = x.settings.natgw.lease;
  return {.lease = lease_key(x),
          .election = {.identity = x.identity,
                       .lease_duration = whole_seconds(lease.duration),
                       .renew_deadline = whole_seconds(lease.renew_deadline),
                       .retry_period = lease.retry_period},
          .write_timeout = lease.renew_deadline / 2,
          .seed = x.seed()};
}

actors::status_writer_config writer_config(const crew_parts& x) {
  auto& settings = x.settings;
  auto share = settings.natgw.status_writers;
  actors::status_writer_config result;
  result.queue.limit = {.count = std::max(1U, settings.kube_qps / share),
                        .per = std::chrono::seconds{1}};
  result.queue.burst = std::max(1U, settings.kube_burst / share);
  result.controller = lease_key(x);
  result.seed = x.seed();
  result.metrics = x.metrics;
  return result;
}

actors::openapi_caller_config caller_config(const crew_parts& x) {
  auto& own = x.settings.natgw;
  actors::openapi_caller_config result;
  result.endpoint = endpoint_of(x.settings);
  for (size_t i = 0; i < api_action_count; ++i)
    result.dispatch.limits[i]
      = {.quota = {.count = own.rates.per_minute[i], .per = minute},
         .burst = own.rates.burst};
  result.write_timeout = own.write_deadline;
  result.seed = x.seed();
  result.on_attempt = [metrics = x.metrics](auto& seen) {
    metrics->count_call(seen.action, seen.outcome == call_class::ok
                                       ? std::nullopt
                                       : std::optional{seen.failure});
  };
  result.on_circuit = [metrics = x.metrics](bool open) {
    metrics->set_circuit(open);
  };
  return result;
}

double expiry_of(const actors::credential_observation& x) {
  if (!x.held)
    return 0;
  return x.expires
           ? std::chrono::duration<double>{x.expires->time_since_epoch()}
               .count()
           : std::numeric_limits<double>::infinity();
}

actors::credential_keeper_config keeper_config(const crew_parts& x) {
  actors::credential_keeper_config result;
  result.sources = x.sources;
  result.seed = x.seed();
  result.on_fetch = [metrics = x.metrics](auto& seen) {
    metrics->count_credentials(to_string(seen.source), seen.good);
    metrics->set_credentials_expiry(expiry_of(seen));
  };
  return result;
}

actors::pod_watcher_config pod_config(const crew_parts& x) {
  auto& own = x.settings.natgw;
  actors::pod_watcher_config result;
  result.pods.ns = own.watch_namespace;
  result.pods.label_selector = own.pod_selector;
  result.interfaces.ns = own.watch_namespace;
  for (auto watch : {&result.pods, &result.nodes, &result.interfaces}) {
    watch->reflector.page_size = own.page_size;
    watch->seed = x.seed();
    watch->metrics = x.metrics;
  }
  return result;
}

actors::watch_config record_config(const crew_parts& x) {
  actors::watch_config result;
  result.ns = x.settings.natgw.watch_namespace;
  result.reflector.page_size = x.settings.natgw.page_size;
  result.seed = x.seed();
  result.metrics = x.metrics;
  return result;
}

core::placement_options placement_config(const crew_parts& x) {
  core::placement_options result;
  result.rules = rules_of(x.settings);
  for (auto& gateway : x.settings.gateways)
    result.gateways.push_back({gateway.id, gateway.zone});
  return result;
}

core::table_options table_config(const crew_parts& x,
                                 const actors::pair_surroundings& around) {
  auto& own = x.settings.natgw;
  return {.gateway = around.gateway,
          .vpc = x.settings.vpc,
          .names = x.names,
          .epoch = around.epoch,
          .seed = x.seed(),
          .write_deadline = own.write_deadline,
          .sweep_interval = own.sweep_interval,
          .max_window = own.max_window,
          .gone_period = own.gateway_gone_after};
}

core::pool_options pool_config(const crew_parts& x,
                               const actors::pair_surroundings& around) {
  auto& own = x.settings.natgw;
  core::pool_options result{
    .names = x.names,
    .gateway = around.gateway,
    .controller_class = own.controller_class,
    .blocked_ports = config::blocked_ports(own, core::carrier_blocked_ports)};
  auto found = std::ranges::find(x.settings.gateways, around.gateway,
                                 &config::gateway_pool::id);
  if (found != x.settings.gateways.end()) {
    result.zone = found->zone;
    result.eips = found->eips;
    result.first_port = found->ports.first;
    result.last_port = found->ports.last;
  }
  result.entries = own.entries_per_gateway;
  result.cooldown = whole_seconds(own.cooldown);
  result.seed = x.seed();
  result.epoch = around.epoch;
  result.early = own.early_address;
  result.fixed_linger = whole_seconds(own.fixed_linger);
  result.workload_probe = whole_seconds(own.workload_probe_interval);
  result.orphan_limit_percent = own.orphan_limit_percent;
  result.accept_orphans = own.accept_orphans;
  result.drain = around.drain;
  return result;
}

void add_helpers(actors::spawners& make, caf::actor_system& sys,
                 const parts_ptr& x) {
  if (x->settings.natgw.lease.enabled)
    make.lease_keeper = [&sys, x](const supervisor_actor& boss) {
      return lease_keeper_actor{sys.spawn(actors::lease_keeper, x->lease_api,
                                          x->time, lease_config(*x), boss)};
    };
  make.writers = [&sys, x] {
    std::vector<status_writer_actor> result;
    result.reserve(x->settings.natgw.status_writers);
    for (uint32_t i = 0; i < x->settings.natgw.status_writers; ++i)
      result.emplace_back(
        sys.spawn(actors::status_writer, x->api, x->time, writer_config(*x)));
    return result;
  };
  make.credentials = [&sys, x](const status_writer_actor& writer) {
    return credential_keeper_actor{sys.spawn(actors::credential_keeper,
                                             x->cloud_net, writer, x->time,
                                             keeper_config(*x))};
  };
  make.caller = [&sys, x](const credential_keeper_actor& keeper,
                          const status_writer_actor& writer) {
    return openapi_caller_actor{sys.spawn(actors::openapi_caller, x->cloud_net,
                                          keeper, writer, x->time,
                                          caller_config(*x))};
  };
  make.reader = [&sys, x] {
    return object_reader_actor{
      sys.spawn(actors::object_reader, x->api, actors::object_reader_config{})};
  };
}

void add_watchers(actors::spawners& make, caf::actor_system& sys,
                  const parts_ptr& x) {
  make.placement = [&sys, x](const supervisor_actor& boss,
                             const std::vector<status_writer_actor>& writers) {
    return sys.spawn(actors::placement, placement_config(*x), writers, boss,
                     x->time, x->metrics);
  };
  make.records = [&sys, x](const placement_actor& placement) {
    return record_watcher_actor{sys.spawn(
      actors::record_watcher, x->api, x->time, record_config(*x), placement)};
  };
  make.pods = [&sys, x](const placement_actor& placement) {
    return pod_watcher_actor{sys.spawn(actors::pod_watcher, x->api, x->time,
                                       pod_config(*x), placement)};
  };
}

} // namespace

actors::supervisor_config
supervisor_config_of(const config::settings& settings) {
  actors::supervisor_config result;
  for (auto& gateway : settings.gateways)
    result.gateways.push_back(gateway.id);
  return result;
}

actors::spawners spawners_of(caf::actor_system& sys, crew_parts parts) {
  auto x = std::make_shared<const crew_parts>(std::move(parts));
  actors::spawners make;
  add_helpers(make, sys, x);
  add_watchers(make, sys, x);
  make.table = [&sys, x](const actors::pair_surroundings& around) {
    return forward_table_actor{sys.spawn(actors::forward_table,
                                         table_config(*x, around),
                                         around.caller, x->time, x->metrics)};
  };
  make.pool = [&sys, x](const actors::pair_surroundings& around,
                        const forward_table_actor& table) {
    return port_pool_actor{
      sys.spawn(actors::port_pool, pool_config(*x, around),
                actors::pool_peers{.placement = around.placement,
                                   .table = table,
                                   .records = around.records,
                                   .reader = around.reader,
                                   .writers = around.writers},
                x->time, x->metrics)};
  };
  return make;
}

} // namespace natgw::cli
