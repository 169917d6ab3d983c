#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "messages/record.hpp"
#include "messages/time.hpp"

namespace natgw::core {

/// The numbers are those of client-go's event correlator.
struct event_filter_config {
  /// Objects remembered; beyond that the one unheard of for longest is
  /// forgotten.
  size_t max_objects = 4'096;
  /// Events of one object: so many at once, then one for each `refill`.
  uint32_t burst = 25;
  std::chrono::seconds refill{300};
  /// Different texts with the same reason on one object within `window`;
  /// further ones become one combined event.
  uint32_t max_similar = 10;
  /// The same text is not repeated before so long.
  std::chrono::seconds window{600};
};

/// An event as it should be emitted.
struct filtered_event {
  object_event event;
  /// How often it happened since it was last emitted, this time included.
  uint32_t count = 1;
  /// The first of these times.
  instant first{};
};

/// Keeps a misbehaving object from flooding the event store: drops repeats
/// (and counts them), combines similar texts, and limits the rate for each
/// object. O(1) for each event; memory is bounded.
class event_filter {
public:
  explicit event_filter(event_filter_config cfg = {});

  /// Returns the event if it should be emitted now.
  std::optional<filtered_event> admit(object_event x, instant now);

  /// Objects remembered now.
  size_t size() const {
    return objects_.size();
  }

private:
  /// A text that was emitted, and how often it was held back since.
  struct text {
    size_t hash = 0;
    instant at{};
    uint32_t held_back = 0;
    /// When it was first held back.
    instant held_since{};
  };

  /// All texts of one reason; at most `max_similar`, and the combined one.
  struct topic {
    std::string reason;
    std::vector<text> texts;
    std::optional<text> combined;
  };

  struct object {
    std::string uid;
    double tokens = 0;
    instant filled{};
    std::vector<topic> topics;
  };

  std::optional<filtered_event> is_news(topic& about, object_event x,
                                        instant now) const;
  object& touch(const object_event& x, instant now);
  bool take_token(object& x, instant now) const;
  bool repeats(text& x, filtered_event& event, instant now) const;

  event_filter_config cfg_;
  /// Most recently heard of first.
  std::list<object> recent_;
  std::unordered_map<std::string, std::list<object>::iterator> objects_;
};

} // namespace natgw::core
