#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "actors/clock.hpp"
#include "actors/handover.hpp"
#include "actors/private_messages.hpp"
#include "clients/kube/client.hpp"
#include "core/object_cache.hpp"
#include "core/reflector.hpp"
#include "observe/log.hpp"
#include "observe/metrics.hpp"

namespace natgw::actors {

/// Which objects are watched, and how.
struct watch_config {
  /// Empty: all namespaces.
  std::string ns;
  std::string label_selector;
  std::string field_selector;
  core::reflector_config reflector;
  /// Set for a resource that need not exist: where the server does not know
  /// it, or does not let us see it, there are no objects, this is said once,
  /// and the next look comes after so long.
  std::optional<std::chrono::milliseconds> absent_pause;
  /// Seeds the jitter.
  uint64_t seed = 1;
  /// Where lists and events are counted; may be null.
  std::shared_ptr<observe::metrics> metrics;
};

/// What a resource_watch tells, in the order of the API server's history.
template <class View>
struct resource_listener {
  using pointer = std::shared_ptr<const View>;

  std::function<void(const pointer&)> changed;
  std::function<void(const pointer&)> gone;
  /// List number N has been told completely.
  std::function<void(uint64_t)> listed;
  /// `advance` shall be called at this time.
  std::function<void(instant)> wake;
};

template <class View>
constexpr observe::watched metric_of() {
  if constexpr (std::is_same_v<View, pod_view>)
    return observe::watched::pods;
  else if constexpr (std::is_same_v<View, node_view>)
    return observe::watched::nodes;
  else if constexpr (std::is_same_v<View, interface_view>)
    return observe::watched::podenis;
  else
    return observe::watched::poddnats;
}

/// The hands of a core::reflector inside an actor: calls the Kubernetes client
/// as the reflector decides, keeps the cache, and tells the listener. `Handle`
/// is the actor's interface, which has to accept `api_news_ptr<View>`.
template <class View, class Handle>
class resource_watch {
public:
  using self_pointer = typename Handle::pointer;

  resource_watch(std::string_view resource, self_pointer self,
                 std::shared_ptr<kube::client> api, clock time,
                 watch_config cfg, resource_listener<View> listener)
    : resource_(resource),
      self_(self),
      api_(std::move(api)),
      time_(std::move(time)),
      cfg_(std::move(cfg)),
      listener_(std::move(listener)),
      logic_(cfg_.reflector, cfg_.seed) {
    // nop
  }

  resource_watch(const resource_watch&) = delete;
  resource_watch& operator=(const resource_watch&) = delete;

  ~resource_watch() {
    stop();
  }

  void start() {
    act(logic_.start(time_.now()));
  }

  /// Demands a list that begins after now; returns its number.
  uint64_t refresh() {
    uint64_t number = 0;
    act(logic_.refresh(time_.now(), number));
    return number;
  }

  void advance() {
    act(logic_.tick(time_.now()));
  }

  void stop() {
    act(logic_.stop());
  }

  /// The client's answers come in through here.
  void handle(api_news<View>& news) {
    if (auto* batch = std::get_if<kube::watch_batch<View>>(&news.what)) {
      apply(news.call, *batch);
    } else if (!logic_.current(news.call)) {
      // nop: the answer to a question that was withdrawn
    } else if (auto* page
               = std::get_if<expected<kube::page<View>>>(&news.what)) {
      apply(news.call, *page);
    } else {
      end(news.call, std::get<expected<void>>(news.what));
    }
  }

  const core::object_cache<View>& cache() const {
    return cache_;
  }

private:
  using traits = core::cache_traits<View>;

  void act(core::reflector_steps todo) {
    if (todo.cancel)
      api_->cancel(stream_);
    if (todo.listed) {
      for (const auto& x : cache_.end_list())
        listener_.gone(x);
      log(observe::level::info, "listed",
          std::to_string(cache_.size()) + " objects");
      listener_.listed(*todo.listed);
    }
    if (todo.list)
      list(*todo.list);
    if (todo.watch)
      watch(*todo.watch);
    if (todo.wake)
      listener_.wake(*todo.wake);
  }

  void list(const core::list_call& call) {
    if (call.first_page())
      begin_list();
    kube::list_query query{.ns = cfg_.ns,
                           .label_selector = cfg_.label_selector,
                           .field_selector = cfg_.field_selector,
                           .limit = call.limit,
                           .continue_token = call.continue_token,
                           .resource_version = std::nullopt};
    if (!call.resource_version.empty())
      query.resource_version = call.resource_version;
    api_->template list_page<View>(query, teller(call.id));
  }

  void begin_list() {
    cache_.begin_list();
    if (cfg_.metrics)
      cfg_.metrics->count_relist(metric_of<View>());
  }

