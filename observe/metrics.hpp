#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "messages/api_call.hpp"
#include "messages/entry.hpp"
#include "messages/error.hpp"
#include "messages/port.hpp"
#include "messages/record.hpp"

namespace natgw::observe {

/// How the birth of a mapping ended.
enum class birth_outcome : uint8_t {
  /// Its entries forward and are published.
  ready,
  /// The cloud or Kubernetes refused it for good.
  failed,
};

/// How the death of a mapping ended.
enum class death_outcome : uint8_t {
  /// Nothing is left of it.
  released,
  /// Its PodDNAT keeps the ports for a successor (a fixed mapping).
  kept,
  /// It became another pod's mapping by one Modify.
  recycled,
};

/// What should not be there, found and mended.
enum class anomaly : uint8_t {
  /// An entry of ours was changed or deleted by somebody else.
  drift,
  /// Two PodDNATs promised one port.
  clash,
  /// An entry of ours had neither PodDNAT nor pod.
  orphan,
};

/// The kinds of writes to Kubernetes.
enum class kube_write : uint8_t {
  record_create,
  record_promise,
  record_status,
  record_remove,
  record_release,
  pod_patch,
  event,
};

/// The kind of a write to a PodDNAT.
kube_write kind_of(record_op op);

/// The resources that are watched.
enum class watched : uint8_t { pods, nodes, poddnats, podenis };

/// The actors that may be restarted; also the value of the metric's label.
enum class actor_kind : uint8_t {
  pod_watcher,
  record_watcher,
  placement,
  port_pool,
  forward_table,
  openapi_caller,
  status_writer,
  object_reader,
  lease_keeper,
};

/// The external ports of one gateway, by what they are, over all its EIPs and
/// for one protocol.
struct port_figures {
  uint64_t free = 0;
  uint64_t used = 0;
  uint64_t cooling = 0;
  uint64_t foreign = 0;
};

/// The metrics of one process, named `natgw_…` in base units. Thread-safe;
/// every call is a hash lookup and an atomic addition, or less. Labels are
/// enums or gateway ids; of the latter at most 256 are told apart, the others
/// share the label "other".
class metrics {
public:
  metrics();
  ~metrics();
  metrics(const metrics&) = delete;
  metrics& operator=(const metrics&) = delete;

  /// natgw_births_total{outcome}
  void count_birth(birth_outcome outcome);
  /// natgw_deaths_total{outcome}
  void count_death(death_outcome outcome);
  /// natgw_anomalies_total{kind}; every kind is there from the start.
  void count_anomaly(anomaly kind);
  /// natgw_invariant_violations_total{invariant}: what the self-check has
  /// found broken, "1", "2", "4" or "5"; all are there from the start.
  void count_violation(std::string_view invariant);
  /// natgw_ready_seconds: from the pod's IP to its published mapping.
  void observe_ready(std::chrono::nanoseconds since_ip);
  /// natgw_rejected_pods_total: annotations that break a rule.
  void count_rejected_pod();
  /// natgw_zone_placements_total{result="hit"|"miss"}
  void count_zone(bool hit);

  /// natgw_ports{gateway,protocol,state="free"|"used"|"cooling"|"foreign"}
  void set_ports(std::string_view gateway, protocol proto,
                 const port_figures& figures);
  /// natgw_gateway_usable, natgw_entries, natgw_entries_quota,
  /// natgw_write_window and natgw_queue_depth, each {gateway}
  void set_table(std::string_view gateway, const table_report& report);
  /// Removes every series of a gateway that is served no more.
  void forget_gateway(std::string_view gateway);

  /// natgw_api_calls_total{action,code}; "ok" where nothing went wrong.
  void count_call(api_action action, std::optional<ec> failure);
  /// natgw_credentials_refreshes_total{source,result="ok"|"failed"}. Call with
  /// the names of sources only.
  void count_credentials(std::string_view source, bool good);
  /// natgw_openapi_circuit_open: 1 while the cloud does not accept the
  /// credentials and no call is made but a probe now and then, else 0.
  void set_circuit(bool open);
  /// natgw_credentials_expiry_timestamp_seconds: when what signs the calls
  /// ends, in seconds since 1970; +Inf: never; 0: nothing is held.
  void set_credentials_expiry(double since_1970);
  /// natgw_kube_writes_total{op,result}; "ok" where nothing went wrong.
  void count_kube_write(kube_write op, std::optional<ec> failure);

  /// natgw_kube_refusals_total{resource,verb}: requests for which a right is
  /// missing. Call with words of a small set only.
  void count_refusal(std::string_view verb, std::string_view resource);

  /// natgw_watch_events_total{resource}
  void count_watch_events(watched resource, uint64_t events = 1);
  /// natgw_relists_total{resource}; the first list counts too.
  void count_relist(watched resource);

  /// natgw_actor_restarts_total{actor}
  void count_restart(actor_kind actor);
  /// natgw_lease_held: 1 while this process may write.
  void set_lease_held(bool held);

  /// Everything in Prometheus' text format, version 0.0.4. Includes
  /// natgw_build_info{version} with the value 1.
  std::string text() const;

private:
  struct families;
  std::unique_ptr<families> families_;
};

} // namespace natgw::observe
