#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>

namespace natgw::test {

/// Asks `done` again and again, for what tells nobody when it happens in
/// another process. True once it holds, false after `limit`.
inline bool eventually(const std::function<bool()>& done,
                       std::chrono::milliseconds limit) {
  auto ends = std::chrono::steady_clock::now() + limit;
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock{mutex};
  while (!done()) {
    if (std::chrono::steady_clock::now() > ends)
      return false;
    never.wait_for(lock, std::chrono::milliseconds{50});
  }
  return true;
}

} // namespace natgw::test