  void watch(const core::watch_call& call) {
    kube::watch_query query{.ns = cfg_.ns,
                            .label_selector = cfg_.label_selector,
                            .field_selector = cfg_.field_selector,
                            .resource_version = call.resource_version,
                            .timeout = call.timeout};
    stream_ = api_->template watch<View>(query, {.on_events = teller(call.id),
                                                 .on_end = teller(call.id)});
  }

  /// Turns an answer of the client into a message with the call's number.
  auto teller(uint64_t call) {
    return hand_over<Handle>(self_, [call](auto&& answer) {
      using type = std::decay_t<decltype(answer)>;
      auto result = std::make_shared<api_news<View>>();
      result->call = call;
      result->what.template emplace<type>(std::forward<type>(answer));
      return result;
    });
  }

  void apply(uint64_t call, expected<kube::page<View>>& answer) {
    if (!answer) {
      if (is_absence(answer.error()))
        answer.error().retry_after = become_absent(answer.error());
      else
        complain("list_failed", answer.error());
      act(logic_.page_failed(call, answer.error(), time_.now()));
      return;
    }
    absence_.reset();
    for (auto& x : answer->items)
      put(std::move(x));
    for (const auto& x : answer->bad)
      keep(x.key, x.problem);
    act(logic_.page_read(call, answer->resource_version, answer->continue_token,
                         time_.now()));
  }

  void apply(uint64_t call, kube::watch_batch<View>& batch) {
    if (logic_.current(call)) {
      if (cfg_.metrics)
        cfg_.metrics->count_watch_events(metric_of<View>(),
                                         batch.events.size());
      for (auto& x : batch.events)
        apply(call, x);
      api_->consumed(stream_, batch.bytes);
    }
  }

  void apply(uint64_t call, kube::watch_event<View>& event) {
    switch (event.kind) {
      case kube::watch_kind::added:
      case kube::watch_kind::modified:
        put(std::move(event.object));
        break;
      case kube::watch_kind::deleted:
        if (auto last = cache_.remove(std::move(event.object)))
          listener_.gone(last);
        break;
      case kube::watch_kind::bad:
        keep(event.key, event.problem ? event.problem->detail : "unreadable");
        break;
      default:
        break;
    }
    logic_.seen(call, event.resource_version);
  }

  void end(uint64_t call, expected<void>& outcome) {
    if (!outcome && is_absence(outcome.error()))
      // Nothing is held any more, so a list has to come first.
      outcome = std::unexpected{
        error{ec::expired, {}, become_absent(outcome.error())}};
    else if (!outcome)
      complain("watch_ended", outcome.error());
    act(logic_.watch_ended(call, outcome, time_.now()));
  }

  void put(View x) {
    auto news = cache_.put(std::move(x));
    if (news.gone)
      listener_.gone(news.gone);
    if (news.changed)
      listener_.changed(news.changed);
  }

  bool is_absence(const error& problem) const {
    return cfg_.absent_pause
           && (problem.code == ec::not_found || problem.code == ec::forbidden);
  }

  /// Forgets all objects. Returns how long to wait before the next look.
  std::chrono::milliseconds become_absent(const error& problem) {
    cache_.begin_list();
    for (const auto& x : cache_.end_list())
      listener_.gone(x);
    if (std::exchange(absence_, problem.code) != problem.code)
      observe::log(problem.code == ec::forbidden ? observe::level::warn
                                                 : observe::level::info,
                   "resource_not_watched",
                   {{"resource", resource_}, {"detail", problem.detail}});
    return *cfg_.absent_pause;
  }

  /// An object that exists but cannot be read stays as it was last known.
  void keep(const object_key& key, const std::string& problem) {
    observe::log(
      observe::level::warn, "object_unreadable",
      {{"resource", resource_}, {"object", key.str()}, {"problem", problem}});
    cache_.keep(traits::named(key));
  }

  void complain(std::string_view event, const error& problem) {
    auto missing = problem.code == ec::not_found;
    observe::log(problem.code == ec::expired ? observe::level::info
                                             : observe::level::warn,
                 event,
                 {{"resource", resource_},
                  {"problem", std::string{to_string(problem.code)}},
                  {"detail", missing ? "the API server does not know this "
                                       "resource; is its CRD installed?"
                                     : problem.detail}});
  }

  void log(observe::level severity, std::string_view event, std::string text) {
    observe::log(severity, event,
                 {{"resource", resource_}, {"detail", std::move(text)}});
  }

  std::string resource_;
  self_pointer self_;
  std::shared_ptr<kube::client> api_;
  clock time_;
  watch_config cfg_;
  resource_listener<View> listener_;
  core::reflector logic_;
  core::object_cache<View> cache_;
  /// Why there are no objects of an optional resource, once that was said.
  std::optional<ec> absence_;
  /// The client's id of the watch under way.
  uint64_t stream_ = 0;
};

} // namespace natgw::actors
