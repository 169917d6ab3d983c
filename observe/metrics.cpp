#include "observe/metrics.hpp"

#include <map>
#include <mutex>
#include <set>
#include <type_traits>
#include <utility>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "observe/version.hpp"

namespace natgw::observe {

namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;
using prometheus::Labels;
using prometheus::Registry;

constexpr size_t max_gateways = 256;

/// Seconds; a pod that waits for a rate limit or a quota may take minutes.
const Histogram::BucketBoundaries ready_buckets{
  0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1800};

Family<Counter>& counters(Registry& registry, const char* name,
                          const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

Family<Gauge>& gauges(Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

std::string_view label(birth_outcome x) {
  switch (x) {
    case birth_outcome::ready:
      return "ready";
    case birth_outcome::failed:
      return "failed";
  }
  return "unknown";
}

std::string_view label(death_outcome x) {
  switch (x) {
    case death_outcome::released:
      return "released";
    case death_outcome::kept:
      return "kept";
    case death_outcome::recycled:
      return "recycled";
  }
  return "unknown";
}

std::string_view label(anomaly x) {
  switch (x) {
    case anomaly::drift:
      return "drift";
    case anomaly::clash:
      return "clash";
    case anomaly::orphan:
      return "orphan";
  }
  return "unknown";
}

std::string_view label(kube_write x) {
  switch (x) {
    case kube_write::record_create:
      return "create";
    case kube_write::record_promise:
      return "promise";
    case kube_write::record_status:
      return "status";
    case kube_write::record_remove:
      return "remove";
    case kube_write::record_release:
      return "release";
    case kube_write::pod_patch:
      return "pod_patch";
    case kube_write::event:
      return "event";
  }
  return "unknown";
}

std::string_view label(watched x) {
  switch (x) {
    case watched::pods:
      return "pods";
    case watched::nodes:
      return "nodes";
    case watched::poddnats:
      return "poddnats";
    case watched::podenis:
      return "podenis";
  }
  return "unknown";
}

std::string_view label(actor_kind x) {
  switch (x) {
    case actor_kind::pod_watcher:
      return "pod_watcher";
    case actor_kind::record_watcher:
      return "record_watcher";
    case actor_kind::placement:
      return "placement";
    case actor_kind::port_pool:
      return "port_pool";
    case actor_kind::forward_table:
      return "forward_table";
    case actor_kind::openapi_caller:
      return "openapi_caller";
    case actor_kind::status_writer:
      return "status_writer";
    case actor_kind::object_reader:
      return "object_reader";
    case actor_kind::lease_keeper:
      return "lease_keeper";
  }
  return "unknown";
}

std::string_view label(std::optional<ec> failure) {
  return failure ? to_string(*failure) : std::string_view{"ok"};
}

Labels one(const char* name, std::string_view value) {
  return {{name, std::string{value}}};
}

void count(Family<Counter>& family, const Labels& labels, uint64_t n = 1) {
  family.Add(labels).Increment(static_cast<double>(n));
}

} // namespace

struct metrics::families {
  Registry registry;
  Family<Counter>& births = counters(registry, "natgw_births_total",
                                     "Births of mappings by their outcome.");
  Family<Counter>& deaths = counters(registry, "natgw_deaths_total",
                                     "Deaths of mappings by their outcome.");
  Family<Counter>& anomalies
    = counters(registry, "natgw_anomalies_total",
               "What should not have been there, by kind.");
  Family<Counter>& violations
    = counters(registry, "natgw_invariant_violations_total",
               "Contradictions between pods, PodDNATs and forward tables.");
  Histogram& ready
    = prometheus::BuildHistogram()
        .Name("natgw_ready_seconds")
        .Help("Time from a pod's address to its published mapping.")
        .Register(registry)
        .Add({}, ready_buckets);
  Counter& rejected = counters(registry, "natgw_rejected_pods_total",
                               "Pods whose annotations break a rule.")
                        .Add({});
  Family<Counter>& zones
    = counters(registry, "natgw_zone_placements_total",
               "Placements in (hit) and out of (miss) the node's zone.");
  Family<Gauge>& ports = gauges(registry, "natgw_ports",
                                "External ports by what they are.");
  Family<Gauge>& usable = gauges(registry, "natgw_gateway_usable",
                                 "1 if the gateway was found and works.");
  Family<Gauge>& entries
    = gauges(registry, "natgw_entries",
             "Forward entries in the table, those of others included.");
  Family<Gauge>& quota = gauges(registry, "natgw_entries_quota",
                                "Entries that fit; 0 while unknown.");
  Family<Gauge>& window = gauges(registry, "natgw_write_window",
                                 "Writes that may be in flight at once.");
  Family<Gauge>& queue = gauges(registry, "natgw_queue_depth",
                                "Writes waiting or in flight.");
  Family<Counter>& calls
    = counters(registry, "natgw_api_calls_total",
               "Calls of the VPC OpenAPI by action and result.");
  Family<Counter>& credentials
    = counters(registry, "natgw_credentials_refreshes_total",
               "Fetches of credentials by source and result.");
  Gauge& circuit = gauges(registry, "natgw_openapi_circuit_open",
                          "1 while the cloud refuses the credentials, else 0.")
                     .Add({});
  Gauge& credentials_end
    = gauges(registry, "natgw_credentials_expiry_timestamp_seconds",
             "When the credentials end; +Inf: never; 0: there are none.")
        .Add({});
  Family<Counter>& kube_writes
    = counters(registry, "natgw_kube_writes_total",
               "Writes to Kubernetes by kind and result.");
  Family<Counter>& refusals
    = counters(registry, "natgw_kube_refusals_total",
               "Requests to Kubernetes for which a right is missing.");
  Family<Counter>& watch_events = counters(registry, "natgw_watch_events_total",
                                           "Events received from watches.");
  Family<Counter>& relists = counters(registry, "natgw_relists_total",
                                      "Lists begun by a watcher.");
  Family<Counter>& restarts = counters(registry, "natgw_actor_restarts_total",
                                       "Restarts of actors by kind.");
  Gauge& lease = gauges(registry, "natgw_lease_held",
                        "1 while this process may write.")
                   .Add({});

  families() {
    // A counter that appears with its first event shows no increase.
    for (auto kind : {anomaly::drift, anomaly::clash, anomaly::orphan})
      count(anomalies, one("kind", label(kind)), 0);
    for (auto number : {"1", "2", "4", "5"})
      count(violations, one("invariant", number), 0);
    gauges(registry, "natgw_build_info", "The version that runs; always 1.")
      .Add(one("version", version()))
      .Set(1);
  }

  /// The label's value for a gateway: its id, as long as there are not too
  /// many of them. Call with the mutex held.
  std::string known(std::string_view gateway) {
    std::string id{gateway};
    if (gateways.contains(id))
      return id;
    if (gateways.size() >= max_gateways)
      return "other";
    gateways.insert(id);
    return id;
  }

  void set(Family<Gauge>& family, const std::string& gateway, double value) {
    family.Add(one("gateway", gateway)).Set(value);
  }

  /// Held while a gateway's series are touched, since `forget_gateway`
  /// destroys them.
  std::mutex mutex;
  /// Never more than `max_gateways`.
  std::set<std::string> gateways;
};

metrics::metrics() : families_(std::make_unique<families>()) {
  // nop
}

metrics::~metrics() = default;

void metrics::count_birth(birth_outcome outcome) {
  count(families_->births, one("outcome", label(outcome)));
}

void metrics::count_death(death_outcome outcome) {
  count(families_->deaths, one("outcome", label(outcome)));
}

void metrics::count_anomaly(anomaly kind) {
  count(families_->anomalies, one("kind", label(kind)));
}

void metrics::count_violation(std::string_view invariant) {
  count(families_->violations, one("invariant", invariant));
}

void metrics::observe_ready(std::chrono::nanoseconds since_ip) {
  families_->ready.Observe(std::chrono::duration<double>{since_ip}.count());
}

void metrics::count_rejected_pod() {
  families_->rejected.Increment();
}

void metrics::count_zone(bool hit) {
  count(families_->zones, one("result", hit ? "hit" : "miss"));
}

void metrics::set_ports(std::string_view gateway, protocol proto,
                        const port_figures& figures) {
  std::lock_guard guard{families_->mutex};
  auto labels = Labels{{"gateway", families_->known(gateway)},
                       {"protocol", std::string{to_string(proto)}}};
  auto set = [&](const char* name, uint64_t value) {
    labels["state"] = name;
    families_->ports.Add(labels).Set(static_cast<double>(value));
  };
  set("free", figures.free);
  set("used", figures.used);
  set("cooling", figures.cooling);
  set("foreign", figures.foreign);
}

void metrics::set_table(std::string_view gateway, const table_report& report) {
  auto& to = *families_;
  std::lock_guard guard{to.mutex};
  auto id = to.known(gateway);
  to.set(to.usable, id, report.usable ? 1 : 0);
  to.set(to.entries, id, report.entries);
  to.set(to.quota, id, report.quota);
  to.set(to.window, id, report.window);
  to.set(to.queue, id, report.queue_depth);
}

void metrics::forget_gateway(std::string_view gateway) {
  auto& to = *families_;
  std::lock_guard guard{to.mutex};
  std::string id{gateway};
  if (to.gateways.erase(id) == 0)
    return;
  for (auto* family :
       {&to.usable, &to.entries, &to.quota, &to.window, &to.queue})
    family->Remove(&family->Add(one("gateway", id)));
  for (const auto* proto : {"tcp", "udp"})
    for (const auto* state : {"free", "used", "cooling", "foreign"})
      to.ports.Remove(&to.ports.Add(
        Labels{{"gateway", id}, {"protocol", proto}, {"state", state}}));
}

void metrics::count_call(api_action action, std::optional<ec> failure) {
  count(families_->calls, Labels{{"action", std::string{to_string(action)}},
                                 {"code", std::string{label(failure)}}});
}

void metrics::count_kube_write(kube_write op, std::optional<ec> failure) {
  count(families_->kube_writes,
        Labels{{"op", std::string{label(op)}},
               {"result", std::string{label(failure)}}});
}

void metrics::count_refusal(std::string_view verb, std::string_view resource) {
  count(families_->refusals, Labels{{"resource", std::string{resource}},
                                    {"verb", std::string{verb}}});
}

void metrics::count_watch_events(watched resource, uint64_t events) {
  count(families_->watch_events, one("resource", label(resource)), events);
}

void metrics::count_relist(watched resource) {
  count(families_->relists, one("resource", label(resource)));
}

void metrics::count_restart(actor_kind actor) {
  count(families_->restarts, one("actor", label(actor)));
}

void metrics::set_lease_held(bool held) {
  families_->lease.Set(held ? 1 : 0);
}

void metrics::count_credentials(std::string_view source, bool good) {
  count(families_->credentials,
        {{"source", std::string{source}}, {"result", good ? "ok" : "failed"}});
}

void metrics::set_circuit(bool open) {
  families_->circuit.Set(open ? 1 : 0);
}

void metrics::set_credentials_expiry(double since_1970) {
  families_->credentials_end.Set(since_1970);
}

std::string metrics::text() const {
  return prometheus::TextSerializer{}.Serialize(families_->registry.Collect());
}

kube_write kind_of(record_op op) {
  switch (op) {
    case record_op::create:
      return kube_write::record_create;
    case record_op::promise:
      return kube_write::record_promise;
    case record_op::status:
      return kube_write::record_status;
    case record_op::remove:
      return kube_write::record_remove;
    case record_op::release:
      return kube_write::record_release;
  }
  return kube_write::record_create;
}

} // namespace natgw::observe
