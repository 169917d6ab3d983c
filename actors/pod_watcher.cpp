#include "actors/pod_watcher.hpp"

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

resource_listener<pod_view> pod_listener(pod_watcher_ptr self,
                                         const clock& time,
                                         const placement_actor& placement) {
  return {
    .changed =
      [self, placement](const pod_ptr& x) {
        self->send(placement, atom::changed_v, x);
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

} // namespace

pod_watcher_self::behavior_type
pod_watcher(pod_watcher_ptr self, std::shared_ptr<kube::client> api,
            const clock& time, pod_watcher_config cfg,
            const placement_actor& placement) {
  auto& state = self->state;
  state.pods.emplace("pods", self, api, time, std::move(cfg.pods),
                     pod_listener(self, time, placement));
  state.nodes.emplace("nodes", self, std::move(api), time, std::move(cfg.nodes),
                      node_listener(self, time, placement));
  return {
    [self](atom::start) {
      // Nodes first: they are few, and every pod needs its zone.
      self->state.nodes->start();
      self->state.pods->start();
    },
    [self](atom::stop) { self->quit(); },
    [self](const api_news_ptr<pod_view>& x) { self->state.pods->handle(*x); },
    [self](const api_news_ptr<node_view>& x) { self->state.nodes->handle(*x); },
    [self](atom::tick, uint64_t number) {
      auto& st = self->state;
      if (!st.timer.goes_off(number))
        return;
      st.nodes->advance();
      st.pods->advance();
    },
  };
}

} // namespace natgw::actors
