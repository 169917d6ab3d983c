#pragma once

#include <algorithm>
#include <chrono>
#include <deque>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/message.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include "actors/clock.hpp"
#include "messages/protocol.hpp"
#include "observe/log.hpp"

namespace natgw::test {

/// What a fake actor has received, oldest first.
class inbox {
public:
  void add(caf::message x) {
    messages_.push_back(std::move(x));
  }

  /// Takes out the oldest message if it is of these types, else throws.
  template <class... Ts>
  std::tuple<Ts...> take() {
    if (messages_.empty())
      throw std::runtime_error{"the inbox is empty"};
    auto x = std::move(messages_.front());
    messages_.pop_front();
    if (!x.match_elements<Ts...>())
      throw std::runtime_error{"unexpected message: " + types_of(x)};
    return read<Ts...>(x, std::index_sequence_for<Ts...>{});
  }

  /// Takes out the oldest message, which has to be a single value.
  template <class T>
  T take_one() {
    return std::get<0>(take<T>());
  }

  /// Drops messages up to the first that is a single T, and takes that out.
  template <class T>
  std::optional<T> find_one() {
    while (!messages_.empty()) {
      auto x = std::move(messages_.front());
      messages_.pop_front();
      if (x.match_elements<T>())
        return x.get_as<T>(0);
    }
    return std::nullopt;
  }

  bool empty() const {
    return messages_.empty();
  }

  size_t size() const {
    return messages_.size();
  }

  void clear() {
    messages_.clear();
  }

private:
  template <class... Ts, size_t... Is>
  static std::tuple<Ts...>
  read(const caf::message& x, std::index_sequence<Is...>) {
    return {x.get_as<Ts>(Is)...};
  }

  static std::string types_of(const caf::message& x) {
    return "it has " + std::to_string(x.size()) + " elements";
  }

  std::deque<caf::message> messages_;
};

/// An actor that accepts everything and keeps it.
inline caf::behavior recorder(caf::event_based_actor* self, inbox* into) {
  self->set_default_handler(
    [into](caf::scheduled_actor*,
           caf::message_view& x) -> caf::result<caf::message> {
      into->add(x.move_content_to_message());
      return caf::message{};
    });
  return {[](const caf::unit_t&) {}};
}

/// An actor system without threads: messages move only when a test says so,
/// and time passes only through `advance`. Whatever the actors point at has to
/// outlive this object: a base that comes before it, or `make_inbox`.
class deterministic {
public:
  deterministic() {
    observe::configure_log(
      {.sink = [](std::string_view) { /* tests look at messages */ }});
  }

  deterministic(const deterministic&) = delete;
  deterministic& operator=(const deterministic&) = delete;

  /// Ends all actors, because the system waits for them, and an actor that
  /// arms a timer again would never become idle.
  ~deterministic() {
    for (auto& x : spawned_)
      caf::anon_send_exit(x, caf::exit_reason::kill);
    run();
    observe::configure_log({});
  }

  template <class... Ts>
  auto spawn(Ts&&... xs) {
    auto result = sys.spawn(std::forward<Ts>(xs)...);
    spawned_.push_back(caf::actor_cast<caf::actor>(result));
    run();
    return result;
  }

  /// A new inbox, which lives as long as the actors.
  inbox& make_inbox() {
    return inboxes_.emplace_back();
  }

  /// Spawns a stand-in for an actor of interface `Handle`.
  template <class Handle>
  Handle spawn_recorder(inbox& into) {
    auto dynamic = spawn(recorder, &into);
    return caf::actor_cast<Handle>(dynamic);
  }

  /// Sends in the name of `from`, then runs.
  template <class From, class To, class... Ts>
  void tell(const From& from, const To& to, Ts&&... xs) {
    auto sender = caf::actor_cast<caf::strong_actor_ptr>(from);
    auto receiver = caf::actor_cast<caf::strong_actor_ptr>(to);
    receiver->enqueue(caf::make_mailbox_element(std::move(sender),
                                                caf::make_message_id(), {},
                                                std::forward<Ts>(xs)...),
                      nullptr);
    run();
  }

  /// Asks and returns the answer.
  template <class T, class Handle, class... Ts>
  T ask(const Handle& dest, Ts&&... xs) {
    caf::scoped_actor self{sys, true};
    auto pending = self->request(dest, caf::infinite, std::forward<Ts>(xs)...);
    run();
    T result{};
    pending.receive([&](const T& x) { result = x; },
                    [&](const caf::error& err) {
                      throw std::runtime_error(sys.render(err));
                    });
    return result;
  }

  /// Delivers messages until all mailboxes are empty.
  void run() {
    sched.run();
  }

  /// Moves the clock in small steps, delivering what comes due: a timer that
  /// is armed again counts from the time it went off.
  void advance(caf::timespan x, caf::timespan step = std::chrono::seconds{1}) {
    while (x.count() > 0) {
      auto next = std::min(x, step);
      sched.advance_time(next);
      run();
      x -= next;
    }
  }

  instant now() const {
    return instant{sched.clock().now().time_since_epoch()};
  }

  /// The virtual clock, for actors.
  actors::clock clock() {
    return {.now = [this] { return now(); },
            .wall =
              [this] {
                auto passed = now().time_since_epoch();
                return wall_time{std::chrono::days{20'000}}
                       + std::chrono::floor<std::chrono::milliseconds>(passed);
              }};
  }

  /// Whether the actor has not ended yet.
  template <class Handle>
  static bool alive(const Handle& x) {
    auto* ptr = caf::actor_cast<caf::abstract_actor*>(x);
    return !ptr->getf(caf::abstract_actor::is_terminated_flag);
  }

private:
  struct config : caf::actor_system_config {
    config() {
      set("scheduler.policy", caf::atom("testing"));
    }
  };

  std::deque<inbox> inboxes_;
  config cfg_;

public:
  caf::actor_system sys{cfg_};
  caf::scheduler::test_coordinator& sched
    = dynamic_cast<caf::scheduler::test_coordinator&>(sys.scheduler());

private:
  std::vector<caf::actor> spawned_;
};

} // namespace natgw::test
