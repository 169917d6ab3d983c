#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "messages/interface.hpp"
#include "messages/object_key.hpp"
#include "messages/pod.hpp"
#include "messages/record.hpp"

namespace natgw::core {

/// How an `object_cache` looks at a type: its key (also of an object known by
/// name only), its uid, what of it is not worth keeping, and whether what has
/// come differs from what is known in a way that anybody cares about.
template <class View>
struct cache_traits;

template <>
struct cache_traits<pod_view> {
  using key_type = object_key;

  static const object_key& key(const pod_view& x) {
    return x.key;
  }

  static object_key named(const object_key& x) {
    return x;
  }

  static std::string_view uid(const pod_view& x) {
    return x.uid;
  }

  /// Most pods of a cluster want nothing from us and leave nothing to clean
  /// up: of those only the identity, the address and the state count.
  static void strip(pod_view& x) {
    if (x.annotations->present || !x.status_annotation.empty())
      return;
    // An assignment would keep the room that the text has taken.
    std::string{}.swap(x.node);
    x.workload.reset();
    x.annotations.reset();
    x.key.ns.shrink_to_fit();
    x.key.name.shrink_to_fit();
  }

  /// Most changes of a pod (the state of a container, a foreign condition)
  /// change nothing here.
  static bool same(pod_view& fresh, const pod_view& known) {
    return fresh == known;
  }
};

template <>
struct cache_traits<record_view> {
  using key_type = object_key;

  static const object_key& key(const record_view& x) {
    return x.key;
  }

  static object_key named(const object_key& x) {
    return x;
  }

  static std::string_view uid(const record_view& x) {
    return x.uid;
  }

  static void strip(record_view&) {
    // nop
  }

  /// The version counts: it is the precondition of the next write.
  static bool same(record_view& fresh, const record_view& known) {
    return fresh == known;
  }
};

template <>
struct cache_traits<node_view> {
  using key_type = std::string;

  static const std::string& key(const node_view& x) {
    return x.name;
  }

  static std::string named(const object_key& x) {
    return x.name;
  }

  /// A node that was replaced under its name is no news in itself.
  static std::string_view uid(const node_view&) {
    return {};
  }

  static void strip(node_view&) {
    // nop
  }

  static bool same(node_view& fresh, const node_view& known) {
    return fresh.zone == known.zone && fresh.is_virtual == known.is_virtual;
  }
};

template <>
struct cache_traits<interface_view> {
  using key_type = object_key;

  static const object_key& key(const interface_view& x) {
    return x.key;
  }

  static object_key named(const object_key& x) {
    return x;
  }

  /// One that was replaced under its name is no news in itself.
  static std::string_view uid(const interface_view&) {
    return {};
  }

  /// There may be one for every pod of the cluster.
  static void strip(interface_view& x) {
    x.key.ns.shrink_to_fit();
    x.key.name.shrink_to_fit();
    x.allocations.shrink_to_fit();
    for (auto& each : x.allocations) {
      each.eni.shrink_to_fit();
      each.vswitch.shrink_to_fit();
    }
  }

  static bool same(interface_view& fresh, const interface_view& known) {
    return fresh.allocations == known.allocations;
  }
};

/// The objects of one resource as last seen, by key. Turns what a list or a
/// watch shows into news: what changed, and what is gone.
template <class View>
class object_cache {
public:
  using traits = cache_traits<View>;
  using key_type = typename traits::key_type;
  using pointer = std::shared_ptr<const View>;

  /// Either is null if there is nothing to tell. `gone` is told first: it is
  /// the former object of that name, which had another uid.
  struct news {
    pointer gone;
    pointer changed;
  };

  /// The object looks like this now.
  news put(View x) {
    traits::strip(x);
    auto i = slots_.find(traits::key(x));
    if (i == slots_.end()) {
      auto fresh = std::make_shared<const View>(std::move(x));
      slots_.insert(slot{fresh, round_});
      return {nullptr, std::move(fresh)};
    }
    i->seen = round_;
    auto same_object = traits::uid(x) == traits::uid(*i->value);
    if (same_object && traits::same(x, *i->value))
      return {};
    // The key stays the same, so the slot may keep its place.
    auto fresh = std::make_shared<const View>(std::move(x));
    auto former = std::exchange(i->value, fresh);
    if (same_object)
      former = nullptr;
    return {std::move(former), std::move(fresh)};
  }

  /// The object exists, but what it looks like is unknown.
  void keep(const key_type& key) {
    if (auto i = slots_.find(key); i != slots_.end())
      i->seen = round_;
  }

  /// The object was deleted and last looked like this. Returns null if that
  /// was told already, or if another object carries the name by now.
  pointer remove(View x) {
    auto i = slots_.find(traits::key(x));
    if (i == slots_.end() || traits::uid(x) != traits::uid(*i->value))
      return nullptr;
    slots_.erase(i);
    return std::make_shared<const View>(std::move(x));
  }

  /// A list begins: from now on, what is put has been seen.
  void begin_list() {
    ++round_;
  }

  /// The list is complete. Removes and returns what it did not show.
  std::vector<pointer> end_list() {
    std::vector<pointer> result;
    for (auto i = slots_.begin(); i != slots_.end();) {
      if (i->seen == round_) {
        ++i;
        continue;
      }
      result.push_back(i->value);
      i = slots_.erase(i);
    }
    return result;
  }

  /// Null if there is no such object.
  pointer find(const key_type& key) const {
    auto i = slots_.find(key);
    return i == slots_.end() ? nullptr : i->value;
  }

  template <class Function>
  void for_each(Function f) const {
    for (const auto& x : slots_)
      f(x.value);
  }

  size_t size() const {
    return slots_.size();
  }

private:
  /// The set looks at the key only, which never changes.
  struct slot {
    mutable pointer value;
    mutable uint64_t seen;
  };

  struct slot_hash {
    using is_transparent = void;

    size_t operator()(const key_type& x) const {
      return std::hash<key_type>{}(x);
    }

    size_t operator()(const slot& x) const {
      return (*this)(traits::key(*x.value));
    }
  };

  struct slot_equal {
    using is_transparent = void;

    bool operator()(const slot& x, const slot& y) const {
      return traits::key(*x.value) == traits::key(*y.value);
    }

    bool operator()(const key_type& x, const slot& y) const {
      return x == traits::key(*y.value);
    }

    bool operator()(const slot& x, const key_type& y) const {
      return traits::key(*x.value) == y;
    }
  };

  std::unordered_set<slot, slot_hash, slot_equal> slots_;
  uint64_t round_ = 0;
};

} // namespace natgw::core
