#include "actors/pod_watcher.hpp"

#include <algorithm>
#include <utility>

namespace natgw::actors {

namespace {

using pod_watcher_ptr = pod_watcher_self::stateful_pointer<pod_watcher_state>;

void wake(pod_watcher_ptr self, const clock& time, instant at) {
  self->state.timer.arm(self, time.now(), at);
}

void listed(pod_watcher_ptr self, const placement_actor& placement,
            bool& which) {
  auto& st = self->state;
  auto news = !std::exchange(which, true);
  if (news && st.pods_listed && st.nodes_listed)
    self->send(placement, atom::synced_v);
}

/// The pod together with what has its address, as far as that is known.
pod_ptr joined(const pod_watcher_state& st, const pod_ptr& x) {
  if (!x->annotations->present || x->ip.empty())
    return x;
  auto interface = st.interfaces->cache().find(x->key);
  if (!interface)
    return x;
  auto found = std::ranges::find(interface->allocations, x->ip,
                                 &interface_ref::address);
  if (found == interface->allocations.end())
    return x;
  auto result = std::make_shared<pod_view>(*x);
  result->interface = interface_ptr{interface, &*found};
  return result;
}

resource_listener<pod_view> pod_listener(pod_watcher_ptr self,
                                         const clock& time,
                                         const placement_actor& placement) {
  return {
    .changed =
      [self, placement](const pod_ptr& x) {
        self->send(placement, atom::changed_v, joined(self->state, x));
      },
    .gone = [self, placement](
              const pod_ptr& x) { self->send(placement, atom::gone_v, x); },
    .listed = [self, placement](
                uint64_t) { listed(self, placement, self->state.pods_listed); },
    .wake = [self, time](instant at) { wake(self, time, at); },
  };
}

resource_listener<node_view> node_listener(pod_watcher_ptr self,
                                           const clock& time,
                                           const placement_actor& placement) {
  using pointer = std::shared_ptr<const node_view>;
  return {
    .changed =
      [self, placement](const pointer& x) {
        self->send(placement, atom::changed_v, *x);
      },
    .gone = [self, placement](
              const pointer& x) { self->send(placement, atom::gone_v, *x); },
    .listed =
      [self, placement](uint64_t) {
        listed(self, placement, self->state.nodes_listed);
      },
    .wake = [self, time](instant at) { wake(self, time, at); },
  };
}

/// What was known of a former interface stays with its pod, since the address
/// decides: so only new knowledge is told.
resource_listener<interface_view>
interface_listener(pod_watcher_ptr self, const clock& time,
                   const placement_actor& placement) {
  using pointer = std::shared_ptr<const interface_view>;
  return {
    .changed =
      [self, placement](const pointer& x) {
        auto& st = self->state;
        auto plain = st.pods->cache().find(x->key);
        if (!plain)
          return;
        if (auto pod = joined(st, plain); pod != plain)
          self->send(placement, atom::changed_v, pod);
      },
    .gone = [](const pointer&) {},
    .listed = [](uint64_t) {},
    .wake = [self, time](instant at) { wake(self, time, at); },
  };
}

} // namespace

pod_watcher_self::behavior_type
pod_watcher(pod_watcher_ptr self, std::shared_ptr<kube::client> api,
            const clock& time, pod_watcher_config cfg,
            const placement_actor& placement) {
  auto& state = self->state;
  state.pods.emplace("pods", self, api, time, std::move(cfg.pods),
                     pod_listener(self, time, placement));
  state.nodes.emplace("nodes", self, api, time, std::move(cfg.nodes),
                      node_listener(self, time, placement));
  state.interfaces.emplace("podenis", self, std::move(api), time,
                           std::move(cfg.interfaces),
                           interface_listener(self, time, placement));
  return {
    [self](atom::start) {
      // Nodes first: they are few, and every pod needs its zone.
      self->state.nodes->start();
      self->state.pods->start();
      self->state.interfaces->start();
    },
    [self](atom::stop) { self->quit(); },
    [self](const api_news_ptr<pod_view>& x) { self->state.pods->handle(*x); },
    [self](const api_news_ptr<node_view>& x) { self->state.nodes->handle(*x); },
    [self](const api_news_ptr<interface_view>& x) {
      self->state.interfaces->handle(*x);
    },
    [self](atom::tick, uint64_t number) {
      auto& st = self->state;
      if (!st.timer.goes_off(number))
        return;
      st.nodes->advance();
      st.pods->advance();
      st.interfaces->advance();
    },
  };
}

} // namespace natgw::actors
