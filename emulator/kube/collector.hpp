#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "emulator/kube/store.hpp"
#include "emulator/kube/writer.hpp"
#include "messages/time.hpp"

namespace natgw::emulator::kube {

/// What kube-controller-manager does about ownerReferences (background,
/// foreground, orphan), ending namespaces and ending CRDs, each `delay` after
/// the change that calls for it.
class collector {
public:
  collector(store& objects, writer& rules, std::chrono::nanoseconds delay);

  /// Looks at a change. Only takes a note.
  void note(const change& x);

  /// Does what is due.
  void advance(instant now);

  /// When something is due next.
  std::optional<instant> next_deadline() const;

private:
  /// Whether the owners of an object live, are gone, or wait for it to go.
  struct owners {
    bool solid = false;
    bool dangling = false;
    bool waiting = false;
  };

  void schedule(const resource* type, const std::string& key, instant at);
  void schedule_owners(const json& object, instant at);
  void schedule_dependents(std::string_view uid, instant at);
  void visit(const resource& type, const std::string& key, instant now);
  void check_owners(const resource& type, const std::string& key,
                    const object_ptr& x, instant now);
  owners classify(const json& object) const;
  bool is_live_owner(const json& reference, const json& dependent,
                     bool& waiting) const;
  void drop_references(const resource& type, const std::string& key,
                       instant now);
  void end_foreground(const resource& type, const std::string& key,
                      const object_ptr& x, instant now);
  void end_orphan(const resource& type, const std::string& key,
                  const object_ptr& x, instant now);
  void end_namespace(const std::string& name, instant now);
  void end_definition(const resource& type, const std::string& key,
                      const object_ptr& x, instant now);
  void remove(const resource& type, const std::string& key, propagation policy,
              instant now);

  using place = std::pair<const resource*, std::string>;

  store& objects_;
  writer& rules_;
  std::chrono::nanoseconds delay_;
  /// When each object is looked at next; the earliest time counts.
  std::map<place, instant> due_;
  std::multimap<instant, place> queue_;
};

} // namespace natgw::emulator::kube
