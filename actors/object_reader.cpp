#include "actors/object_reader.hpp"

#include <utility>

#include <caf/actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include "actors/handover.hpp"
#include "observe/log.hpp"

namespace natgw::actors {

namespace {

using reader_ptr = object_reader_self::stateful_pointer<object_reader_state>;

void answer(const open_question& to, object_answer x) {
  x.token = to.query.token;
  if (auto asker = to.asker.lock())
    caf::anon_send(caf::actor_cast<caf::actor>(asker), std::move(x));
}

void pump(reader_ptr self) {
  auto& st = self->state;
  while (!st.waiting.empty() && st.running.size() < st.cfg.max_in_flight) {
    auto number = ++st.last_number;
    auto& next = st.running[number];
    next = std::move(st.waiting.front());
    st.waiting.pop_front();
    st.api->exists(next.query, hand_over<object_reader_self>(
                                 self, [number](expected<object_answer> x) {
                                   return reader_answer{number, std::move(x)};
                                 }));
  }
}

void ask(reader_ptr self, const object_query& x) {
  auto& st = self->state;
  open_question question{x, caf::weak_actor_ptr{self->current_sender().get()}};
  if (st.waiting.size() >= st.cfg.max_waiting) {
    answer(question, {});
    return;
  }
  st.waiting.push_back(std::move(question));
  pump(self);
}

void handle(reader_ptr self, const reader_answer& x) {
  auto& st = self->state;
  auto question = st.running.extract(x.question);
  if (!question)
    return;
  const auto& query = question.mapped().query;
  if (!x.found)
    observe::log(observe::level::warn, "object_query_failed",
                 {{"kind", query.kind},
                  {"object", query.key.str()},
                  {"problem", std::string{to_string(x.found.error().code)}},
                  {"detail", x.found.error().detail}});
  answer(question.mapped(), x.found.value_or(object_answer{}));
  pump(self);
}

} // namespace

object_reader_self::behavior_type
object_reader(reader_ptr self, std::shared_ptr<kube::client> api,
              object_reader_config cfg) {
  self->state.api = std::move(api);
  self->state.cfg = cfg;
  return {
    [self](const object_query& x) { ask(self, x); },
    [self](atom::stop) { self->quit(); },
    [self](const reader_answer& x) { handle(self, x); },
  };
}

} // namespace natgw::actors
