#include "actors/record_watcher.hpp"

#include <set>
#include <utility>

namespace natgw::actors {

namespace {

using record_watcher_ptr
  = record_watcher_self::stateful_pointer<record_watcher_state>;

/// Takes out whoever asked for this list or an earlier one.
std::set<std::string> answered_by(std::map<std::string, uint64_t>& asked,
                                  uint64_t number) {
  std::set<std::string> result;
  std::erase_if(asked, [&](const auto& x) {
    if (x.second > number)
      return false;
    result.insert(x.first);
    return true;
  });
  return result;
}

void listed(record_watcher_ptr self, uint64_t number) {
  auto& st = self->state;
  if (auto again = answered_by(st.asked, number); !again.empty())
    st.records->cache().for_each([&](const record_ptr& x) {
      if (again.contains(x->gateway))
        self->send(st.placement, atom::changed_v, x);
    });
  self->send(st.placement, atom::synced_v, number);
}

resource_listener<record_view> listener(record_watcher_ptr self,
                                        const clock& time) {
  return {
    .changed =
      [self](const record_ptr& x) {
        self->send(self->state.placement, atom::changed_v, x);
      },
    .gone =
      [self](const record_ptr& x) {
        self->send(self->state.placement, atom::gone_v, x);
      },
    .listed = [self](uint64_t number) { listed(self, number); },
    .wake = [self,
             time](instant at) { self->state.timer.arm(self, time.now(), at); },
  };
}

} // namespace

record_watcher_self::behavior_type
record_watcher(record_watcher_ptr self, std::shared_ptr<kube::client> api,
               const clock& time, watch_config cfg, placement_actor placement) {
  auto& state = self->state;
  state.placement = std::move(placement);
  state.records.emplace("poddnats", self, std::move(api), time, std::move(cfg),
                        listener(self, time));
  return {
    [self](atom::start) { self->state.records->start(); },
    [self](atom::refresh, const std::string& gateway) {
      auto& st = self->state;
      auto number = st.records->refresh();
      st.asked[gateway] = number;
      return number;
    },
    [self](atom::stop) { self->quit(); },
    [self](const api_news_ptr<record_view>& x) {
      self->state.records->handle(*x);
    },
    [self](atom::tick, uint64_t number) {
      if (self->state.timer.goes_off(number))
        self->state.records->advance();
    },
  };
}

} // namespace natgw::actors
