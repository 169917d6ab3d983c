#include "actors/placement.hpp"

#include <chrono>
#include <functional>
#include <utility>
#include <variant>

#include "observe/log.hpp"

namespace natgw::actors {

namespace {

using placement_ptr = placement_actor::stateful_pointer<placement_state>;

/// Between two looks at the pods that wait.
constexpr auto tick_interval = std::chrono::seconds{1};

/// Carries out one effect each.
struct placement_sender {
  placement_ptr self;

  template <class... Ts>
  void to_pool(const std::string& gateway, Ts&&... xs) const {
    const auto& pools = self->state.pools;
    if (const auto found = pools.find(gateway); found != pools.end())
      self->send(found->second, std::forward<Ts>(xs)...);
  }

  void operator()(core::send_bind& x) const {
    to_pool(x.gateway, std::move(x.order));
  }

  void operator()(core::send_unbind& x) const {
    to_pool(x.gateway, atom::unbind_pod_v, std::move(x.pod), x.object_gone);
  }

  void operator()(core::send_taken& x) const {
    to_pool(x.gateway, atom::taken_v, std::move(x.address),
            std::move(x.pod_uid));
  }

  void operator()(core::send_record& x) const {
    if (x.gone)
      to_pool(x.gateway, atom::gone_v, std::move(x.record));
    else
      to_pool(x.gateway, atom::changed_v, std::move(x.record));
  }

  void operator()(core::send_pods_synced& x) const {
    to_pool(x.gateway, atom::synced_v);
  }

  void operator()(core::send_records_synced& x) const {
    to_pool(x.gateway, atom::synced_v, x.list);
  }

  void operator()(core::request_pair& x) const {
    observe::log(observe::level::warn, "unknown_gateway_in_records",
                 {{"gateway", x.gateway}});
    self->send(self->state.supervisor, atom::start_v, std::move(x.gateway));
  }

  void operator()(core::zone_outcome& x) const {
    self->state.metrics->count_zone(x.hit);
  }

  void operator()(core::pod_rejected&) const {
    self->state.metrics->count_rejected_pod();
  }

  void operator()(object_event& x) const {
    observe::log(x.warning ? observe::level::warn : observe::level::info,
                 x.reason == "DNATInvalid" ? "pod_rejected" : "pod_waits",
                 {{"pod", x.key.str()}, {"uid", x.uid}, {"why", x.message}});
    const auto& all = self->state.writers;
    const auto i = std::hash<object_key>{}(x.key) % all.size();
    self->send(all[i], std::move(x));
  }
};

void carry_out(placement_ptr self, core::placement_effects effects) {
  for (auto& x : effects)
    std::visit(placement_sender{self}, x);
  auto& st = self->state;
  if (st.ticks || st.core->waiting() == 0)
    return;
  st.ticks = true;
  self->delayed_send(self, tick_interval, atom::tick_v);
}

} // namespace

placement_actor::behavior_type
placement(placement_ptr self, core::placement_options options,
          std::vector<status_writer_actor> writers, supervisor_actor supervisor,
          clock time, std::shared_ptr<observe::metrics> metrics) {
  auto& st = self->state;
  st.core.emplace(std::move(options));
  st.writers = std::move(writers);
  st.supervisor = std::move(supervisor);
  st.time = std::move(time);
  st.metrics = std::move(metrics);
  auto now = [self] { return self->state.time.now(); };
  return {
    [self, now](atom::start) {
      carry_out(self, self->state.core->lead(now()));
    },
    [self, now](atom::start, const std::string& gateway,
                const port_pool_actor& pool) {
      self->state.pools[gateway] = pool;
      carry_out(self, self->state.core->pool_started(gateway, now()));
    },
    [self, now](atom::changed, const pod_ptr& x) {
      carry_out(self, self->state.core->pod_changed(x, now()));
    },
    [self, now](atom::gone, const pod_ptr& x) {
      carry_out(self, self->state.core->pod_gone(x, now()));
    },
    [self, now](atom::synced) {
      carry_out(self, self->state.core->pods_synced(now()));
    },
    [self, now](atom::changed, const node_view& x) {
      carry_out(self, self->state.core->node_changed(x, now()));
    },
    [self](atom::gone, const node_view& x) {
      carry_out(self, self->state.core->node_gone(x));
    },
    [self, now](atom::changed, const record_ptr& x) {
      carry_out(self, self->state.core->record_changed(x, now()));
    },
    [self, now](atom::gone, const record_ptr& x) {
      carry_out(self, self->state.core->record_gone(x, now()));
    },
    [self, now](atom::synced, uint64_t list) {
      carry_out(self, self->state.core->records_synced(list, now()));
    },
    [self, now](const pool_capacity& x) {
      carry_out(self, self->state.core->capacity_told(x, now()));
    },
    [self](const sweep_ptr& x) {
      placement_sender{self}.to_pool(x->gateway, atom::status_v,
                                     self->state.core->with_owners(*x));
    },
    [self, now](const bind_refused& x) {
      carry_out(self, self->state.core->refused(x, now()));
    },
    [self, now](atom::settled, const std::string& gateway,
                const object_key& key) {
      carry_out(self, self->state.core->settled(gateway, key, now()));
    },
    [self, now](atom::tick) {
      self->state.ticks = false;
      carry_out(self, self->state.core->tick(now()));
    },
  };
}

} // namespace natgw::actors
