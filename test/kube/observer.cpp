#include "test/kube/observer.hpp"

#include <array>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <stop_token>
#include <thread>
#include <utility>

#include "clients/http/boot_time.hpp"

namespace natgw::test {

namespace {

struct watched {
  const char* resource;
  const char* target;
};

constexpr std::array watched_resources{
  watched{"pods", "/api/v1/pods"},
  watched{"poddnats", "/apis/alibabacloud.com/v1beta1/poddnats"},
  watched{"events", "/api/v1/events"},
  watched{"leases", "/apis/coordination.k8s.io/v1/namespaces/kube-system/"
                    "leases"},
};

constexpr auto pause = std::chrono::milliseconds{200};

uint64_t revision_of(const json& object) {
  auto text = text_at(object, {"metadata", "resourceVersion"});
  return text.empty() ? 0 : std::stoull(text);
}

} // namespace

json at(const json& from, std::initializer_list<const char*> path) {
  const auto* x = &from;
  for (const auto* step : path) {
    if (!x->is_object() || !x->contains(step))
      return nullptr;
    x = &x->at(step);
  }
  return *x;
}

std::string text_at(const json& from, std::initializer_list<const char*> path) {
  auto x = at(from, path);
  return x.is_string() ? x.get<std::string>() : std::string{};
}

std::string key_of(const json& object) {
  auto ns = text_at(object, {"metadata", "namespace"});
  auto name = text_at(object, {"metadata", "name"});
  return ns.empty() ? name : ns + '/' + name;
}

struct observer::state {
  kube_api& api;
  mutable std::mutex mutex;
  mutable std::condition_variable_any wake;
  std::map<std::string, std::map<std::string, json>> objects;
  std::vector<sighting> log;
  std::vector<listener> listeners;

  explicit state(kube_api& x) : api{x} {
    // nop
  }

  void keep(const std::string& resource, std::string kind, json object) {
    std::lock_guard lock{mutex};
    auto key = key_of(object);
    auto& all = objects[resource];
    auto revision = revision_of(object);
    if (kind == "DELETED") {
      if (all.erase(key) == 0)
        return;
    } else {
      auto& known = all[key];
      if (!known.is_null() && revision_of(known) == revision)
        return;
      known = object;
    }
    log.push_back({resource, std::move(key), std::move(kind), revision,
                   http::boot_now(), std::move(object)});
    for (const auto& tell : listeners)
      tell(log.back());
    wake.notify_all();
  }

  /// What a list did not show is gone.
  void forget_others(const std::string& resource,
                     const std::set<std::string>& shown) {
    std::vector<json> gone;
    {
      std::lock_guard lock{mutex};
      for (const auto& [key, object] : objects[resource])
        if (!shown.contains(key))
          gone.push_back(object);
    }
    for (auto& x : gone)
      keep(resource, "DELETED", std::move(x));
  }
};

/// Lists and watches one resource on a thread of its own.
class observer::follower {
public:
  follower(std::shared_ptr<state> st, watched what)
    : state_{std::move(st)},
      what_{what},
      thread_{[this](const std::stop_token& stop) { run(stop); }} {
    // nop
  }

  /// The first list has been read.
  void wait_until_listed() {
    std::unique_lock lock{state_->mutex};
    state_->wake.wait_for(lock, std::chrono::seconds{30},
                          [this] { return listed_; });
  }

private:
  void run(const std::stop_token& stop) {
    std::string version;
    while (!stop.stop_requested()) {
      if (version.empty())
        version = list();
      if (!version.empty())
        version = watch(stop, version);
      std::mutex mutex;
      std::condition_variable_any never;
      std::unique_lock lock{mutex};
      never.wait_for(lock, stop, version.empty() ? pause : pause / 10,
                     [] { return false; });
    }
  }

  std::string list() {
    auto answer = state_->api.get(what_.target);
    if (!answer.good())
      return {};
    std::set<std::string> shown;
    for (auto& x : answer.body["items"]) {
      shown.insert(key_of(x));
      state_->keep(what_.resource, "ADDED", std::move(x));
    }
    state_->forget_others(what_.resource, shown);
    {
      std::lock_guard lock{state_->mutex};
      listed_ = true;
      state_->wake.notify_all();
    }
    return text_at(answer.body, {"metadata", "resourceVersion"});
  }

