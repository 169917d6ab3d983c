#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "emulator/kube/present.hpp"
#include "emulator/kube/selector.hpp"
#include "emulator/kube/store.hpp"
#include "messages/time.hpp"

namespace natgw::emulator::kube {

/// What a client asked to watch.
struct watch_request {
  const resource* type = nullptr;
  /// Empty for all namespaces.
  std::string ns;
  selector filter;
  /// Where to go on; absent: tell the present state first.
  std::optional<uint64_t> revision;
  bool bookmarks = false;
  form as = form::plain;
  /// When it ends in good order.
  instant deadline;
};

/// All open watches. Each change becomes text once, however many watches of
/// its type see it (other representations than plain JSON are made for each).
class watch_hub {
public:
  watch_hub(const store& objects, std::chrono::nanoseconds bookmark_interval,
            size_t queue_limit, wall_time wall_origin);

  /// Opens a watch; its first lines are ready at once. Returns its id.
  uint64_t open(watch_request what, instant now);

  /// Opens a watch of this type that has only the given line to send and ends.
  uint64_t open_with(const resource* type, std::string line, bool broken);

  /// Passes a change on.
  void note(const change& x);

  watch_batch take(uint64_t id);
  void close(uint64_t id);
  void on_wake(std::function<void(uint64_t)> wake);

  /// Sends bookmarks, ends what has timed out.
  void advance(instant now);
  std::optional<instant> next_deadline() const;

  /// Breaks the watches of a type; all if it is null.
  void break_all(const resource* type);

  size_t size() const {
    return watches_.size();
  }

private:
  struct watch {
    uint64_t id = 0;
    watch_request what;
    std::vector<watch_line> queue;
    bool ended = false;
    bool broken = false;
    bool told_columns = false;
    instant next_bookmark;
    /// The time it is in `timers_` with.
    instant timer;
  };

  static bool sees(const watch& w, std::string_view key, const object_ptr& x);
  void deliver(watch& w, const change& x);
  void push(watch& w, watch_line line);
  watch_line render(watch& w, const change& x, change_kind as) const;
  watch_line bookmark(const watch& w) const;
  void start(watch& w, instant now);
  void arm(watch& w);
  void disarm(const watch& w);
  void finish(watch& w, bool broken);

  const store& objects_;
  std::chrono::nanoseconds bookmark_interval_;
  size_t queue_limit_;
  wall_time wall_origin_;
  uint64_t last_id_ = 0;
  std::map<uint64_t, watch> watches_;
  /// Live watches by the type that is stored.
  std::map<const resource*, std::vector<watch*>> by_type_;
  std::set<std::pair<instant, uint64_t>> timers_;
  std::function<void(uint64_t)> wake_;
};

} // namespace natgw::emulator::kube
