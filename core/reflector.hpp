#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "core/backoff.hpp"
#include "messages/error.hpp"
#include "messages/time.hpp"

namespace natgw::core {

struct reflector_config {
  /// Lets the API server answer the very first list from its cache
  /// (resourceVersion=0): cheap for it, possibly stale, and never paged. Later
  /// lists are always consistent, since going back in time would lose events.
  bool first_list_from_cache = false;
  /// Objects for each page of a list.
  uint32_t page_size = 500;
  /// Every watch asks to be ended after a random time in [min, 2 min).
  std::chrono::seconds watch_min{300};
  /// A watch that broke after living so long is resumed without back-off.
  std::chrono::seconds watch_healthy{10};
  /// With its jitter no delay is longer than half a minute: a right that is
  /// given back is used soon.
  backoff_config delays{.cap = std::chrono::milliseconds{15'000}};
};

/// A page to be read.
struct list_call {
  uint64_t id = 0;
  /// Empty for a consistent read, or "0".
  std::string resource_version;
  /// Empty for the first page of a list.
  std::string continue_token;
  /// 0 asks for everything at once.
  uint32_t limit = 0;

  bool first_page() const {
    return continue_token.empty();
  }
};

/// A watch to be opened, with bookmarks.
struct watch_call {
  uint64_t id = 0;
  std::string resource_version;
  std::chrono::seconds timeout{0};
};

/// What the caller shall do, in this order.
struct reflector_steps {
  /// End the watch with this id; what still comes from it is ignored.
  std::optional<uint64_t> cancel;
  /// List number N is complete: whatever it did not show is gone.
  std::optional<uint64_t> listed;
  std::optional<list_call> list;
  std::optional<watch_call> watch;
  /// Call `tick` at this time.
  std::optional<instant> wake;
};

/// The list and watch of one resource, as client-go's reflector does it, but
/// without the objects: it decides what to ask the API server for and which
/// answers count. Every call has an id, and answers to anything but the call
/// under way are ignored, so nothing is ever applied out of order.
///
/// * A list is read in pages at one resource version. When its continue token
///   expires it begins anew, since a rest read at another version could show
///   an object twice or go back in time; when that happens twice, all is asked
///   for at once.
/// * A watch starts at the list's version, and resumes at the last version
///   seen, bookmarks included, after a time-out or a broken connection.
/// * 410, as a status or as an event, leads to a new list. Whatever follows a
///   failure waits for a back-off with jitter, so there is no relist storm; the
///   first 410 begins it anew, since the server answers again.
class reflector {
public:
  reflector(reflector_config cfg, uint64_t seed);

  /// Begins with the first list.
  reflector_steps start(instant now);

  /// Demands a list that begins after now. Writes its number to `number`;
  /// demands that arrive before that list begins share it.
  reflector_steps refresh(instant now, uint64_t& number);

  /// Tells whether the answer to call `id` still counts.
  bool current(uint64_t id) const;

  /// A page was read and applied.
  reflector_steps page_read(uint64_t id, std::string_view resource_version,
                            std::string_view continue_token, instant now);

  /// A page could not be read.
  reflector_steps page_failed(uint64_t id, const error& problem, instant now);

  /// The watch showed an object or a bookmark with this version.
  void seen(uint64_t id, std::string_view resource_version);

  /// The watch has ended, in good order or not; 410 comes as `expired`.
  reflector_steps watch_ended(uint64_t id, const expected<void>& outcome,
                              instant now);

  /// Time has passed.
  reflector_steps tick(instant now);

  /// Ends everything.
  reflector_steps stop();

  /// The version that the next watch starts from; empty before the first list.
  const std::string& resource_version() const {
    return version_;
  }

  /// How many lists were completed.
  uint64_t lists() const {
    return lists_;
  }

private:
  enum class phase : uint8_t { idle, waiting, listing, watching };

  reflector_steps begin_list(instant now);
  reflector_steps begin_watch(instant now);
  reflector_steps wait(instant now, std::chrono::milliseconds at_least);
  reflector_steps list_done(instant now);
  reflector_steps proceed(instant now);

  reflector_config cfg_;
  std::mt19937_64 rng_;
  backoff backoff_;
  phase phase_ = phase::idle;
  /// The call whose answer counts.
  uint64_t call_ = 0;
  /// What the list under way reads at.
  std::string list_version_;
  /// Where a watch may resume; empty: a list has to come first.
  std::string version_;
  bool relist_ = true;
  /// Lists completed, and the number that somebody waits for.
  uint64_t lists_ = 0;
  uint64_t wanted_ = 1;
  /// Continue tokens that expired since the last complete list.
  uint32_t expiries_ = 0;
  /// The latest watch that was no good expired.
  bool outdated_ = false;
  instant watch_began_{};
  instant wake_{};
};

} // namespace natgw::core
