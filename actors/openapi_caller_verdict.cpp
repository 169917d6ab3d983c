#include "actors/openapi_caller_verdict.hpp"

#include <string>

#include <caf/send.hpp>

#include "actors/openapi_caller_report.hpp"
#include "observe/log.hpp"

namespace natgw::actors {

namespace {

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

void tell_keeper(const openapi_caller_state& st, const credentials_ptr& which) {
  if (st.keeper)
    caf::anon_send(st.keeper, credential_refusal{which});
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
  // Who uses a nonce twice may well be who he says.
  if (again && answer.reply.outcome == call_class::unanswered)
    return false;
  // Others have come while it was under way: nothing is said of them.
  if (st.credentials->keys && st.credentials->keys != x.signed_with
      && may_repeat(st, x)) {
    st.dispatcher->trust().unclear(st.time.now());
    st.dispatcher->trust().renewed(st.time.now());
    st.dispatcher->repeat(x.place);
    return true;
  }
  distrusted(st, answer.reply.detail);
  tell_keeper(st, x.signed_with);
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

} // namespace

bool is_stale(const openapi_caller_state& st, const api_call& x) {
  if (!is_write(x.action) || x.epoch == 0)
    return false;
  auto i = st.epochs.find(x.gateway);
  return i != st.epochs.end() && x.epoch < i->second;
}

bool judge(openapi_caller_state& st, open_call& x,
           const aliyun::vpc_answer& answer) {
  judge_trust(st, answer);
  if (answer.from_api && answer.reply.code != ec::throttled)
    st.dispatcher->passed(x.call.action, x.sent, st.time.now());
  auto repeated = repeat(st, x, answer);
  if (!repeated)
    st.dispatcher->finished(x.place, is_failure(answer));
  return repeated;
}

} // namespace natgw::actors
