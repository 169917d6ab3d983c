#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "core/entry_name.hpp"

namespace natgw::core {

/// What a forward table needs to know from outside. The defaults suit
/// production; tests shorten them.
struct table_options {
  /// The NAT gateway's id.
  std::string gateway;
  /// The VPC it must lie in; empty: any.
  std::string vpc;
  /// Knows the names of this cluster's entries.
  entry_names names;
  /// The epoch of this pair, carried by every call.
  uint64_t epoch = 0;
  /// Seed of the jitter.
  uint64_t seed = 1;

  /// How long a write of a predecessor may still be on its way. So long after
  /// the start nothing is modified, deleted or called gone.
  std::chrono::nanoseconds write_deadline = std::chrono::seconds{10};
  /// How long after a successful write a Describe may still show the past.
  std::chrono::nanoseconds visibility = std::chrono::seconds{5};
  /// Between two sweeps of the whole table.
  std::chrono::nanoseconds sweep_interval = std::chrono::minutes{5};
  /// At least so long between two reports.
  std::chrono::nanoseconds report_interval = std::chrono::milliseconds{100};

  /// Writes in flight at once, at most; 1 .. 256.
  uint32_t max_window = 16;
  /// Describe calls in flight at once, at most; 1 .. 64.
  uint32_t max_describes = 8;
  /// Pages in flight at once, at most.
  uint32_t max_pages = 4;
  /// 1 .. 50.
  uint32_t page_size = 50;

  /// In a burst a look waits until it confirms so many entries a call, ...
  uint32_t share_ratio = 16;
  /// ... but never longer than this.
  std::chrono::nanoseconds share_wait = std::chrono::milliseconds{500};

  /// The first repetition of one call that was not answered: soon, since a
  /// table with a barrier stands still until it is known what happened.
  std::chrono::nanoseconds repeat_min = std::chrono::milliseconds{50};
  /// The first pause of the whole table, after refusals for now or several
  /// calls without an answer.
  std::chrono::nanoseconds backoff_min = std::chrono::milliseconds{200};
  std::chrono::nanoseconds backoff_max = std::chrono::seconds{10};
  /// How long a refusal because of a fresh EIP is repeated.
  std::chrono::nanoseconds eip_patience = std::chrono::seconds{30};
  /// How long a quota that was reached is believed while nothing goes.
  std::chrono::nanoseconds quota_memory = std::chrono::minutes{3};
  /// Slow repetition of what only an operator can mend.
  std::chrono::nanoseconds problem_interval = std::chrono::seconds{30};
  /// A gateway is gone after so many empty answers ...
  uint32_t gone_answers = 3;
  /// ... over at least so long, and a refusal that names the table.
  std::chrono::nanoseconds gone_period = std::chrono::minutes{10};
};

} // namespace natgw::core
