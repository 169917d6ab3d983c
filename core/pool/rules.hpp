#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "messages/pod.hpp"
#include "messages/port.hpp"
#include "messages/record.hpp"

// The pool's rules that need none of its memory, for it and for whoever tells
// beforehand what it will do (core/adoption_plan.hpp).

namespace natgw::core {

/// Whether a record promises its ports to somebody who is not this pod.
bool is_for_another(const record_view& record, const pod_view& pod);

/// What counts where two were promised one port.
struct promise_rank {
  /// An entry of its name stands in the table.
  bool stands = false;
  uint64_t epoch = 0;
  /// Of the record, as written; "~" without one.
  std::string created = "~";
  std::string uid;
};

/// @param record null: there is none (any more)
promise_rank rank_of(const record_view* record, bool stands);

/// The one that the table's entry belongs to wins, then the higher epoch, then
/// the older record.
bool outranks(const promise_rank& a, const promise_rank& b);

/// Whether so many entries without an owner stop the clean-up at the start. In
/// a small table a few of them are a large share, so a few never do.
/// @param entries all in the table
bool too_many_orphans(size_t orphans, size_t entries, uint32_t limit_percent);

/// A run whose entry forwards.
struct shown_run {
  port_run run;
  /// The entry's id; may be unknown.
  std::string id;
};

/// `status.entries`: the items whose every port forwards.
std::vector<status_entry>
show_items(std::span<const port_item> items, std::span<const shown_run> runs,
           const std::string& external_ip, const std::string& internal_ip);

/// The value of `k8s.aliyun.com/pod-dnat-status`. Everything in it is ours and
/// validated, so nothing needs escaping.
std::string pod_annotation(std::string_view state, std::string_view external_ip,
                           std::span<const port_run> runs,
                           std::string_view gateway);

/// The same annotation, told once more in other words.
std::string with_nudge(std::string text, uint32_t number);

/// What an annotation says, however often it was said.
std::string without_nudge(const std::string& text);

} // namespace natgw::core
