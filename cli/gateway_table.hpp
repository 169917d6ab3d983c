#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "emulator/vpc/server.hpp"

namespace natgw::cli {

/// The progress of a demo: on a terminal a line and a table of the gateways
/// that are redrawn in place, elsewhere a plain line now and then.
class gateway_table {
public:
  explicit gateway_table(bool terminal) : terminal_{terminal} {
    // nop
  }

  void show(const char* phase, uint32_t ready, uint32_t wanted,
            std::chrono::nanoseconds elapsed, emulator::vpc_server& cloud);

  /// Takes the table off the screen.
  void clear();

private:
  bool terminal_;
  size_t lines_ = 0;
  std::chrono::nanoseconds last_{-1'000'000'000};
};

} // namespace natgw::cli
