#include "actors/openapi_caller.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <caf/actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include "actors/handover.hpp"
#include "clients/aliyun/vpc_answer.hpp"
#include "observe/log.hpp"

namespace natgw::actors {

namespace {

using caller_ptr = openapi_caller_self::stateful_pointer<openapi_caller_state>;

/// How long to stay away from a caller that has too much to do.
constexpr std::chrono::milliseconds full_pause{1'000};

void pump(caller_ptr self);

// -- answers -----------------------------------------------------------------

void reply(const open_call& to, api_reply x) {
  x.id = to.call.id;
  if (auto asker = to.asker.lock())
    caf::anon_send(caf::actor_cast<caf::actor>(asker), std::move(x));
}

void reply_unsent(const open_call& to, ec code, std::string detail,
                  std::chrono::milliseconds retry_after = {}) {
  api_reply x;
  x.outcome = call_class::unsent;
  x.code = code;
  x.detail = std::move(detail);
  x.retry_after = retry_after;
  reply(to, std::move(x));
}

/// Answers calls that wait and forgets them; the dispatcher has done so.
void refuse(openapi_caller_state& st, const std::vector<uint64_t>& tickets,
            ec code, std::string_view detail,
            std::chrono::milliseconds retry_after = {}) {
  for (auto ticket : tickets)
    if (auto node = st.open.extract(ticket))
      reply_unsent(node.mapped(), code, std::string{detail}, retry_after);
}

void observe_attempt(openapi_caller_state& st, const open_call& x,
                     const aliyun::vpc_answer& answer, bool repeated) {
  if (!st.cfg.on_attempt)
    return;
  auto now = st.time.now();
  auto gauge = st.dispatcher->look(x.call.action, now);
  std::string_view code = "ok";
  if (answer.rule != nullptr)
    code = answer.from_api ? std::string_view{answer.reply.detail}
                           : to_string(answer.reply.code);
  st.cfg.on_attempt({.action = x.call.action,
                     .gateway = x.call.gateway,
                     .code = code,
                     .failure = answer.reply.code,
                     .outcome = answer.reply.outcome,
                     .status = answer.status,
                     .attempt = x.attempts,
                     .repeated = repeated,
                     .waited = x.sent - x.place.since,
                     .took = now - x.sent,
                     .waiting = gauge.waiting,
                     .permille = gauge.permille,
                     .in_flight = st.dispatcher->in_flight()});
}

// -- the circuit -------------------------------------------------------------

std::chrono::milliseconds until_probe(openapi_caller_state& st) {
  auto left = st.dispatcher->trust().next_probe() - st.time.now();
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(left),
                  std::chrono::milliseconds{1});
}

void tell_circuit(const openapi_caller_state& st, bool open,
                  std::string_view why) {
  observe::log(open ? observe::level::error : observe::level::info,
               open ? "credentials_refused" : "credentials_accepted",
               {{"region", st.cfg.endpoint.region},
                {"reason", std::string{why}}});
  if (st.cfg.on_circuit)
    st.cfg.on_circuit(open);
}

void trusted(openapi_caller_state& st) {
  if (st.dispatcher->trust().accepted())
    tell_circuit(st, false, "a call was accepted");
}

void distrusted(openapi_caller_state& st, std::string_view why) {
  if (st.dispatcher->trust().refused(st.time.now()))
    tell_circuit(st, true, why);
}

bool rejects(openapi_caller_state& st, instant now) {
  auto& trust = st.dispatcher->trust();
  return trust.rejects(now) && !trust.may_call(now);
}

void notice_new_credentials(openapi_caller_state& st, instant now) {
  if (!st.dispatcher->trust().open())
    return;
  auto current = st.source->current(st.time.wall());
  if (current && *current != st.last_credentials)
    st.dispatcher->trust().renewed(now);
}

// -- what may leave ----------------------------------------------------------

bool is_stale(const openapi_caller_state& st, const api_call& x) {
  if (!is_write(x.action) || x.epoch == 0)
    return false;
  auto i = st.epochs.find(x.gateway);
  return i != st.epochs.end() && x.epoch < i->second;
}

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
  auto who = st.source->current(wall);
  if (!who)
    return std::unexpected{who.error()};
  x.signed_with = *who;
  st.last_credentials = *who;
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

/// Whether a refusal for now may be repeated here.
bool may_repeat(const openapi_caller_state& st, const open_call& x) {
  return !st.drain_until && !is_stale(st, x.call);
}

bool repeat_throttled(openapi_caller_state& st, open_call& x,
                      const aliyun::vpc_answer& answer) {
  if (!may_repeat(st, x))
    return false;
  auto now = st.time.now();
  auto action = x.call.action;
  auto before = st.dispatcher->look(action, now).permille;
  st.dispatcher->throttled(x.place, x.sent, answer.reply.retry_after, now);
  auto after = st.dispatcher->look(action, now).permille;
  if (after < before)
    observe::log(observe::level::warn, "api_throttled",
                 {{"action", std::string{to_string(action)}},
                  {"code", answer.reply.detail},
                  {"permille", std::to_string(after)}});
  return true;
}

bool repeat_refused(openapi_caller_state& st, open_call& x,
                    const aliyun::vpc_answer& answer) {
  auto again = answer.rule->cure == core::remedy::sign_again;
  if (again && !x.signed_again && may_repeat(st, x)) {
    x.signed_again = true;
    st.dispatcher->trust().unclear(st.time.now());
    st.dispatcher->repeat(x.place);
    return true;
  }
  distrusted(st, answer.reply.detail);
  st.source->refused(x.signed_with);
  if (!may_repeat(st, x) || st.dispatcher->trust().rejects(st.time.now()))
    return false;
  st.dispatcher->repeat(x.place);
  return true;
}

bool repeat(openapi_caller_state& st, open_call& x,
            const aliyun::vpc_answer& answer) {
  if (answer.rule == nullptr)
    return false;
  switch (answer.rule->cure) {
    case core::remedy::throttle:
      return repeat_throttled(st, x, answer);
    case core::remedy::sign_again:
    case core::remedy::credential:
      return repeat_refused(st, x, answer);
    case core::remedy::report:
      break;
  }
  return false;
}

/// Whether an answer says nothing good of its gateway.
bool is_failure(const aliyun::vpc_answer& x) {
  switch (x.reply.outcome) {
    case call_class::ok:
    case call_class::gone:
    case call_class::unsent:
      return false;
    case call_class::retry_soon:
      return x.reply.code != ec::throttled;
    default:
      return true;
  }
}

void judge_trust(openapi_caller_state& st, const aliyun::vpc_answer& x) {
  auto about_trust = x.rule != nullptr && x.reply.code == ec::credential;
  auto throttled = x.reply.code == ec::throttled;
  if (about_trust)
    return;
  // Throttling may come before anybody has looked at the signature.
  if (x.from_api && !throttled)
    trusted(st);
  else
    st.dispatcher->trust().unclear(st.time.now());
}

void handle(caller_ptr self, call_answer& x) {
  auto& st = self->state;
  auto i = st.open.find(x.ticket);
  if (i == st.open.end())
    return;
  auto& call = i->second;
  call.sending = 0;
  auto answer = aliyun::read_answer(call.call, std::move(x.what));
  judge_trust(st, answer);
  auto repeated = repeat(st, call, answer);
  if (!repeated)
    st.dispatcher->finished(call.place, is_failure(answer));
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
  auto& dispatcher = *st.dispatcher;
  notice_new_credentials(st, now);
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
               std::shared_ptr<aliyun::credential_source> source, clock time,
               openapi_caller_config cfg) {
  auto& state = self->state;
  state.net = net;
  state.source = std::move(source);
  state.time = std::move(time);
  state.dispatcher.emplace(cfg.dispatch, state.time.now());
  state.rng.seed(cfg.seed);
  state.cfg = std::move(cfg);
  return {
    [self](const api_call& x) { accept(self, x); },
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
