#include "actors/signals.hpp"

#include <csignal>
#include <utility>

#include <pthread.h>

namespace natgw::actors {

namespace {

sigset_t awaited() {
  sigset_t result;
  sigemptyset(&result);
  sigaddset(&result, SIGTERM);
  sigaddset(&result, SIGINT);
  return result;
}

void wait_for_signals(const std::stop_token& stop,
                      const std::function<void(int)>& on_signal) {
  auto set = awaited();
  int number = 0;
  while (sigwait(&set, &number) == 0 && !stop.stop_requested())
    on_signal(number);
}

} // namespace

void block_signals() {
  auto set = awaited();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  // A peer that hangs up is an error of that connection alone.
  std::signal(SIGPIPE, SIG_IGN);
}

signal_thread::signal_thread(std::function<void(int)> on_signal)
  : thread_([on_signal = std::move(on_signal)](const std::stop_token& stop) {
      wait_for_signals(stop, on_signal);
    }) {
  // nop
}

signal_thread::~signal_thread() {
  thread_.request_stop();
  // Only this thread gets it, and it does not count any more.
  pthread_kill(thread_.native_handle(), SIGTERM);
}

} // namespace natgw::actors
