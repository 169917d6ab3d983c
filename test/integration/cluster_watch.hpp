#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

#include "emulator/kube/server.hpp"

namespace natgw::test {

/// Lets a test wait for the emulated cluster: a condition is looked at again
/// after every change of an object, and once a second for what changes
/// elsewhere.
class cluster_watch {
public:
  explicit cluster_watch(emulator::kube::server& cluster)
    : changes_{std::make_shared<changes>()} {
    cluster.with([this](emulator::kube::api_server& api, instant) {
      api.objects().subscribe(
        [log = changes_](const emulator::kube::change_ptr&) {
          std::lock_guard lock{log->mutex};
          ++log->count;
          log->wake.notify_all();
        });
    });
  }

  /// True once `done` holds, false after `limit`.
  bool wait(const std::function<bool()>& done, std::chrono::seconds limit) {
    auto ends = std::chrono::steady_clock::now() + limit;
    for (;;) {
      auto seen = [this] {
        std::lock_guard lock{changes_->mutex};
        return changes_->count;
      }();
      if (done())
        return true;
      if (std::chrono::steady_clock::now() > ends)
        return false;
      std::unique_lock lock{changes_->mutex};
      changes_->wake.wait_for(lock, std::chrono::seconds{1},
                              [&] { return changes_->count != seen; });
    }
  }

private:
  struct changes {
    std::mutex mutex;
    std::condition_variable wake;
    uint64_t count = 0;
  };

  std::shared_ptr<changes> changes_;
};

} // namespace natgw::test
