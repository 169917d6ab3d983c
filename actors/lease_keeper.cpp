#include "actors/lease_keeper.hpp"

#include <string>
#include <utility>

#include "actors/handover.hpp"
#include "observe/log.hpp"

namespace natgw::actors {

namespace {

using keeper_ptr = lease_keeper_self::stateful_pointer<lease_keeper_state>;

wall_time to_wall(const std::optional<kube::micro_time>& x) {
  return std::chrono::floor<std::chrono::milliseconds>(
    x.value_or(kube::micro_time{}));
}

expected<core::lease_seen> to_seen(const expected<kube::lease_view>& x) {
  if (!x)
    return std::unexpected{x.error()};
  return core::lease_seen{.record = {.holder = x->holder,
                                     .duration = x->duration,
                                     .acquired = to_wall(x->acquired),
                                     .renewed = to_wall(x->renewed),
                                     .transitions = x->transitions},
                          .resource_version = x->resource_version};
}

kube::lease_view to_view(const lease_keeper_state& st,
                         const core::lease_update& x) {
  return {.key = st.cfg.lease,
          .uid = st.uid,
          .resource_version = x.resource_version,
          .holder = x.record.holder,
          .duration = x.record.duration,
          .acquired = x.record.acquired,
          .renewed = x.record.renewed,
          .transitions = x.record.transitions};
}

auto teller(keeper_ptr self, bool written) {
  return hand_over<lease_keeper_self>(
    self, [written](expected<kube::lease_view> x) {
      return lease_answer{.written = written, .lease = std::move(x)};
    });
}

void write(keeper_ptr self, const core::lease_update& x) {
  auto& st = self->state;
  auto view = to_view(st, x);
  if (x.resource_version.empty())
    st.api->create_lease(view, teller(self, true));
  else
    st.api->put_lease(view, st.cfg.write_timeout, teller(self, true));
}

void act(keeper_ptr self, const core::election_steps& todo) {
  auto& st = self->state;
  if (todo.term)
    self->send(st.supervisor, *todo.term);
  if (todo.lost) {
    observe::log(observe::level::error, "lease_lost",
                 {{"lease", st.cfg.lease.str()},
                  {"holder", st.election->holder()}});
    self->send(st.supervisor, atom::gone_v, *todo.lost);
  }
  if (todo.read)
    st.api->get_lease(st.cfg.lease, teller(self, false));
  if (todo.write)
    write(self, *todo.write);
  if (todo.wake)
    st.timer.arm(self, st.time.now(), *todo.wake);
  if (todo.finished)
    self->quit();
}

void tell_holder(lease_keeper_state& st) {
  if (st.holder == st.election->holder())
    return;
  st.holder = st.election->holder();
  observe::log(observe::level::info, "lease_holder",
               {{"lease", st.cfg.lease.str()},
                {"holder", *st.holder},
                {"ours", st.election->leading() ? "true" : "false"}});
}

void handle(keeper_ptr self, const lease_answer& x) {
  auto& st = self->state;
  if (!x.lease && x.lease.error().code != ec::not_found)
    observe::log(observe::level::warn, "lease_call_failed",
                 {{"lease", st.cfg.lease.str()},
                  {"call", x.written ? "write" : "read"},
                  {"problem", std::string{to_string(x.lease.error().code)}},
                  {"detail", x.lease.error().detail}});
  if (x.lease)
    st.uid = x.lease->uid;
  auto seen = to_seen(x.lease);
  auto now = st.time.now();
  auto todo = x.written ? st.election->on_written(seen, now, st.time.wall())
                        : st.election->on_read(seen, now, st.time.wall());
  tell_holder(st);
  act(self, todo);
}

} // namespace

lease_keeper_self::behavior_type
lease_keeper(keeper_ptr self, std::shared_ptr<kube::client> api, clock time,
             lease_keeper_config cfg, supervisor_actor supervisor) {
  auto& state = self->state;
  state.cfg = std::move(cfg);
  state.api = std::move(api);
  state.time = std::move(time);
  state.supervisor = std::move(supervisor);
  state.election.emplace(state.cfg.election, state.cfg.seed);
  return {
    [self](atom::start) {
      auto& st = self->state;
      act(self, st.election->start(st.time.now(), st.time.wall()));
    },
    [self](atom::stop) {
      auto& st = self->state;
      act(self, st.election->stop(st.time.now(), st.time.wall()));
    },
    [self](const lease_answer& x) { handle(self, x); },
    [self](atom::tick, uint64_t number) {
      auto& st = self->state;
      if (st.timer.goes_off(number))
        act(self, st.election->tick(st.time.now(), st.time.wall()));
    },
  };
}

} // namespace natgw::actors
