#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "messages/time.hpp"

namespace natgw::simulation {

/// What happened, as a hash over all of it and as text of the last of it.
class transcript {
public:
  /// Keeps the last `lines`.
  explicit transcript(size_t lines) : lines_(lines) {
    // nop
  }

  /// A line of these parts.
  void add(instant at, std::initializer_list<std::string_view> parts);

  /// A line that may differ between two runs of one seed: it is only shown.
  void remark(instant at, std::string_view text);

  /// Equal for two runs in which the same happened at the same times.
  uint64_t hash() const {
    return hash_;
  }

  uint64_t size() const {
    return count_;
  }

  /// The last lines, oldest first; times in ms since `start`.
  std::vector<std::string> tail(instant start) const;

private:
  struct line {
    instant at{};
    std::string text;
  };

  line& next(instant at);
  void mix(std::string_view x);

  std::vector<line> lines_;
  size_t written_ = 0;
  uint64_t count_ = 0;
  uint64_t hash_ = 0xcbf29ce484222325U;
};

} // namespace natgw::simulation
