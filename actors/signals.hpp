#pragma once

#include <functional>
#include <stop_token>
#include <thread>

namespace natgw::actors {

/// Blocks SIGTERM and SIGINT in the calling thread and in all threads that it
/// starts from now on, and ignores SIGPIPE in the process. To be called first
/// of all in `main`.
void block_signals();

/// One thread that waits for SIGTERM and SIGINT (sigwait) and calls a function
/// for each that arrives: no code of ours ever runs in a signal handler. The
/// signals have to be blocked everywhere.
class signal_thread {
public:
  /// `on_signal` is called on the new thread, with the signal's number.
  explicit signal_thread(std::function<void(int)> on_signal);

  signal_thread(const signal_thread&) = delete;
  signal_thread& operator=(const signal_thread&) = delete;

  /// Ends the thread, after a call that is under way.
  ~signal_thread();

private:
  std::jthread thread_;
};

} // namespace natgw::actors
