#include "actors/openapi_caller.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "actors/handover.hpp"
#include "actors/openapi_caller_report.hpp"
#include "actors/openapi_caller_verdict.hpp"
#include "clients/aliyun/vpc_answer.hpp"

namespace natgw::actors {

namespace {

using caller_ptr = openapi_caller_self::stateful_pointer<openapi_caller_state>;

/// How long to stay away from a caller that has too much to do.
constexpr std::chrono::milliseconds full_pause{1'000};

void pump(caller_ptr self);

// -- the circuit -------------------------------------------------------------

bool rejects(openapi_caller_state& st, instant now) {
  auto& trust = st.dispatcher->trust();
  return trust.rejects(now) && !trust.may_call(now);
}

/// What signs a call now.
expected<credentials_ptr> signer(const openapi_caller_state& st,
                                 wall_time wall) {
  const auto& keys = st.credentials->keys;
  if (!keys)
    return fail(ec::credential, st.credentials->reason);
  if (keys->expires && *keys->expires <= wall)
    return fail(ec::credential, "the credentials have expired");
  return keys;
}

void learn(caller_ptr self, const credential_news& x) {
  auto& st = self->state;
  st.credentials = x;
  if (x.keys && st.dispatcher->trust().open())
    st.dispatcher->trust().renewed(st.time.now());
  pump(self);
}

// -- what may leave ----------------------------------------------------------

/// Until when a write must have ended; empty: no write may leave at all.
std::optional<instant> write_limit(const openapi_caller_state& st) {
  if (!st.term)
    return std::nullopt;
  return st.term->ends == instant::max() ? instant::max()
                                         : st.term->ends - st.cfg.lease_margin;
}

bool is_fenced(const openapi_caller_state& st, const api_call& x, instant now) {
  if (!is_write(x.action))
    return false;
  auto limit = write_limit(st);
  return !limit || now + st.cfg.write_timeout >= *limit;
}

std::string make_nonce(std::mt19937_64& rng) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string result;
  for (auto half = 0; half < 2; ++half) {
    auto bits = rng();
    for (auto i = 0; i < 16; ++i, bits >>= 4U)
      result += digits[bits & 0xfU];
  }
  return result;
}

expected<http::request> prepare(openapi_caller_state& st, open_call& x) {
  auto wall = st.time.wall();
  auto who = signer(st, wall);
  if (!who)
    return std::unexpected{who.error()};
  x.signed_with = *who;
  auto result = aliyun::make_request(x.call, st.cfg.endpoint, **who, wall,
                                     make_nonce(st.rng));
  if (!result)
    return result;
  auto writes = is_write(x.call.action);
  result->timeout = writes ? st.cfg.write_timeout : st.cfg.read_timeout;
  result->max_response_bytes = st.cfg.max_response_bytes;
  if (writes)
    result->not_after = write_limit(st);
  return result;
}

void send(caller_ptr self, open_call& x, http::request what) {
  auto& st = self->state;
  ++x.attempts;
  x.sent = st.time.now();
  auto ticket = x.place.ticket;
  x.sending = st.net->send(std::move(what),
                           hand_over<openapi_caller_self>(
                             self, [ticket](expected<http::response> answer) {
                               return std::make_shared<call_answer>(
                                 call_answer{ticket, std::move(answer)});
                             }));
}

/// Answers a call whose turn came but which may not leave.
void withdraw(openapi_caller_state& st, uint64_t ticket, api_reply x) {
  auto node = st.open.extract(ticket);
  st.dispatcher->withdrawn(node.mapped().place);
  reply(node.mapped(), std::move(x));
}

void launch(caller_ptr self, uint64_t ticket, instant now) {
  auto& st = self->state;
  auto& x = st.open.at(ticket);
  if (is_fenced(st, x.call, now)) {
    api_reply fenced;
    fenced.outcome = call_class::unsent;
    fenced.code = ec::fenced;
    fenced.detail = "the lease ends too soon for a write";
    withdraw(st, ticket, std::move(fenced));
    return;
  }
  auto request = prepare(st, x);
  if (request) {
    send(self, x, std::move(*request));
  } else if (request.error().code == ec::credential) {
    distrusted(st, request.error().detail);
    st.dispatcher->repeat(x.place);
  } else {
    api_reply invalid;
    invalid.outcome = call_class::fatal_pod;
    invalid.code = request.error().code;
    invalid.detail = request.error().detail;
    withdraw(st, ticket, std::move(invalid));
  }
}

// -- what came back ----------------------------------------------------------

void handle(caller_ptr self, call_answer& x) {
  auto& st = self->state;
  auto i = st.open.find(x.ticket);
  if (i == st.open.end())
    return;
  auto& call = i->second;
  call.sending = 0;
  auto answer = aliyun::read_answer(call.call, std::move(x.what));
  auto repeated = judge(st, call, answer);
  observe_attempt(st, call, answer, repeated);
  if (!repeated) {
    auto node = st.open.extract(i);
    if (answer.reply.code == ec::credential && answer.rule != nullptr)
      answer.reply.retry_after = until_probe(st);
    reply(node.mapped(), std::move(answer.reply));
  }
  pump(self);
}

// -- life --------------------------------------------------------------------

/// Quits when nothing is in flight, or when the time for that is over.
void end_drain(caller_ptr self, instant now) {
  auto& st = self->state;
  if (st.dispatcher->in_flight() > 0 && now < *st.drain_until) {
    st.timer.arm(self, now, *st.drain_until);
    return;
  }
  for (const auto& [ticket, x] : st.open) {
    api_reply unknown;
    unknown.outcome = call_class::unanswered;
    unknown.code = ec::cancelled;
    unknown.detail = "the process ends";
    reply(x, std::move(unknown));
  }
  st.open.clear();
  self->quit();
}

void pump(caller_ptr self) {
  auto& st = self->state;
  auto now = st.time.now();
  if (st.drain_until) {
    end_drain(self, now);
    return;
  }
  if (!st.credentials)
    return;
  auto& dispatcher = *st.dispatcher;
  while (auto ticket = dispatcher.next(now))
    launch(self, *ticket, now);
  if (rejects(st, now))
    refuse(st, dispatcher.drop_all(), ec::credential,
           "the credentials are not accepted", until_probe(st));
  if (auto at = dispatcher.wake(now))
    st.timer.arm(self, now, *at);
  if (dispatcher.trust().open() && !dispatcher.trust().rejects(now))
    st.timer.arm(self, now, dispatcher.trust().rejects_from());
}

void accept(caller_ptr self, const api_call& call) {
  auto& st = self->state;
  auto now = st.time.now();
  open_call x;
  x.call = call;
  x.place = {++st.last_ticket, call.action, call.gateway, call.priority, now};
  x.asker = caf::weak_actor_ptr{self->current_sender().get()};
  if (st.drain_until)
    reply_unsent(x, ec::cancelled, "the process ends");
  else if (is_stale(st, call))
    reply_unsent(x, ec::fenced, "another pair has taken over");
  else if (is_fenced(st, call, now))
    reply_unsent(x, ec::fenced, "the lease ends too soon for a write");
  else if (rejects(st, now))
    reply_unsent(x, ec::credential, "the credentials are not accepted",
                 until_probe(st));
  else if (!st.dispatcher->push(x.place))
    reply_unsent(x, ec::throttled, "too many calls wait", full_pause);
  else
    st.open.emplace(st.last_ticket, std::move(x));
  pump(self);
}

void take_over(openapi_caller_state& st, const std::string& gateway,
               uint64_t epoch) {
  auto& known = st.epochs[gateway];
  if (epoch <= known)
    return;
  known = epoch;
  refuse(st, st.dispatcher->drop_writes(gateway), ec::fenced,
         "another pair has taken over");
}

void stop(caller_ptr self) {
  auto& st = self->state;
  if (st.drain_until)
    return;
  st.drain_until = st.time.now() + st.cfg.drain_limit;
  refuse(st, st.dispatcher->drop_all(), ec::cancelled, "the process ends");
  for (const auto& [ticket, x] : st.open)
    if (!is_write(x.call.action))
      st.net->cancel(x.sending);
  pump(self);
}

} // namespace

uint64_t fresh_seed() {
  std::random_device device;
  return (uint64_t{device()} << 32U) | device();
}

openapi_caller_self::behavior_type
openapi_caller(caller_ptr self, http::transport* net,
               credential_keeper_actor keeper, status_writer_actor writer,
               clock time, openapi_caller_config cfg) {
  auto& state = self->state;
  state.net = net;
  state.keeper = std::move(keeper);
  state.writer = std::move(writer);
  state.time = std::move(time);
  state.dispatcher.emplace(cfg.dispatch, state.time.now());
  state.rng.seed(cfg.seed);
  state.cfg = std::move(cfg);
  return {
    [self](const api_call& x) { accept(self, x); },
    [self](const credential_news& x) { learn(self, x); },
    [self](const lease_term& x) { self->state.term = x; },
    [self](atom::epoch, const std::string& gateway, uint64_t epoch) {
      take_over(self->state, gateway, epoch);
    },
    [self](atom::stop) { stop(self); },
    [self](const call_answer_ptr& x) { handle(self, *x); },
    [self](atom::tick, uint64_t number) {
      if (self->state.timer.goes_off(number))
        pump(self);
    },
  };
}

} // namespace natgw::actors
