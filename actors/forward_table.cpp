#include "actors/forward_table.hpp"

#include <utility>
#include <variant>

#include "observe/log.hpp"

namespace natgw::actors {

namespace {

using table_ptr = forward_table_self::stateful_pointer<forward_table_state>;

void log_report(forward_table_state& st, const table_report& x) {
  auto& before = st.reported;
  if (x.usable != before.usable || x.problem != before.problem)
    observe::log(x.usable ? observe::level::info : observe::level::warn,
                 x.usable ? "gateway_usable" : "gateway_unusable",
                 {{"gateway", st.gateway}, {"problem", x.problem}});
  if (x.listed && !before.listed)
    observe::log(
      observe::level::info, st.pool ? "table_listed" : "table_mirrored",
      {{"gateway", st.gateway},
       {st.pool ? "entries" : "foreign", std::to_string(x.entries)}});
  auto reached = x.quota > 0 && !x.quota_in_doubt;
  if (reached && (x.quota != before.quota || before.quota_in_doubt))
    observe::log(observe::level::warn, "quota_reached",
                 {{"gateway", st.gateway},
                  {"entries", std::to_string(x.quota)}});
  if (x.quota_in_doubt && !before.quota_in_doubt)
    observe::log(observe::level::info, "quota_in_doubt",
                 {{"gateway", st.gateway},
                  {"entries", std::to_string(x.quota)}});
}

void log_news(const forward_table_state& st, const entry_news& x) {
  if (x.fact != entry_fact::lost && x.fact != entry_fact::refused
      && x.fact != entry_fact::absent && x.fact != entry_fact::late)
    return;
  observe::log(observe::level::warn, "entry_" + std::string{to_string(x.fact)},
               {{"gateway", st.gateway},
                {"entry", x.spec.name},
                {"id", x.id},
                {"reason", std::string{to_string(x.reason)}},
                {"detail", x.detail}});
}

/// Carries out one effect each.
struct table_sender {
  table_ptr self;

  void operator()(api_call& x) const {
    self->send(self->state.caller, std::move(x));
  }

  void operator()(entry_news& x) const {
    if (!self->state.pool)
      return;
    log_news(self->state, x);
    self->send(self->state.pool, std::move(x));
  }

  void operator()(foreign_news& x) const {
    if (self->state.pool)
      self->send(self->state.pool, std::move(x));
  }

  void operator()(sweep_ptr& x) const {
    if (self->state.pool)
      self->send(self->state.pool, std::move(x));
  }

  void operator()(table_report& x) const {
    auto& st = self->state;
    log_report(st, x);
    st.reported = x;
    // A stand-by's figures would be counted beside the leader's.
    if (!st.pool)
      return;
    if (st.metrics)
      st.metrics->set_table(st.gateway, x);
    self->send(st.pool, std::move(x));
  }
};

/// Lets the core handle something, now, and does what it decides.
template <class Handle>
void decide(table_ptr self, Handle&& handle) {
  auto& st = self->state;
  auto now = st.time.now();
  for (auto& x : handle(*st.core, now))
    std::visit(table_sender{self}, x);
  if (auto at = st.core->wake())
    st.timer.arm(self, now, *at);
}

} // namespace

forward_table_self::behavior_type
forward_table(table_ptr self, core::table_options options,
              openapi_caller_actor caller, clock time,
              std::shared_ptr<observe::metrics> metrics) {
  auto& st = self->state;
  st.gateway = options.gateway;
  st.caller = std::move(caller);
  st.time = std::move(time);
  st.metrics = std::move(metrics);
  st.core.emplace(std::move(options));
  return {
    [self](atom::start) {
      decide(self, [](auto& core, instant now) { return core.stand_by(now); });
    },
    [self](atom::start, port_pool_actor& pool, uint64_t epoch) {
      self->state.pool = std::move(pool);
      decide(self, [epoch](auto& core, instant now) {
        return core.lead(epoch, now);
      });
    },
    [self](const entry_want& x) {
      decide(self,
             [&x](auto& core, instant now) { return core.handle(x, now); });
    },
    [self](const entry_drop& x) {
      decide(self,
             [&x](auto& core, instant now) { return core.handle(x, now); });
    },
    [self](atom::settled) {
      decide(self, [](auto& core, instant now) { return core.settled(now); });
    },
    [self](const api_reply& x) {
      decide(self,
             [&x](auto& core, instant now) { return core.handle(x, now); });
    },
    [self](atom::tick, uint64_t number) {
      if (self->state.timer.goes_off(number))
        decide(self, [](auto& core, instant now) { return core.tick(now); });
    },
  };
}

} // namespace natgw::actors
