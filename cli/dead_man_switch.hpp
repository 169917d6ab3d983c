#pragma once

#include <memory>

#include "messages/error.hpp"
#include "messages/time.hpp"

namespace natgw::cli {

/// Lets the kernel end this process by SIGKILL at a time, whatever state it is
/// in: stopped by SIGSTOP, frozen with its cgroup or with its machine, or
/// starved. The last fence of the lease: a check right before the bytes of a
/// write leave is of no use if the process is stopped between the two and goes
/// on when another one leads. This one never goes on.
class dead_man_switch {
public:
  /// Not armed. Errors: unavailable (the kernel has no timer for us).
  static expected<std::unique_ptr<dead_man_switch>> make();

  dead_man_switch(const dead_man_switch&) = delete;
  dead_man_switch& operator=(const dead_man_switch&) = delete;

  /// Disarms.
  ~dead_man_switch();

  /// Sets the time, on CLOCK_BOOTTIME, in place of the one before. From any
  /// thread.
  void arm(instant at);

private:
  class impl;
  explicit dead_man_switch(std::unique_ptr<impl> x);
  std::unique_ptr<impl> impl_;
};

} // namespace natgw::cli
