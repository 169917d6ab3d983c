#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "emulator/kube/exchange.hpp"
#include "emulator/kube/resource.hpp"
#include "messages/time.hpp"

namespace natgw::emulator::kube {

/// One revision of one object. Immutable.
class object {
public:
  object(json body, uint64_t revision);

  /// The whole object, with apiVersion, kind and resourceVersion.
  const json& body() const {
    return body_;
  }
  uint64_t revision() const {
    return revision_;
  }
  /// The object as JSON text, made once.
  const std::string& text() const;

private:
  json body_;
  uint64_t revision_;
  mutable std::string text_;
};

using object_ptr = std::shared_ptr<const object>;

enum class change_kind : uint8_t { added, modified, deleted };

/// ADDED, MODIFIED or DELETED.
std::string_view to_string(change_kind x);

/// One step of the cluster's history.
struct change {
  const resource* type = nullptr;
  /// "namespace/name", or "name" where the type is not namespaced.
  std::string key;
  change_kind kind = change_kind::added;
  /// The new state; after a deletion the last one, with the new revision.
  object_ptr now;
  /// The state before; null if the object was added.
  object_ptr before;
  uint64_t revision = 0;
  instant at;

  /// The line of a watch that sees this change as `as` (a selector may turn a
  /// modification into an addition or deletion). Made once for all watches.
  watch_line line(change_kind as) const;

  mutable std::array<watch_line, 3> lines{};
};

using change_ptr = std::shared_ptr<const change>;

/// "namespace/name", or "name" if the namespace is empty.
std::string make_key(std::string_view ns, std::string_view name);

/// All objects under one counter of revisions, and their recent changes.
class store {
public:
  using listener = std::function<void(const change_ptr&)>;

  explicit store(size_t log_window);

  catalog& types() {
    return types_;
  }
  const catalog& types() const {
    return types_;
  }

  /// The latest revision.
  uint64_t revision() const {
    return revision_;
  }

  /// Null if there is no such object.
  object_ptr find(const resource& type, std::string_view key) const;

  /// The object with this uid; null if there is none.
  object_ptr find_uid(std::string_view uid) const;

  /// How many objects of a type there are.
  size_t count(const resource& type) const;

  /// Creates or replaces an object; sets its resourceVersion.
  object_ptr put(const resource& type, const std::string& key, json body,
                 instant now);

  /// Removes an object; returns its last state, null if it was absent.
  object_ptr erase(const resource& type, std::string_view key, instant now);

  /// Calls `visit(key, object)` in the order of keys, from the first key not
  /// before `from` and while keys begin with `prefix`, on the state as it was
  /// at `revision` (0: now), until `visit` returns false.
  void
  scan(const resource& type, uint64_t revision, std::string_view prefix,
       std::string_view from,
       const std::function<bool(const std::string&, const object_ptr&)>& visit)
    const;

  /// The changes of a type after a revision, oldest first.
  std::vector<change_ptr> since(const resource& type, uint64_t revision) const;

  /// The last revision of a type that was over before `then`, for stale lists;
  /// never older than the log.
  uint64_t revision_at(const resource& type, instant then) const;

  /// The revision that watches and exact lists of a type may start from.
  uint64_t compacted(const resource& type) const;

  /// Forgets changes up to now.
  void compact();

  /// Calls `f` on every change, in order. It must not write.
  void subscribe(listener f);

  /// Keys ("plural.group|key" resolved) of objects that name an owner.
  std::vector<std::pair<const resource*, std::string>>
  dependents(std::string_view owner_uid) const;

private:
  struct place {
    const resource* type;
    std::string key;
    auto operator<=>(const place&) const = default;
  };
  struct collection {
    std::map<std::string, object_ptr, std::less<>> objects;
    std::deque<change_ptr> log;
    uint64_t compacted = 0;
  };

  collection& of(const resource& type);
  const collection* look(const resource& type) const;
  void index(const place& where, const json* before, const json* after);
  void publish(collection& home, change x);

  catalog types_;
  uint64_t revision_ = 1;
  size_t log_window_;
  std::map<const resource*, collection> collections_;
  std::unordered_map<std::string, place> by_uid_;
  std::unordered_map<std::string, std::map<place, int>> by_owner_;
  std::vector<listener> listeners_;
};

} // namespace natgw::emulator::kube
