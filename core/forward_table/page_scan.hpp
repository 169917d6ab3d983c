#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "messages/record.hpp"
#include "messages/time.hpp"

namespace natgw::core::table {

/// One reading of the whole table by pages, several of them in flight. What
/// it shows is true for the moment of its page; what it does not show is only
/// a suspicion, since entries slip between pages while they are read.
class page_scan {
public:
  /// A table never has more (every port of 20 EIPs, twice).
  static constexpr uint32_t max_pages = 60'000;

  bool active() const {
    return active_;
  }

  /// Counts the scans; 0 before the first.
  uint64_t number() const {
    return number_;
  }

  instant began() const {
    return began_;
  }

  urgency priority() const {
    return priority_;
  }

  void begin(urgency priority, instant now);

  /// Somebody more urgent waits for it too.
  void hurry(urgency priority);

  /// The next page to ask for, if one may leave now.
  std::optional<uint32_t> next(uint32_t max_in_flight, instant now);

  /// When `next` is worth asking again because of a failed page.
  std::optional<instant> wake() const;

  /// A page came: how many entries it had, and how many the table has.
  void answered(uint32_t page, uint32_t entries, uint32_t total,
                uint32_t page_size);

  /// A page did not come; it is asked for again at that time.
  void failed(uint32_t page, instant again);

  /// True once, when all pages have come.
  bool finish();

  /// Whether the pages fit together: as many entries as the table said.
  bool consistent() const {
    return seen_ == total_ && !moved_;
  }

private:
  bool active_ = false;
  uint64_t number_ = 0;
  instant began_{};
  urgency priority_ = urgency::background;
  uint32_t pages_ = 1;
  uint32_t next_ = 1;
  uint32_t in_flight_ = 0;
  uint32_t seen_ = 0;
  uint32_t total_ = 0;
  /// True if the table's size changed while it was read.
  bool moved_ = false;
  bool first_came_ = false;
  std::vector<uint32_t> again_;
  instant again_at_{};
};

} // namespace natgw::core::table
