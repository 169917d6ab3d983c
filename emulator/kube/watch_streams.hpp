#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "emulator/kube/api_server.hpp"
#include "serving/http_server.hpp"

namespace natgw::emulator::kube {

/// Carries the lines of open watches from the core to their peers. Not
/// thread-safe: its owner has the lock that guards the core.
class watch_streams {
public:
  /// Hears of all that `core` has to send; `core` must outlive this object.
  explicit watch_streams(api_server& core);
  watch_streams(const watch_streams&) = delete;
  watch_streams& operator=(const watch_streams&) = delete;

  /// Sends what the watch tells from now on. Closes it when the peer goes, or
  /// when it has ended.
  void add(uint64_t watch, serving::body_stream out);

  /// The watch may have something to send.
  void wake(uint64_t watch) {
    awake_.push_back(watch);
  }

  /// True if `flush` has nothing to look at.
  bool idle() const {
    return awake_.empty();
  }

  /// Sends what the watches that are awake have to say. Returns those whose
  /// peers are slow: they must be woken again soon.
  std::vector<uint64_t> flush();

private:
  struct stream {
    serving::body_stream out;
    std::deque<watch_line> pending;
    bool ended = false;
    bool broken = false;
  };

  /// Watches whose peers are gone. With a mutex of its own, since a stream may
  /// say so while it is written to.
  struct gone_list {
    std::mutex mutex;
    std::vector<uint64_t> watches;
  };

  void forget_gone();
  bool is_slow(uint64_t watch, stream& x);
  static bool pour(stream& x);

  api_server& core_;
  std::map<uint64_t, stream> streams_;
  std::vector<uint64_t> awake_;
  std::shared_ptr<gone_list> gone_ = std::make_shared<gone_list>();
};

} // namespace natgw::emulator::kube
