#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "emulator/kube/refusal.hpp"
#include "emulator/kube/store.hpp"
#include "messages/time.hpp"

namespace natgw::emulator::kube {

/// The object that a request is about.
struct address {
  const resource* type = nullptr;
  std::string ns;
  std::string name;
  std::string subresource;

  std::string key() const {
    return make_key(ns, name);
  }
};

/// How a deletion treats the objects that name the deleted one as owner.
enum class propagation : uint8_t { by_default, background, foreground, orphan };

/// The DeleteOptions that matter.
struct delete_options {
  std::optional<int64_t> grace_seconds;
  propagation policy = propagation::by_default;
  std::string uid;
  std::string resource_version;
  bool dry_run = false;
};

enum class patch_form : uint8_t { merge, strategic, json_patch };

/// What a write left behind.
struct written {
  /// The object as the answer shows it; null: `status` is the answer.
  object_ptr object;
  json status;
  int code = 200;
};

/// The rules of writing: preconditions, subresources, system fields,
/// finalizers and graceful deletion, as kube-apiserver's generic registry
/// applies them. Updates are in writer.cpp, the rest in creation.cpp,
/// deletion.cpp and pod_subresources.cpp.
class writer {
public:
  /// `wall_origin` is calendar time at instant zero.
  writer(store& objects, wall_time wall_origin, std::mt19937_64& random);

  result<written> create(const address& at, json body, bool dry_run,
                         instant now);
  result<written> replace(const address& at, json body, bool dry_run,
                          instant now);
  result<written> patch(const address& at, patch_form form, const json& body,
                        bool dry_run, instant now);
  result<written> remove(const address& at, delete_options how, instant now);

  /// POST pods/NAME/binding.
  result<written> bind(const address& pod, const json& binding, instant now);
  /// POST pods/NAME/eviction.
  result<written> evict(const address& pod, const json& eviction, instant now);

  /// A change from inside, such as taking a finalizer off: `edit` gets a copy
  /// of the object. Ends a deletion if nothing holds it any more.
  void edit(const resource& type, const std::string& key,
            const std::function<void(json&)>& change, instant now);

  wall_time wall_time_at(instant now) const;

  /// Calendar time as Kubernetes writes it.
  std::string wall(instant now) const;

private:
  struct update {
    json body;
    bool dry_run = false;
    /// PUT: a foreign uid is a failed precondition rather than a change.
    bool replaces = false;
  };

  std::optional<refusal> check_namespace(const address& at) const;
  result<json> prepare_fresh(const address& at, json body, instant now);
  std::optional<refusal> check_identity(const address& at, const json& old,
                                        const update& next) const;
  void keep_system_fields(const json& old, json& next) const;
  static void keep_other_half(const address& at, const json& old, json& next);
  static std::optional<refusal>
  check_finalizers(const resource& type, const json& old, const json& next);
  result<written> apply(const address& at, const object_ptr& old, update next,
                        instant now);
  bool begin_grace(const address& at, json& object, delete_options& how,
                   bool& pending, instant now) const;
  static bool revise_finalizers(json& object, const delete_options& how);
  void mark_deleting(json& object, instant now) const;
  result<written> begin_deletion(const address& at, const object_ptr& old,
                                 delete_options how, instant now);

  store& objects_;
  wall_time wall_origin_;
  std::mt19937_64& random_;
};

} // namespace natgw::emulator::kube
