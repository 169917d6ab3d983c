#include "actors/credential_keeper.hpp"

#include <utility>
#include <variant>

#include "actors/handover.hpp"
#include "core/time_text.hpp"
#include "observe/log.hpp"

namespace natgw::actors {

namespace {

using credential_keeper_ptr
  = credential_keeper_self::stateful_pointer<credential_keeper_state>;

void go_on(credential_keeper_ptr self);

double roll(credential_keeper_state& st) {
  return std::uniform_real_distribution<double>{0.0, 1.0}(st.rng);
}

std::string fresh_nonce(credential_keeper_state& st) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string result;
  for (auto i = 0; i < 32; ++i)
    result += digits[st.rng() & 0xfU];
  return result;
}

const aliyun::credential_source& present(const credential_keeper_state& st) {
  return st.cfg.sources[st.asked];
}

std::string end_text(const std::optional<wall_time>& x) {
  return x ? core::format_time(*x) : "never";
}

void observe_fetch(credential_keeper_state& st, bool good) {
  if (!st.cfg.on_fetch || st.asked >= st.cfg.sources.size())
    return;
  st.cfg.on_fetch({.source = present(st).origin,
                   .good = good,
                   .expires = st.keys ? st.keys->expires : std::nullopt,
                   .held = st.refresher.usable(st.time.wall())});
}

void tell(credential_keeper_ptr self, std::string reason) {
  auto& st = self->state;
  self->send(st.caller, credential_news{st.keys, std::move(reason)});
}

void say(credential_keeper_ptr self, bool warning, std::string reason,
         std::string message) {
  self->send(self->state.writer,
             object_event{.warning = warning,
                          .reason = std::move(reason),
                          .message = std::move(message),
                          .about = event_subject::controller});
}

// -- how a fetch ends ---------------------------------------------------------

void failed(credential_keeper_ptr self, const error& why) {
  auto& st = self->state;
  auto nobody = st.asked >= st.cfg.sources.size();
  st.refresher.failed(st.time.now(), roll(st));
  auto usable = st.refresher.usable(st.time.wall());
  std::string source{nobody ? "none" : to_string(present(st).origin)};
  observe::log(
    usable ? observe::level::warn : observe::level::error, "credentials_failed",
    {{"source", source},
     {"reason", why.detail},
     {"held_until", usable ? end_text(st.keys->expires) : "nothing held"}});
  say(self, true, "CredentialsNotRefreshed",
      source + ": " + why.detail + "; "
        + (usable ? "those held are good until " + end_text(st.keys->expires)
                  : "nothing is held"));
  st.complained = true;
  observe_fetch(st, false);
  if (usable)
    return;
  st.keys = nullptr;
  tell(self, source + ": " + why.detail);
}

void take(credential_keeper_ptr self, aliyun::credentials x) {
  auto& st = self->state;
  const auto& from = present(st);
  auto changed = !st.keys || !aliyun::same(*st.keys, x);
  if (!st.refresher.obtained({.expires = x.expires,
                              .changed = changed,
                              .poll = from.poll,
                              .fixed = from.fixed},
                             st.time.now(), st.time.wall(), roll(st))) {
    failed(self, {ec::credential,
                  "what it holds has expired at " + end_text(x.expires)});
    return;
  }
  st.settled = true;
  if (changed)
    st.keys = std::make_shared<const aliyun::credentials>(std::move(x));
  observe_fetch(st, true);
  if (changed || st.complained)
    observe::log(observe::level::info, "credentials_obtained",
                 {{"source", std::string{to_string(from.origin)}},
                  {"expires", end_text(st.keys->expires)},
                  {"changed", changed ? "true" : "false"}});
  if (std::exchange(st.complained, false))
    say(self, false, "CredentialsRefreshed",
        std::string{to_string(from.origin)} + " delivers again");
  if (changed)
    tell(self, {});
}

// -- the course of a fetch ----------------------------------------------------

void begin(credential_keeper_ptr self);

void follow(credential_keeper_ptr self, aliyun::fetch_step step) {
  auto& st = self->state;
  if (auto* request = std::get_if<http::request>(&step)) {
    auto number = ++st.last_request;
    st.net->send(std::move(*request),
                 hand_over<credential_keeper_self>(
                   self, [number](expected<http::response> x) {
                     return std::make_shared<credential_answer>(
                       credential_answer{number, std::move(x)});
                   }));
    return;
  }
  st.fetch.reset();
  auto& result = std::get<aliyun::fetch_result>(step);
  if (!result) {
    failed(self, result.error());
  } else if (*result) {
    take(self, std::move(**result));
  } else if (st.settled) {
    failed(self, {ec::credential, "it is not there any more"});
  } else {
    ++st.asked;
    begin(self);
    return;
  }
  go_on(self);
}

/// Asks the present source.
void begin(credential_keeper_ptr self) {
  auto& st = self->state;
  if (st.asked >= st.cfg.sources.size()) {
    failed(self, {ec::credential, "no source of credentials is there"});
    go_on(self);
    return;
  }
  st.fetch = present(st).fetch();
  follow(self, st.fetch->begin(st.time.wall(), fresh_nonce(st)));
}

void go_on(credential_keeper_ptr self) {
  auto& st = self->state;
  if (!st.caller)
    return;
  auto now = st.time.now();
  auto wall = st.time.wall();
  if (st.refresher.due(now, wall)) {
    st.refresher.began();
    if (!st.settled)
      st.asked = 0;
    begin(self);
  } else if (auto at = st.refresher.wake(now, wall)) {
    st.timer.arm(self, now, *at);
  }
}

void hear(credential_keeper_ptr self, credential_answer& x) {
  auto& st = self->state;
  if (!st.fetch || x.request != st.last_request)
    return;
  follow(self, st.fetch->answered(std::move(x.what)));
}

void doubt(credential_keeper_ptr self, const credential_refusal& x) {
  auto& st = self->state;
  // Else others are on their way to the caller already.
  if (!st.keys || x.keys != st.keys)
    return;
  st.refresher.refused();
  go_on(self);
}

} // namespace

credential_keeper_self::behavior_type
credential_keeper(credential_keeper_ptr self, http::transport* net,
                  status_writer_actor writer, clock time,
                  credential_keeper_config cfg) {
  auto& state = self->state;
  state.net = net;
  state.writer = std::move(writer);
  state.time = std::move(time);
  state.rng.seed(cfg.seed);
  state.refresher = core::credential_refresher{cfg.refresh};
  state.cfg = std::move(cfg);
  return {
    [self](atom::start, const openapi_caller_actor& caller) {
      self->state.caller = caller;
      go_on(self);
    },
    [self](const credential_refusal& x) { doubt(self, x); },
    [self](const credential_answer_ptr& x) { hear(self, *x); },
    [self](atom::tick, uint64_t number) {
      if (self->state.timer.goes_off(number))
        go_on(self);
    },
  };
}

} // namespace natgw::actors
