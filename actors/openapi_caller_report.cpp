#include "actors/openapi_caller_report.hpp"

#include <algorithm>
#include <utility>

#include <caf/actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include "observe/log.hpp"

namespace natgw::actors {

namespace {

void tell_circuit(const openapi_caller_state& st, bool open,
                  std::string_view why) {
  observe::log(open ? observe::level::error : observe::level::info,
               open ? "credentials_refused" : "credentials_accepted",
               {{"region", st.cfg.endpoint.region},
                {"reason", std::string{why}}});
  object_event event{.warning = open,
                     .reason = open ? "CredentialsRefused"
                                    : "CredentialsAccepted",
                     .about = event_subject::controller};
  event.message = open ? "The cloud does not accept the credentials; no call "
                         "is made but a probe now and then: "
                           + std::string{why}
                       : "The cloud accepts the credentials again";
  caf::anon_send(caf::actor_cast<caf::actor>(st.writer), std::move(event));
  if (st.cfg.on_circuit)
    st.cfg.on_circuit(open);
}

} // namespace

void reply(const open_call& to, api_reply x) {
  x.id = to.call.id;
  if (auto asker = to.asker.lock())
    caf::anon_send(caf::actor_cast<caf::actor>(asker), std::move(x));
}

void reply_unsent(const open_call& to, ec code, std::string detail,
                  std::chrono::milliseconds retry_after) {
  api_reply x;
  x.outcome = call_class::unsent;
  x.code = code;
  x.detail = std::move(detail);
  x.retry_after = retry_after;
  reply(to, std::move(x));
}

void refuse(openapi_caller_state& st, const std::vector<uint64_t>& tickets,
            ec code, std::string_view detail,
            std::chrono::milliseconds retry_after) {
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

std::chrono::milliseconds until_probe(openapi_caller_state& st) {
  auto left = st.dispatcher->trust().next_probe() - st.time.now();
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(left),
                  std::chrono::milliseconds{1});
}

void trusted(openapi_caller_state& st) {
  if (st.dispatcher->trust().accepted())
    tell_circuit(st, false, "a call was accepted");
}

void distrusted(openapi_caller_state& st, std::string_view why) {
  if (st.dispatcher->trust().refused(st.time.now()))
    tell_circuit(st, true, why);
}

} // namespace natgw::actors
