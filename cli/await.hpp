#pragma once

#include <algorithm>
#include <chrono>
#include <future>
#include <memory>
#include <utility>

#include "messages/error.hpp"

// Waiting, for the edge of the program that does one thing after the other and
// has no actors.

namespace natgw::cli {

/// Starts what answers by a callback, and waits for its answer.
template <class T, class Start>
expected<T> await(Start start) {
  // The callback may still be about to return when the answer is here.
  auto promise = std::make_shared<std::promise<expected<T>>>();
  auto answer = promise->get_future();
  start([promise](expected<T> x) { promise->set_value(std::move(x)); });
  return answer.get();
}

/// How often something is asked that does not answer, and the pauses between.
inline constexpr int max_attempts = 5;

inline std::chrono::milliseconds
pause_before(int attempt, std::chrono::milliseconds wished) {
  constexpr std::chrono::milliseconds first{250};
  constexpr std::chrono::milliseconds longest{60'000};
  return std::min(longest, std::max(wished, first * (1 << attempt)));
}

} // namespace natgw::cli
