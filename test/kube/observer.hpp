#pragma once

#include <chrono>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "messages/time.hpp"
#include "test/kube/kube_api.hpp"

namespace natgw::test {

/// One revision of one object, as a watch showed it.
struct sighting {
  /// "pods", "poddnats", "events", "leases".
  std::string resource;
  /// "namespace/name"
  std::string key;
  /// ADDED, MODIFIED or DELETED.
  std::string kind;
  uint64_t revision = 0;
  /// When it arrived here.
  instant at;
  json object;
};

/// Watches the objects that scenarios are about, keeps every revision, and
/// lets a test wait for what it expects of them.
class observer {
public:
  using listener = std::function<void(const sighting&)>;

  explicit observer(kube_api& api);

  observer(const observer&) = delete;
  observer& operator=(const observer&) = delete;
  ~observer();

  /// The object as last seen; nothing if it does not exist.
  std::optional<json> find(const std::string& resource,
                           const std::string& key) const;

  /// All objects of a resource in a namespace; in all if that is empty.
  std::vector<json> all(const std::string& resource,
                        const std::string& ns = {}) const;

  /// Every revision of an object, oldest first.
  std::vector<sighting> seen(const std::string& resource,
                             const std::string& key) const;

  /// Calls `f` with every revision seen so far, in the order of revisions.
  void replay(const listener& f) const;

  /// Looks at `done` again after every change: true once it holds, false
  /// after `limit`.
  bool wait(const std::function<bool()>& done,
            std::chrono::milliseconds limit) const;

  /// Calls `f` for what exists and then for every change, on the thread of a
  /// watch; `f` must be quick.
  void subscribe(listener f);

private:
  struct state;
  class follower;

  std::shared_ptr<state> state_;
  std::vector<std::unique_ptr<follower>> followers_;
};

/// "namespace/name" of an object, or "name" if it has no namespace.
std::string key_of(const json& object);

/// A member deep inside, or null.
json at(const json& from, std::initializer_list<const char*> path);

/// The text there, or an empty one.
std::string text_at(const json& from, std::initializer_list<const char*> path);

} // namespace natgw::test