  /// Returns where to go on; empty: a list is due.
  std::string watch(const std::stop_token& stop, std::string version) {
    struct progress {
      std::mutex mutex;
      std::condition_variable_any wake;
      std::string version;
      bool ended = false;
    };
    auto now = std::make_shared<progress>();
    now->version = version;
    auto id = state_->api.watch(
      std::string{what_.target}
        + "?watch=true&allowWatchBookmarks=true&resourceVersion=" + version,
      [now, st = state_,
       resource = std::string{what_.resource}](std::string_view line) {
        auto event = json::parse(line, nullptr, false);
        auto kind = text_at(event, {"type"});
        std::string reached;
        if (kind == "ADDED" || kind == "MODIFIED" || kind == "DELETED") {
          reached = text_at(event, {"object", "metadata", "resourceVersion"});
          st->keep(resource, kind, std::move(event["object"]));
        } else if (kind == "BOOKMARK") {
          reached = text_at(event, {"object", "metadata", "resourceVersion"});
        }
        std::lock_guard lock{now->mutex};
        now->version = reached;
      },
      [now] {
        std::lock_guard lock{now->mutex};
        now->ended = true;
        now->wake.notify_all();
      });
    std::unique_lock lock{now->mutex};
    now->wake.wait(lock, stop, [&] { return now->ended; });
    if (!now->ended) {
      lock.unlock();
      state_->api.cancel(id);
      lock.lock();
      now->wake.wait(lock, [&] { return now->ended; });
    }
    return now->version;
  }

  std::shared_ptr<state> state_;
  watched what_;
  bool listed_ = false;
  std::jthread thread_;
};

observer::observer(kube_api& api) : state_{std::make_shared<state>(api)} {
  for (auto x : watched_resources)
    followers_.push_back(std::make_unique<follower>(state_, x));
  for (auto& x : followers_)
    x->wait_until_listed();
}

observer::~observer() = default;

std::optional<json> observer::find(const std::string& resource,
                                   const std::string& key) const {
  std::lock_guard lock{state_->mutex};
  auto all = state_->objects.find(resource);
  if (all == state_->objects.end())
    return std::nullopt;
  auto found = all->second.find(key);
  return found == all->second.end() ? std::nullopt
                                    : std::optional{found->second};
}

std::vector<json> observer::all(const std::string& resource,
                                const std::string& ns) const {
  std::lock_guard lock{state_->mutex};
  std::vector<json> result;
  auto found = state_->objects.find(resource);
  if (found != state_->objects.end())
    for (const auto& [key, object] : found->second)
      if (ns.empty() || text_at(object, {"metadata", "namespace"}) == ns)
        result.push_back(object);
  return result;
}

std::vector<sighting> observer::seen(const std::string& resource,
                                     const std::string& key) const {
  std::lock_guard lock{state_->mutex};
  std::vector<sighting> result;
  for (const auto& x : state_->log)
    if (x.resource == resource && x.key == key)
      result.push_back(x);
  return result;
}

void observer::replay(const listener& f) const {
  std::lock_guard lock{state_->mutex};
  std::multimap<uint64_t, const sighting*> ordered;
  for (const auto& x : state_->log)
    ordered.emplace(x.revision, &x);
  for (const auto& [revision, x] : ordered)
    f(*x);
}

bool observer::wait(const std::function<bool()>& done,
                    std::chrono::milliseconds limit) const {
  auto ends = std::chrono::steady_clock::now() + limit;
  for (;;) {
    auto count = [this] {
      std::lock_guard lock{state_->mutex};
      return state_->log.size();
    }();
    if (done())
      return true;
    if (std::chrono::steady_clock::now() > ends)
      return false;
    // Once in a while for what changes elsewhere.
    std::unique_lock lock{state_->mutex};
    state_->wake.wait_for(lock, std::chrono::milliseconds{500},
                          [&] { return state_->log.size() != count; });
  }
}

void observer::subscribe(listener f) {
  std::lock_guard lock{state_->mutex};
  for (const auto& [resource, all] : state_->objects)
    for (const auto& [key, object] : all)
      f({resource, key, "ADDED", revision_of(object), http::boot_now(),
         object});
  state_->listeners.push_back(std::move(f));
}

} // namespace natgw::test
