#pragma once

#include <functional>
#include <thread>

namespace natgw::cli {

/// Keeps SIGTERM, SIGINT and SIGPIPE from ending the process: the first two
/// are for `signal_watch`. Call it once, before the first thread is started.
void block_signals();

/// The one place where SIGTERM and SIGINT arrive: a thread that calls `fn`
/// with the signal's number, once for each. A third one ends the process at
/// once. At most one object of this type lives at a time.
class signal_watch {
public:
  explicit signal_watch(std::function<void(int)> fn);

  /// Ends the thread; `fn` is not called any more.
  ~signal_watch();

  signal_watch(const signal_watch&) = delete;
  signal_watch& operator=(const signal_watch&) = delete;

private:
  void run(const std::function<void(int)>& fn) const;

  int signals_ = -1;
  int quit_ = -1;
  std::thread thread_;
};

/// Waits for SIGTERM or SIGINT and returns its number.
int wait_for_signal();

} // namespace natgw::cli
