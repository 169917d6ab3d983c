#include "actors/port_pool.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>
#include <variant>

#include "observe/log.hpp"

namespace natgw::actors {

namespace {

using pool_ptr = port_pool_self::stateful_pointer<port_pool_state>;

constexpr auto refresh_timeout = std::chrono::seconds{60};
constexpr auto count_interval = std::chrono::seconds{1};

void carry_out(pool_ptr self, core::pool_effects effects);

/// Carries out one effect each.
struct pool_sender {
  pool_ptr self;

  port_pool_state& st() const {
    return self->state;
  }

  const status_writer_actor& writer(const object_key& key) const {
    auto& all = st().peers.writers;
    return all[std::hash<object_key>{}(key) % all.size()];
  }

  void operator()(record_write& x) const {
    self->send(writer(x.key), std::move(x));
  }

  void operator()(pod_patch& x) const {
    self->send(writer(x.key), std::move(x));
  }

  void operator()(object_event& x) const {
    auto about_us = x.about == event_subject::controller;
    self->send(about_us ? st().peers.writers.front() : writer(x.key),
               std::move(x));
  }

  void operator()(entry_want& x) const {
    self->send(st().peers.table, std::move(x));
  }

  void operator()(entry_drop& x) const {
    self->send(st().peers.table, std::move(x));
  }

  void operator()(object_query& x) const {
    self->send(st().peers.reader, std::move(x));
  }

  void operator()(pool_capacity& x) const {
    self->send(st().peers.placement, std::move(x));
  }

  void operator()(bind_refused& x) const {
    self->send(st().peers.placement, std::move(x));
  }

  void operator()(core::refresh_records&) const {
    auto numbered = [self = self](uint64_t list) {
      auto& st = self->state;
      carry_out(self, st.core->refresh_numbered(list, st.time.now()));
    };
    auto failed = [self = self](const caf::error& err) {
      // Without an answer nothing may ever be freed: start over.
      self->quit(err);
    };
    self
      ->request(st().peers.records, refresh_timeout, atom::refresh_v,
                st().gateway)
      .then(numbered, failed);
  }

  void operator()(core::table_settled&) const {
    self->send(st().peers.table, atom::settled_v);
  }

  void operator()(core::slot_settled& x) const {
    self->send(st().peers.placement, atom::settled_v, st().gateway,
               std::move(x.key));
  }

  void operator()(core::pool_note& x) const {
    observe::log(x.warning ? observe::level::warn : observe::level::info,
                 x.event,
                 {{"gateway", st().gateway},
                  {"pod", x.key.name.empty() ? std::string{} : x.key.str()},
                  {"uid", x.uid},
                  {"detail", x.detail}});
  }

  void operator()(core::pool_measure& x) const {
    auto& metrics = *st().metrics;
    switch (x.kind) {
      case core::pool_measure_kind::birth:
        metrics.count_birth(observe::birth_outcome::ready);
        metrics.observe_ready(x.elapsed);
        break;
      case core::pool_measure_kind::death:
        metrics.count_death(observe::death_outcome::released);
        break;
      case core::pool_measure_kind::failure:
        metrics.count_birth(observe::birth_outcome::failed);
        break;
      case core::pool_measure_kind::drift:
        metrics.count_anomaly(observe::anomaly::drift);
        break;
      case core::pool_measure_kind::clash:
        metrics.count_anomaly(observe::anomaly::clash);
        break;
      case core::pool_measure_kind::orphan:
        metrics.count_anomaly(observe::anomaly::orphan);
        break;
      case core::pool_measure_kind::violation:
        metrics.count_violation(to_string(x.broken));
        break;
    }
  }
};

/// Returns when to count again, since not everything has been counted now.
instant count_ports(pool_ptr self, instant now) {
  auto& st = self->state;
  if (now - st.counted < count_interval)
    return st.counted + count_interval;
  st.counted = now;
  for (auto proto : {protocol::tcp, protocol::udp}) {
    auto counts = st.core->ports().counts(proto);
    st.metrics->set_ports(st.gateway, proto,
                          {.free = counts.free,
                           .used = counts.held,
                           .cooling = counts.cooling,
                           .foreign = counts.foreign});
  }
  return instant::max();
}

void carry_out(pool_ptr self, core::pool_effects effects) {
  for (auto& x : effects)
    std::visit(pool_sender{self}, x);
  auto& st = self->state;
  auto now = st.time.now();
  auto next = std::min(count_ports(self, now), st.core->next_tick());
  if (next != instant::max())
    st.timer.arm(self, now, next);
}

} // namespace

port_pool_self::behavior_type
port_pool(pool_ptr self, core::pool_options options, pool_peers peers,
          clock time, std::shared_ptr<observe::metrics> metrics) {
  auto& st = self->state;
  st.gateway = options.gateway;
  auto epoch = options.epoch;
  st.core.emplace(std::move(options));
  st.peers = std::move(peers);
  st.time = std::move(time);
  st.metrics = std::move(metrics);
  self->send(st.peers.table, atom::start_v, port_pool_actor{self}, epoch);
  carry_out(self, st.core->start(st.time.now()));
  auto now = [self] { return self->state.time.now(); };
  return {
    [self, now](const bind_order& x) {
      carry_out(self, self->state.core->bind(x, now()));
    },
    [self, now](atom::unbind_pod, const pod_ptr& pod, bool object_gone) {
      carry_out(self, self->state.core->unbind(pod, object_gone, now()));
    },
    [self, now](atom::taken, const std::string& ip, const std::string& uid) {
      carry_out(self, self->state.core->address_taken(ip, uid, now()));
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
    [self, now](atom::synced) {
      carry_out(self, self->state.core->pods_synced(now()));
    },
    [self, now](const entry_news& x) {
      carry_out(self, self->state.core->entry_told(x, now()));
    },
    [self, now](const foreign_news& x) {
      carry_out(self, self->state.core->foreign_told(x, now()));
    },
    [self, now](const table_report& x) {
      carry_out(self, self->state.core->table_told(x, now()));
    },
    [self](const sweep_ptr& x) { self->send(self->state.peers.placement, x); },
    [self, now](atom::status, const sweep_ptr& x) {
      carry_out(self, self->state.core->swept(x, now()));
    },
    [self, now](const record_written& x) {
      carry_out(self, self->state.core->record_written(x, now()));
    },
    [self, now](const pod_patched& x) {
      carry_out(self, self->state.core->pod_patched(x, now()));
    },
    [self, now](const object_answer& x) {
      carry_out(self, self->state.core->object_answered(x, now()));
    },
    [self, now](atom::tick, uint64_t number) {
      if (self->state.timer.goes_off(number))
        carry_out(self, self->state.core->tick(now()));
    },
  };
}

} // namespace natgw::actors
